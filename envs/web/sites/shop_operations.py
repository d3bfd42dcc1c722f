"""What a customer may do in the shop."""

from collections.abc import Sequence
from datetime import date, timedelta

from envs.records import Row
from envs.web.sites.base import Refused, operation
from envs.web.sites.shop_records import CANCEL_REASONS, DELIVERIES, Coupon, ShopRecords, money

__all__ = ["MOST", "RETURN_DAYS", "RETURN_REASONS", "ShopOperations"]

MOST = 10
"""Pieces of one thing that a cart may hold."""
RETURN_DAYS = 30
RETURN_REASONS = ("Arrived damaged", "Wrong item sent", "Does not fit", "No longer needed", "Not as described")


class ShopOperations(ShopRecords):
    """The records with their operations."""

    @operation
    def add_to_cart(self, product_id: str, choice: Sequence[str] = (), quantity: int = 1) -> None:
        """Put a product into the cart, with one value for each of its options; the same choice is counted together."""
        product = self.products[product_id]
        chosen = dict(zip((option.name for option in product.options), choice, strict=False))
        for option in product.options:
            if chosen.get(option.name) not in option.values:
                raise Refused(f"Please choose: {option.name}.")
        values = list(chosen.values())
        if tuple(values) in product.sold_out:
            raise Refused(f"{', '.join(values)} is sold out.")
        line = next(iter(self.state.find("cart", product_id=product_id, choice=values)), None)
        self._check_quantity(product_id, quantity + (line["quantity"] if line else 0))
        if line:
            self.state.update("cart", line["id"], quantity=line["quantity"] + quantity)
        else:
            self.state.insert("cart", product_id=product_id, choice=values, quantity=quantity)

    @operation
    def set_quantity(self, line_id: str, quantity: int) -> None:
        """Change how many of a line of the cart."""
        self._check_quantity(self.row("cart", line_id)["product_id"], quantity)
        self.state.update("cart", line_id, quantity=quantity)

    @operation
    def remove_from_cart(self, line_id: str) -> None:
        """Take a line out of the cart."""
        self.state.delete("cart", line_id)

    @operation
    def apply_coupon(self, code: str) -> None:
        """Apply a coupon to the cart, in place of the one before."""
        coupon = next((coupon for coupon in self.coupons if coupon.code == code.strip().upper()), None)
        if coupon is None:
            raise Refused(f"There is no coupon {code.strip()[:40]!r}.")
        self._check_coupon(coupon)
        self.state.update("basket", self.state.find("basket")[0]["id"], coupon=coupon.code)

    @operation
    def remove_coupon(self) -> None:
        """Take the coupon off the cart."""
        self.state.update("basket", self.state.find("basket")[0]["id"], coupon=None)

    @operation
    def add_to_wishlist(self, product_id: str) -> None:
        """Remember a product."""
        if self.state.find("wishlist", product_id=product_id):
            raise Refused("This product is on your wish list already.")
        self.state.insert("wishlist", product_id=self.products[product_id].id)

    @operation
    def remove_from_wishlist(self, product_id: str) -> None:
        """Forget a product."""
        for row in self.state.find("wishlist", product_id=product_id):
            self.state.delete("wishlist", row["id"])

    @operation
    def add_address(self, label: str, recipient: str, street: str, postcode: str, city: str) -> None:
        """Add an address to the address book."""
        given = {"label": label, "recipient": recipient, "street": street, "postcode": postcode, "city": city}
        given = {field: value.strip() for field, value in given.items()}
        if lacking := [field for field, value in given.items() if not value]:
            raise Refused(f"Please fill in: {', '.join(lacking)}.")
        if not (given["postcode"].isdecimal() and len(given["postcode"]) == 5):
            raise Refused("A postcode has five digits.")
        if self.state.find("addresses", label=given["label"]):
            raise Refused(f"There is an address with the label {given['label'][:40]} already.")
        self.state.insert("addresses", **given, is_default=not self.state.find("addresses"))

    @operation
    def set_default_address(self, address_id: str) -> None:
        """Make an address the one that is offered first."""
        self.row("addresses", address_id)
        for row in self.state.find("addresses"):
            self.state.update("addresses", row["id"], is_default=row["id"] == address_id)

    @operation
    def delete_address(self, address_id: str) -> None:
        """Remove an address from the address book."""
        if self.row("addresses", address_id)["is_default"]:
            raise Refused("The default address cannot be deleted. Make another one the default first.")
        self.state.delete("addresses", address_id)

    @operation
    def place_order(self, address_id: str, delivery: str, payment: str, note: str = "") -> None:
        """Buy what is in the cart and empty it.

        Args:
            delivery: a key of `DELIVERIES`.
            payment: one of `self.payments`.
        """
        lines = self.lines()
        if not lines:
            raise Refused("Your cart is empty.")
        if delivery not in DELIVERIES or payment not in self.payments:
            raise Refused("Please choose a delivery and a payment.")
        for line in lines:
            self._check_quantity(line["product_id"], line["quantity"])
        coupon = self.coupon()
        if coupon:
            self._check_coupon(coupon)
        totals = self.totals(delivery)
        order = self.state.insert(
            "orders",
            placed=self.day(0),
            status="processing",
            address=self.address_line(self.row("addresses", address_id)),
            delivery=delivery,
            payment=payment,
            coupon=coupon.code if coupon else None,
            discount=totals["discount"],
            shipping=totals["shipping"],
            total=totals["total"],
            note=note.strip(),
        )
        for line in lines:
            kept = {key: line[key] for key in ("product_id", "choice", "quantity", "price")}
            self.state.insert("order_lines", order_id=order, **kept)
            self._add_stock(line["product_id"], -line["quantity"])
            self.state.delete("cart", line["id"])
        self.remove_coupon()

    @operation
    def change_order_address(self, order_id: str, address_id: str) -> None:
        """Send an order that is still being processed to another address."""
        self._check_processing(order_id)
        self.state.update("orders", order_id, address=self.address_line(self.row("addresses", address_id)))

    @operation
    def cancel_order(self, order_id: str, reason: str) -> None:
        """Cancel an order that is still being processed, for one of `CANCEL_REASONS`; its goods go back to stock."""
        self._check_processing(order_id)
        if reason not in CANCEL_REASONS:
            raise Refused("Please choose a reason.")
        for line in self.state.find("order_lines", order_id=order_id):
            self._add_stock(line["product_id"], line["quantity"])
        self.state.update("orders", order_id, status="cancelled", reason=reason)

    @operation
    def return_item(self, line_id: str, quantity: int, reason: str, comment: str = "") -> None:
        """Ask to send back pieces of a delivered order, within `RETURN_DAYS` days, for one of `RETURN_REASONS`."""
        line = self.row("order_lines", line_id)
        self._check_returnable(self.row("orders", line["order_id"]))
        if self.state.find("returns", line_id=line_id):
            raise Refused("A return of this item was requested already.")
        if not 1 <= quantity <= line["quantity"]:
            raise Refused(f"You can return 1 to {line['quantity']} of this item.")
        if reason not in RETURN_REASONS:
            raise Refused("Please choose a reason.")
        given = {"quantity": quantity, "reason": reason, "comment": comment.strip(), "requested": self.day(0)}
        self.state.insert("returns", line_id=line_id, **given, status="requested")

    @operation
    def write_review(self, product_id: str, stars: int, title: str, text: str) -> None:
        """Review a product that was bought and delivered, in place of the user's review before."""
        orders = [self.row("orders", row["order_id"]) for row in self.state.find("order_lines", product_id=product_id)]
        if not any(order["status"] == "delivered" for order in orders):
            raise Refused("Only customers who have received this product can review it.")
        if not 1 <= stars <= 5:
            raise Refused("Please give 1 to 5 stars.")
        if not title.strip() or not text.strip():
            raise Refused("A review needs a title and a text.")
        self.delete_review(product_id)
        given = {"stars": stars, "title": title.strip(), "text": text.strip(), "written": self.day(0)}
        self.state.insert("reviews", product_id=product_id, **given)

    @operation
    def delete_review(self, product_id: str) -> None:
        """Delete the user's own review of a product."""
        for row in self.state.find("reviews", product_id=product_id):
            self.state.delete("reviews", row["id"])

    def _add_stock(self, product_id: str, quantity: int) -> None:
        self.state.update("products", product_id, stock=self.stock(product_id) + quantity)

    def _check_quantity(self, product_id: str, quantity: int) -> None:
        left = self.stock(product_id)
        if not 1 <= quantity <= MOST:
            raise Refused(f"You can order 1 to {MOST} pieces of an item.")
        if quantity > left:
            raise Refused(f"Only {left} left in stock." if left else "This product is out of stock.")

    def _check_coupon(self, coupon: Coupon) -> None:
        if coupon.until < self.today:
            raise Refused(f"The coupon {coupon.code} expired on {coupon.until}.")
        if self.state.find("orders", coupon=coupon.code):
            raise Refused(f"You have used the coupon {coupon.code} already.")
        lines = self.lines()
        if sum(line["cost"] for line in lines) < coupon.minimum:
            raise Refused(f"The coupon {coupon.code} is for orders of {money(coupon.minimum)} or more.")
        if coupon.department and all(line["product"].family.department != coupon.department for line in lines):
            raise Refused(f"The coupon {coupon.code} is for {coupon.department}, and there is none of it in your cart.")

    def _check_processing(self, order_id: str) -> None:
        status = self.row("orders", order_id)["status"]
        if status != "processing":
            raise Refused(f"This order can no longer be changed: it is {status}.")

    def _check_returnable(self, order: Row) -> None:
        if order["status"] != "delivered":
            raise Refused(f"Only a delivered order can be returned; this one is {order['status']}.")
        if date.fromisoformat(order["delivered"]) < self.today - timedelta(RETURN_DAYS):
            raise Refused(f"The {RETURN_DAYS} days for a return are over: it was delivered on {order['delivered']}.")
