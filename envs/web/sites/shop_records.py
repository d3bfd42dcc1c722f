"""The shop's records: what it starts with, and what is read out of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from envs.records import Row
from envs.web.sites.base import Site
from envs.web.sites.fields import find_row
from envs.web.sites.names import full_names
from envs.web.sites.shop_catalogue import Product, make_products
from envs.web.sites.shop_reviews import write_reviews

__all__ = ["CANCEL_REASONS", "DELIVERIES", "FREE_FROM", "Coupon", "ShopRecords", "money"]

DELIVERIES = {
    "standard": ("Standard, 3 to 5 days", 499),
    "express": ("Express, next day", 1299),
    "pickup": ("Pick-up point", 0),
}
"""{name: (what the buyer reads, cents)}; standard delivery is free from `FREE_FROM` on."""
FREE_FROM = 5000
CANCEL_REASONS = ("Ordered by mistake", "Found a better price", "Delivery takes too long", "Changed my mind")
_STREETS = "Mill Lane,Church Street,Station Road,Garden Avenue,Harbour Walk,Orchard Close,Bridge Street".split(",")
_CITIES = "Ashford,Brackley,Corwen,Dunster,Elmstead,Fairlight,Glenmore".split(",")
_BRANDS = ("Marlow & Finch", "Hearthside", "Copperfield's", "Larkmarket")
_NOVEL_BRANDS = ("Quaymarket", "Thistle & Rye", "Emporia")


@dataclass(frozen=True)
class Coupon:
    """A code that takes `percent` off what is from `department` (empty: off all) if the cart costs `minimum` cents."""

    code: str
    percent: int
    department: str
    minimum: int
    until: date


def money(cents: int) -> str:
    """An amount as the shop prints it: $12.99."""
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


class ShopRecords(Site):
    """A shop in which the user has an account, a cart, addresses and past orders. Money is in cents."""

    name = "shop"
    free = {"reviews": {"title", "text"}, "returns": {"comment"}, "orders": {"note"}}

    def fill(self) -> None:
        state, rng = self.state, self.rng
        state.create("products", "prd", ("name", "stock"))
        state.create("cart", "crt", ("product_id", "choice[]", "quantity"))
        state.create("basket", "bsk", ("coupon",))
        state.create("wishlist", "wsh", ("product_id",))
        state.create("addresses", "adr", ("label", "recipient", "street", "postcode", "city", "is_default?"))
        columns = "placed delivered status address delivery payment coupon discount shipping total note reason"
        state.create("orders", "ord", columns.split())
        state.create("order_lines", "lin", ("order_id", "product_id", "choice[]", "quantity", "price"))
        state.create("returns", "ret", ("line_id", "quantity", "reason", "comment", "requested", "status"))
        state.create("reviews", "rev", ("product_id", "stars", "title", "text", "written"))
        self.brand = rng.choice(_NOVEL_BRANDS if self.novel else _BRANDS)
        self.user = full_names(rng, 1, self.novel)[0]
        self.products = {product.id: product for product in self._products()}
        """The catalogue by id; it never changes but for the stock, which is in the records."""
        self.departments: dict[str, list[str]] = {}
        """{department: its categories}"""
        for product in self.products.values():
            categories = self.departments.setdefault(product.family.department, [])
            if product.family.category not in categories:
                categories.append(product.family.category)
        self.coupons = self._coupons()
        self.payments = [f"Card ending in {rng.randint(1000, 9999)}" for _ in range(2)] + ["Invoice"]
        self._fill_account()

    def _products(self) -> Iterator[Product]:
        def register(name: str) -> str:
            return self.state.insert("products", name=name, stock=self.rng.choice((0, 2, 3, 5, 8, 13, 21, 34, 55)))

        return make_products(self.rng, 250 * self.size, self.novel, register)

    def _coupons(self) -> list[Coupon]:
        days = {"WELCOME10": 30, "SAVE15": 12, "BIG20": 21, "SPRING25": -9}
        coupons = [
            Coupon(code, int(code[-2:]), "", minimum, self.today + timedelta(days[code]))
            for code, minimum in zip(days, (0, 6000, 12000, 0), strict=True)
        ]
        for department in self.rng.sample(list(self.departments), 2):
            coupons.append(Coupon(f"{department.upper()}30", 30, department, 0, self.today + timedelta(14)))
        return coupons

    def _fill_account(self) -> None:
        state, rng = self.state, self.rng
        state.insert("basket", coupon=None)
        others = full_names(rng, 3, self.novel)
        for label, recipient in (("Home", self.user), ("Work", self.user), ("Parents", others[0])):
            state.insert(
                "addresses",
                label=label,
                recipient=recipient,
                street=f"{rng.randint(1, 120)} {rng.choice(_STREETS)}",
                postcode=str(rng.randint(10000, 99999)),
                city=rng.choice(_CITIES),
                is_default=label == "Home",
            )
        ages = sorted({rng.randint(0, 200) for _ in range(7)} | {1, 2, 5, rng.randint(9, 25), rng.randint(50, 90)})
        for age in reversed(ages):
            self._past_order(age)
        in_stock = [row["id"] for row in state.find("products") if row["stock"] > 3]
        for id in rng.sample(in_stock, rng.randint(0, 2)):
            product = self.products[id]
            state.insert("cart", product_id=id, choice=list(rng.choice(product.choices)), quantity=rng.randint(1, 2))
        for id in rng.sample(list(self.products), 3):
            state.insert("wishlist", product_id=id)

    def _past_order(self, age: int) -> None:
        rng = self.rng
        bought = []
        for product in rng.sample(list(self.products.values()), rng.randint(1, 3)):
            choice = rng.choice(product.choices)
            bought.append((product, choice, rng.choice((1, 1, 2, 3))))
        subtotal = sum(product.price_of(choice) * quantity for product, choice, quantity in bought)
        status = "processing" if age < 3 else "shipped" if age < 7 else "delivered"
        if age > 40 and rng.random() < 0.2:
            status = "cancelled"
        delivery = rng.choice(list(DELIVERIES))
        shipping = self.shipping(delivery, subtotal)
        order = self.state.insert(
            "orders",
            placed=self.day(-age),
            delivered=self.day(rng.randint(2, 5) - age) if status == "delivered" else None,
            status=status,
            address=self.address_line(rng.choice(self.state.find("addresses"))),
            delivery=delivery,
            payment=rng.choice(self.payments),
            coupon=None,
            discount=0,
            shipping=shipping,
            total=subtotal + shipping,
            note="",
            reason=rng.choice(CANCEL_REASONS) if status == "cancelled" else None,
        )
        for product, choice, quantity in bought:
            self.state.insert(
                "order_lines",
                order_id=order,
                product_id=product.id,
                choice=list(choice),
                quantity=quantity,
                price=product.price_of(choice),
            )

    def row(self, table: str, id: str) -> Row:
        """The record with this id.

        Raises:
            KeyError: there is none; a missing page.
        """
        return find_row(self.state, table, id)

    def stock(self, product_id: str) -> int:
        """Pieces left."""
        return self.row("products", product_id)["stock"]

    def lines(self) -> list[dict[str, Any]]:
        """The cart: each line with its product, price per piece and cost."""
        found = []
        for line in self.state.find("cart"):
            product = self.products[line["product_id"]]
            price = product.price_of(line["choice"])
            found.append(line | {"product": product, "price": price, "cost": price * line["quantity"]})
        return found

    def shipping(self, delivery: str, subtotal: int) -> int:
        """What a delivery costs, in cents."""
        return 0 if delivery == "standard" and subtotal >= FREE_FROM else DELIVERIES[delivery][1]

    def totals(self, delivery: str) -> dict[str, int]:
        """What the cart costs: `subtotal`, `discount`, `shipping`, `total`."""
        lines = self.lines()
        subtotal = sum(line["cost"] for line in lines)
        coupon = self.coupon()
        covered = [line for line in lines if coupon and coupon.department in ("", line["product"].family.department)]
        discount = sum(line["cost"] for line in covered) * coupon.percent // 100 if coupon else 0
        shipping = self.shipping(delivery, subtotal - discount)
        return {
            "subtotal": subtotal,
            "discount": discount,
            "shipping": shipping,
            "total": subtotal - discount + shipping,
        }

    def coupon(self) -> Coupon | None:
        """The coupon that is applied to the cart."""
        code = self.state.find("basket")[0]["coupon"]
        return next((coupon for coupon in self.coupons if coupon.code == code), None)

    def address_line(self, address: Row) -> str:
        """An address in one line, as it is kept with an order."""
        return "{recipient}, {street}, {postcode} {city}".format(**address)

    def reviews(self, product: Product) -> list[Row]:
        """What is written about a product: by the user (without an `author`), then by others, newest first."""
        mine = [row | {"author": None} for row in self.state.find("reviews", product_id=product.id)]
        others = write_reviews(random.Random(f"{self.brand}/{product.name}"), product, self.today, self.novel)
        return mine + others

    def day(self, days: int) -> str:
        """The date so many days from today."""
        return (self.today + timedelta(days)).isoformat()
