"""The shop: search, product pages, cart, checkout, orders and returns.

Pages:

- `/`: departments, offers of the day. Every page has a search box (with suggestions), All departments, Wish list,
  Orders, Cart and Account.
- `/search`: results, 12 a page, with filters `q department category brand kind measure feature low high stars sort
  page`; `low` and `high` are whole dollars, `feature` may come several times, `kind` and `measure` (such as Material,
  Capacity) are offered within one category, `sort` is a key of `SORTS`.
- `/p/PRODUCT`: options, quantity, Add to cart, Add to wish list, details; `/p/PRODUCT/reviews?stars=&page=`,
  `/p/PRODUCT/review`: write a review.
- `/cart`, `/checkout`, `/wishlist`, `/offers` (coupons), `/help` (delivery, returns), `/account`, `/addresses`.
- `/orders?status=&q=&page=`, `/orders/ORDER`: cancel, other address, return; `/orders/ORDER/return/LINE`.

Operations (see `ShopOperations`): `add_to_cart set_quantity remove_from_cart apply_coupon remove_coupon add_to_wishlist
remove_from_wishlist add_address set_default_address delete_address place_order change_order_address cancel_order
return_item write_review delete_review`.
"""

from typing import Any
from urllib.parse import urlencode

from envs.web.sites.base import Refused
from envs.web.sites.pages import go, number, paged, routes, show
from envs.web.sites.shop_catalogue import SORTS, Filters, Product, select, words
from envs.web.sites.shop_operations import MOST, RETURN_DAYS, RETURN_REASONS, ShopOperations
from envs.web.sites.shop_records import CANCEL_REASONS, DELIVERIES, FREE_FROM, money

__all__ = ["Shop"]

_PER_PAGE = 12
_STATUSES = ("processing", "shipped", "delivered", "cancelled")


