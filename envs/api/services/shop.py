"""A web shop's back office: products, customers' orders, returns and refunds."""

from typing import Annotated, Literal

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Shop"]

_PRODUCTS = (
    ("Kettle", "kitchen"), ("Toaster", "kitchen"), ("Frying pan", "kitchen"), ("Desk lamp", "home"),
    ("Wool blanket", "home"), ("Wall clock", "home"), ("Tent", "outdoor"), ("Sleeping bag", "outdoor"),
    ("Head torch", "outdoor"), ("Notebook", "office"), ("Office chair", "office"), ("Stapler", "office"),
)  # fmt: skip
Quantity = Annotated[int, Field(ge=1, le=99)]


class Shop(Service):
    """The user works in the shop; customers are people of the world. Prices are in EUR."""

    tables = {
        "products": ("prd", ("name", "category", "price", "stock")),
        "orders": ("ord", ("customer", "product_id", "quantity", "total", "ordered", "delivered", "status", "address")),
        "returns": ("ret", ("order_id", "reason", "status")),
        "refunds": ("rfd", ("order_id", "amount", "method")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        for name, category in rng.sample(_PRODUCTS, min(len(_PRODUCTS), 4 + world.size // 3)):
            stock = rng.choice((0, 2, 5, 9, 14))
            state.insert("products", name=name, category=category, price=float(rng.randint(9, 180)), stock=stock)
        products = state.find("products")
        for age in sorted((rng.randint(1, 70) for _ in range(world.size)), reverse=True):
            product, customer, quantity = rng.choice(products), rng.choice(world.people[1:]), rng.randint(1, 3)
            status = "delivered" if age > 8 else rng.choice(("processing", "shipped"))
            state.insert(
                "orders",
                customer=customer.email,
                product_id=product["id"],
                quantity=quantity,
                total=product["price"] * quantity,
                ordered=world.days_ago(age),
                delivered=world.days_ago(age - rng.randint(2, 6)) if status == "delivered" else None,
                status=status,
                address=f"{rng.randint(1, 99)} {rng.choice(('Mill', 'Church', 'Station', 'Garden'))} Street",
            )

    @tool
    def search_products(self, query: str = "", category: str | None = None, in_stock: bool | None = None) -> str:
        """Find products by part of their name."""
        rows = self.world.state.find("products", **({"category": category} if category else {}))
        wanted = query.casefold().strip()
        fitting = (row for row in rows if wanted in row["name"].casefold())
        return show(*(row for row in fitting if in_stock in (None, row["stock"] > 0)))

    @tool
    def list_orders(
        self,
        customer: str | None = None,
        status: Literal["processing", "shipped", "delivered", "cancelled"] | None = None,
        product_id: str | None = None,
    ) -> str:
        """Show orders, newest first.

        Args:
            customer: e-mail address.
        """
        asked = {"customer": customer, "status": status, "product_id": product_id}
        found = self.world.state.find("orders", **{k: v for k, v in asked.items() if v})
        kept = ("id", "customer", "product_id", "total", "delivered", "status")
        return show(*({k: row[k] for k in kept} for row in reversed(found)), empty="No orders.")

    @tool
    def get_order(self, order_id: str) -> str:
        """Show an order with its product, its return and its refunds."""
        order = self.world.state.get("orders", order_id, "order")
        product = self.world.state.get("products", order["product_id"], "product")
        more = [
            *self.world.state.find("returns", order_id=order_id),
            *self.world.state.find("refunds", order_id=order_id),
        ]
        return show(order | {"product": product["name"]}, *more)

    @tool
    def place_order(self, customer: str, product_id: str, quantity: Quantity, address: str) -> str:
        """Order a product for a customer, by e-mail address."""
        product = self.world.state.get("products", product_id, "product")
        if customer not in {person.email for person in self.world.people}:
            raise ToolError(f"No customer has the address {customer[:60]!r}.")
        if product["stock"] < quantity:
            raise ToolError(f"{product['name']} has {product['stock']} in stock.")
        self.world.state.update("products", product_id, stock=product["stock"] - quantity)
        id = self.world.state.insert(
            "orders",
            customer=customer,
            product_id=product_id,
            quantity=quantity,
            total=product["price"] * quantity,
            ordered=self.world.days_ago(0),
            status="processing",
            address=address.strip(),
        )
        return show(self.world.state.get("orders", id, "order"))

    @tool
    def change_address(self, order_id: str, address: str) -> str:
        """Send an order that is still being processed to another address."""
        self._in_status(order_id, "processing")
        self.world.state.update("orders", order_id, address=address.strip())
        return show(self.world.state.get("orders", order_id, "order"))

    @tool
    def cancel_order(self, order_id: str) -> str:
        """Cancel an order that is still being processed; the goods go back to the stock."""
        order = self._in_status(order_id, "processing")
        product = self.world.state.get("products", order["product_id"], "product")
        self.world.state.update("orders", order_id, status="cancelled")
        self.world.state.update("products", product["id"], stock=product["stock"] + order["quantity"])
        return f"Cancelled {order_id}."

    @tool
    def open_return(self, order_id: str, reason: Literal["damaged", "wrong_item", "unwanted", "late"]) -> str:
        """Register that a customer sends a delivered order back."""
        self._in_status(order_id, "delivered")
        if self.world.state.find("returns", order_id=order_id):
            raise ToolError(f"There is a return for {order_id} already.")
        id = self.world.state.insert("returns", order_id=order_id, reason=reason, status="open")
        return show(self.world.state.get("returns", id, "return"))

    @tool
    def refund_order(
        self,
        order_id: str,
        amount: Annotated[float, Field(ge=0.01, le=100_000)],
        method: Literal["original", "voucher"] = "original",
    ) -> str:
        """Pay money of an order back, all or a part."""
        order = self.world.state.get("orders", order_id, "order")
        paid_back = sum(row["amount"] for row in self.world.state.find("refunds", order_id=order_id))
        if round(paid_back + amount, 2) > order["total"]:
            raise ToolError(f"{order_id} cost {order['total']:.2f}, of which {paid_back:.2f} is refunded already.")
        id = self.world.state.insert("refunds", order_id=order_id, amount=round(amount, 2), method=method)
        return show(self.world.state.get("refunds", id, "refund"))

    @tool
    def set_price(self, product_id: str, price: Annotated[float, Field(ge=0.01, le=100_000)]) -> str:
        """Change the price of a product."""
        self.world.state.get("products", product_id, "product")
        self.world.state.update("products", product_id, price=round(price, 2))
        return show(self.world.state.get("products", product_id, "product"))

    def _in_status(self, order_id: str, status: str) -> dict:
        order = self.world.state.get("orders", order_id, "order")
        if order["status"] != status:
            raise ToolError(f"{order_id} is {order['status']}; this is for orders that are {status}.")
        return order