class Shop(ShopOperations):
    """The shop with its pages."""

    DELIVERIES, SORTS, STATUSES, MOST = DELIVERIES, SORTS, _STATUSES, MOST
    RETURN_DAYS, RETURN_REASONS, CANCEL_REASONS, FREE_FROM = RETURN_DAYS, RETURN_REASONS, CANCEL_REASONS, FREE_FROM
    money = staticmethod(money)

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /search": self._search,
                "GET /suggest": self._suggest,
                "GET /p/{product}": self._product,
                "GET /p/{product}/reviews": self._reviews,
                "GET /p/{product}/review": self._review_form,
                "POST /p/{product}/review": self._review,
                "POST /p/{product}/review/delete": self._review_delete,
                "GET /cart": self._cart,
                "POST /cart/add": self._cart_add,
                "POST /cart/{line}/quantity": self._cart_quantity,
                "POST /cart/{line}/remove": self._cart_remove,
                "POST /coupon": self._coupon,
                "POST /coupon/remove": self._coupon_remove,
                "GET /checkout": self._checkout,
                "POST /checkout": self._order,
                "GET /wishlist": self._page("wishlist.html"),
                "POST /wishlist/add": self._wishlist_add,
                "POST /wishlist/remove": self._wishlist_remove,
                "GET /offers": self._page("offers.html"),
                "GET /help": self._page("help.html"),
                "GET /account": self._page("account.html"),
                "GET /addresses": self._page("addresses.html"),
                "POST /addresses": self._address_add,
                "POST /addresses/{address}/default": self._address_default,
                "POST /addresses/{address}/delete": self._address_delete,
                "GET /orders": self._orders,
                "GET /orders/{order}": self._order_page,
                "POST /orders/{order}/cancel": self._order_cancel,
                "POST /orders/{order}/address": self._order_address,
                "GET /orders/{order}/return/{line}": self._return_form,
                "POST /orders/{order}/return/{line}": self._return,
            }
        )

    def cart_count(self) -> int:
        """Pieces in the cart."""
        return sum(line["quantity"] for line in self.state.find("cart"))

    def order_lines(self, order_id: str) -> list[dict[str, Any]]:
        """The lines of an order, each with its product and its return, if there is one."""
        found = []
        for line in self.state.find("order_lines", order_id=order_id):
            returned = next(iter(self.state.find("returns", line_id=line["id"])), None)
            found.append(line | {"product": self.products[line["product_id"]], "returned": returned})
        return found

    def _page(self, template: str):
        async def page(request):
            return show(self, request, template)

        return page

    async def _home(self, request):
        reduced = [product for product in self.products.values() if product.was]
        popular = sorted(self.products.values(), key=lambda product: -product.ratings)
        return show(self, request, "home.html", reduced=reduced[:4], popular=popular[:4])

    async def _search(self, request):
        asked = request.query_params
        filters = Filters(
            **{key: asked.get(key, "").strip() for key in ("q", "department", "category", "brand", "kind", "measure")},
            features=tuple(asked.getlist("feature")),
            low=100 * max(0, number(asked.get("low"), 0)),
            high=100 * max(0, number(asked.get("high"), 0)),
            stars=float(number(asked.get("stars"), 0)),
            sort=asked["sort"] if asked.get("sort") in SORTS else "relevance",
        )
        found = select(self.products.values(), filters)
        around = select(self.products.values(), Filters(filters.q, filters.department, filters.category))
        exact = not filters.q or any(set(words(filters.q)) <= product.words for product in found)
        values = {"found": paged(request, found, _PER_PAGE), "filters": filters, "exact": exact}
        return show(self, request, "search.html", **values, **self._facets(filters, around))

    def _facets(self, filters: Filters, around: list[Product]) -> dict[str, Any]:
        """What can be filtered by, given the products that the search and the category alone find."""
        families = list({product.family.category: product.family for product in around}.values())
        only = families[0] if len(families) == 1 else None
        categories = self.departments[only.department] if only else [family.category for family in families]
        brands = sorted({product.brand for product in around})
        return {"family": only, "categories": categories, "brands": brands, "features": only.features if only else ()}

    async def _suggest(self, request):
        from starlette.responses import JSONResponse

        asked = request.query_params.get("q", "").strip().lower()
        if len(asked) < 2:
            return JSONResponse([])
        categories = [name for names in self.departments.values() for name in names if asked in name.lower()]
        found = select(self.products.values(), Filters(q=asked))[: 6 - len(categories[:3])]
        links = [{"text": name, "note": "category", "href": self.link(category=name)} for name in categories[:3]]
        links += [{"text": p.name, "note": money(p.price), "href": f"/p/{p.id}"} for p in found]
        return JSONResponse(links)

    @staticmethod
    def link(**query: str) -> str:
        """The address of a list of products."""
        return "/search?" + urlencode(query)

    async def _product(self, request):
        product = self.products[request.path_params["product"]]
        family = product.family
        alike = [
            other
            for other in self.products.values()
            if other.series == product.series and other.family == family and other != product
        ]
        choices = {
            "price": product.price,
            "stock": self.stock(product.id),
            "options": [{"name": o.name, "extra": dict(zip(o.values, o.extra, strict=True))} for o in product.options],
            "soldOut": sorted(product.sold_out),
        }
        values = {"product": product, "choices": choices, "alike": alike[:3], "reviews": self.reviews(product)}
        return show(self, request, "product.html", **values)

    async def _reviews(self, request):
        product = self.products[request.path_params["product"]]
        stars = number(request.query_params.get("stars"), 0)
        every = self.reviews(product)
        chosen = [review for review in every if stars in (0, review["stars"])]
        counts = {n: sum(review["stars"] == n for review in every) for n in (5, 4, 3, 2, 1)}
        values = {"product": product, "found": paged(request, chosen, 6), "counts": counts, "stars": stars}
        return show(self, request, "reviews.html", **values)

    async def _review_form(self, request):
        product = self.products[request.path_params["product"]]
        mine = next(iter(self.state.find("reviews", product_id=product.id)), None)
        return show(self, request, "review.html", product=product, mine=mine)

    async def _review(self, request):
        form, product = await request.form(), request.path_params["product"]
        self.write_review(product, number(form.get("stars"), 0), form["title"], form["text"])
        return go(f"/p/{product}/reviews", "Thank you, your review is published.")

    async def _review_delete(self, request):
        product = request.path_params["product"]
        self.delete_review(product)
        return go(f"/p/{product}/reviews", "Your review was deleted.")

    async def _cart(self, request):
        return show(self, request, "cart.html", lines=self.lines(), totals=self.totals("standard"))

    async def _cart_add(self, request):
        form = await request.form()
        product = self.products[form["product"]]
        choice = [form.get(option.name, "") for option in product.options]
        self.add_to_cart(product.id, choice, number(form.get("quantity"), 0))
        return go("/cart", f"Added to your cart: {product.name}.")

    async def _cart_quantity(self, request):
        form = await request.form()
        self.set_quantity(request.path_params["line"], number(form.get("quantity"), 0))
        return go("/cart", "The quantity was changed.")

    async def _cart_remove(self, request):
        self.remove_from_cart(request.path_params["line"])
        return go("/cart", "The item was removed.")

    async def _coupon(self, request):
        form = await request.form()
        self.apply_coupon(form["code"])
        return go("/cart", "The coupon was applied.")

    async def _coupon_remove(self, request):
        self.remove_coupon()
        return go("/cart", "The coupon was removed.")

    async def _checkout(self, request):
        totals = {delivery: self.totals(delivery) for delivery in DELIVERIES}
        shown = {delivery: money(total["total"]) for delivery, total in totals.items()}
        return show(self, request, "checkout.html", lines=self.lines(), totals=totals, shown_totals=shown)

    async def _order(self, request):
        form = await request.form()
        if not form.get("address"):
            raise Refused("Please choose an address.")
        self.place_order(form["address"], form.get("delivery", ""), form.get("payment", ""), form.get("note", ""))
        order = self.state.find("orders")[-1]["id"]
        return go(f"/orders/{order}", "Thank you, your order is placed.")

    async def _wishlist_add(self, request):
        product = (await request.form())["product"]
        self.add_to_wishlist(product)
        return go(f"/p/{product}", "Added to your wish list.")

    async def _wishlist_remove(self, request):
        self.remove_from_wishlist((await request.form())["product"])
        return go("/wishlist", "Removed from your wish list.")

    async def _address_add(self, request):
        form = await request.form()
        self.add_address(*(form.get(field, "") for field in ("label", "recipient", "street", "postcode", "city")))
        return go("/addresses", "The address was added.")

    async def _address_default(self, request):
        self.set_default_address(request.path_params["address"])
        return go("/addresses", "The default address was changed.")

    async def _address_delete(self, request):
        self.delete_address(request.path_params["address"])
        return go("/addresses", "The address was deleted.")

    async def _orders(self, request):
        status, q = request.query_params.get("status", ""), request.query_params.get("q", "").strip()
        orders = [order | {"lines": self.order_lines(order["id"])} for order in reversed(self.state.find("orders"))]
        found = [
            order
            for order in orders
            if status in ("", order["status"])
            and (not q or any(set(words(q)) <= line["product"].words for line in order["lines"]) or q == order["id"])
        ]
        return show(self, request, "orders.html", found=paged(request, found, 6), status=status, q=q)

    async def _order_page(self, request):
        order = self.row("orders", request.path_params["order"])
        return show(self, request, "order.html", order=order, lines=self.order_lines(order["id"]))

    async def _order_cancel(self, request):
        order = request.path_params["order"]
        self.cancel_order(order, (await request.form()).get("reason", ""))
        return go(f"/orders/{order}", "The order was cancelled.")

    async def _order_address(self, request):
        order = request.path_params["order"]
        self.change_order_address(order, (await request.form())["address"])
        return go(f"/orders/{order}", "The order goes to the other address.")

    async def _return_form(self, request):
        line = self.row("order_lines", request.path_params["line"])
        product, order = self.products[line["product_id"]], self.row("orders", line["order_id"])
        return show(self, request, "return.html", line=line, product=product, order=order)

    async def _return(self, request):
        form, order = await request.form(), request.path_params["order"]
        quantity = number(form.get("quantity"), 0)
        self.return_item(request.path_params["line"], quantity, form.get("reason", ""), form.get("comment", ""))
        return go(f"/orders/{order}", "The return was requested. We have sent you a label.")
