"""The shop: buy under constraints, compare, order with coupon, address, delivery and payment."""

from envs.web.sites.shop_catalogue import Filters, select
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.shop import (
    cart_link,
    choice_words,
    choose,
    in_cart,
    open_category,
    plain_products,
    search,
    title,
)

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_DELIVERY_WORDS = {"standard": "standard", "express": "express", "pickup": "pick-up point"}


@collect(TEMPLATES, 3, "shop")
def buy_under_constraints(scene: Scene) -> Draft:
    product = scene.pick([p for p in plain_products(scene) if p.options and p.id not in in_cart(scene)])
    family, feature, choice = product.family, scene.pick(product.features), scene.pick(product.choices)
    dollars = -(-product.price_of(choice) // 100) + scene.rng.randint(0, 3)
    filters = Filters(category=family.category, kind=product.kind, features=(feature,), high=100 * dollars)
    if select(scene.site.products.values(), filters) != [product]:
        raise scene.unfit
    open_category(scene, family.category)
    scene.select(f"Only {product.kind} will do.", family.kind[0], product.kind)
    scene.type(f"At most ${dollars}.", "number", "Highest price $", str(dollars))
    scene.click(f"And it should be {feature}.", "checkbox", feature)
    scene.click("That is everything to filter by.", "button", "Apply")
    scene.click(scene.phrase("One is left, I open it.", "Only this one fits."), "link", product.name)
    choose(scene, product, choice)
    scene.see("I check the price with these options.", scene.site.money(product.price_of(choice)))
    scene.click(
        f"{scene.site.money(product.price_of(choice))} is not more than ${dollars}, so I take it.",
        "button",
        "Add to cart",
    )
    scene.gold("add_to_cart", product_id=product.id, choice=list(choice))
    return Draft(
        scene.phrase(
            "I need something from {category}: {attribute} {kind}, {feature}, {choice}, for ${limit} at most. "
            "Put it in my cart.",
            "Find me a {noun} ({attribute} {kind}, {feature}). It has to be {choice} and cost no more than ${limit}. "
            "Add one to the cart.",
            "{category}, {kind}, {feature}, {choice}, max ${limit} -> cart",
            category=family.category,
            noun=product.noun.lower(),
            attribute=family.kind[0].lower(),
            kind=product.kind,
            feature=feature,
            choice=choice_words(product, choice),
            limit=dollars,
        ),
        thought=scene.phrase("It is in the cart.", "The cart has what was asked for."),
    )


@collect(TEMPLATES, 4, "shop")
def compare_two_products(scene: Scene) -> Draft:
    first = scene.pick([p for p in plain_products(scene) if any(sum(o.extra) for o in p.options)])
    second = scene.pick([p for p in plain_products(scene) if p.family == first.family and p != first])
    choices = [c for c in first.choices if c in second.choices]
    choice = scene.pick(
        [c for c in choices if first.price_of(c) != second.price_of(c) and first.price_of(c) > first.price]
    )
    costs = {}
    for product in (first, second):
        search(scene, product)
        scene.click(f"I open the {product.brand}.", "link", product.name)
        choose(scene, product, choice)
        costs[product.id] = scene.site.money(product.price_of(choice))
        scene.see("What does it cost like this?", costs[product.id])
    better, worse = sorted((first, second), key=lambda p: p.price_of(choice))
    return Draft(
        scene.phrase(
            "Which is cheaper as {choice}: the {first} or the {second}? Tell me its brand and price, nothing about the "
            "other one.",
            "I am torn between the {first} and the {second}, both as {choice}. Name only the cheaper one's brand and "
            "price.",
            "{first} vs {second}, {choice}: brand and price of the cheaper one only",
            choice=choice_words(first, choice),
            first=title(first),
            second=title(second),
        ),
        thought=f"{costs[better.id]} against {costs[worse.id]}: the {better.brand} {better.series} is cheaper.",
        closing=f"The {better.brand} {better.series}, at {costs[better.id]}.",
        says=((better.brand,), (costs[better.id],)),
        never=(costs[worse.id],),
    )


@collect(TEMPLATES, 4, "shop")
def order_a_product(scene: Scene) -> Draft:
    if scene.rows("cart"):
        raise scene.unfit
    product = scene.pick(plain_products(scene))
    choice = scene.pick(product.choices)
    address, delivery, payment = _terms(scene)
    search(scene, product)
    scene.click("This is what they want.", "link", product.name)
    choose(scene, product, choice)
    scene.click("Into the cart.", "button", "Add to cart")
    scene.gold("add_to_cart", product_id=product.id, choice=list(choice))
    _check_out(scene, address, delivery, payment)
    options = f" ({choice_words(product, choice)})" if choice else ""
    return Draft(
        scene.phrase(
            "Order one {name}{options}. Send it to {label}, delivery {delivery}, and pay with {payment}.",
            "Please buy the {name}{options} for me: {delivery} delivery to the address {label}, payment {payment}.",
            "buy {name}{options} / to {label} / {delivery} / {payment}",
            name=title(product),
            options=options,
            label=address["label"],
            delivery=_DELIVERY_WORDS[delivery],
            payment=payment,
        ),
        thought=scene.phrase("The order is placed.", "The shop thanks for the order: done."),
    )


@collect(TEMPLATES, 5, "shop")
def order_with_the_best_coupon(scene: Scene) -> Draft:
    site, stray = scene.site, scene.rows("cart")
    product = scene.pick([p for p in plain_products(scene) if p.id not in in_cart(scene)])
    if len(stray) != 1:
        raise scene.unfit
    choice, quantity = scene.pick(product.choices), scene.pick((1, 2))
    cost = product.price_of(choice) * quantity
    coupons = [
        coupon
        for coupon in site.coupons
        if coupon.until >= site.today
        and coupon.minimum <= cost
        and coupon.department in ("", product.family.department)
    ]
    best = max(coupons, key=lambda coupon: coupon.percent)
    if site.stock(product.id) < quantity:
        raise scene.unfit
    address, delivery, payment = _terms(scene)
    scene.click("First the coupons that there are.", "link", "See coupons")
    scene.see("I read the whole table.", site.coupons[-1].code)
    scene.click("Before I add anything I look into the cart.", "link", cart_link(scene))
    scene.click("This is not to be ordered, so it goes.", "button", "Remove")
    scene.gold("remove_from_cart", line_id=stray[0]["id"])
    search(scene, product)
    scene.click("Here is what they want.", "link", product.name)
    choose(scene, product, choice)
    if quantity > 1:
        scene.type(f"{quantity} of them.", "number", "Quantity", str(quantity))
    scene.click("Into the cart.", "button", "Add to cart")
    scene.gold("add_to_cart", product_id=product.id, choice=list(choice), quantity=quantity)
    where = f"for {best.department}" if best.department else "for everything"
    scene.type(
        f"{site.money(cost)} of {product.family.department}: {best.code}, {best.percent}% {where}, saves the most.",
        "textbox",
        "Coupon code",
        best.code,
    )
    scene.click("I apply the code.", "button", "Apply")
    scene.gold("apply_coupon", code=best.code)
    _check_out(scene, address, delivery, payment)
    options = f" ({choice_words(product, choice)})" if choice else ""
    return Draft(
        scene.phrase(
            "Order {n} {name}{options} with the coupon that saves the most, to {label}, {delivery} delivery, paid with "
            "{payment}. What is in my cart now is old, remove it first.",
            "I want {n} of the {name}{options}, as cheap as your coupons allow. Empty my cart of the old stuff before. "
            "Ship to {label} ({delivery}), pay with {payment}.",
            "clear cart, then order {n} x {name}{options}, best coupon, {label}, {delivery}, {payment}",
            n=quantity,
            name=title(product),
            options=options,
            label=address["label"],
            delivery=_DELIVERY_WORDS[delivery],
            payment=payment,
        ),
        thought=scene.phrase("Ordered, with the coupon taken off.", "The order is placed with {c}.", c=best.code),
    )


def _terms(scene: Scene) -> tuple[dict, str, str]:
    """Where to, how, and paid with what."""
    return (
        scene.pick(scene.rows("addresses")),
        scene.pick(list(_DELIVERY_WORDS)),
        scene.pick(scene.site.payments),
    )


def _check_out(scene: Scene, address: dict, delivery: str, payment: str) -> None:
    site = scene.site
    words, _ = site.DELIVERIES[delivery]
    cents = site.totals(delivery)["shipping"]
    scene.click("On to the checkout.", "link", "Go to checkout")
    line = f"{address['label']}: {site.address_line(address)}"
    scene.click(f"To {address['label']}.", "radio", line)
    scene.click(f"Delivery: {words}.", "radio", f"{words}: {site.money(cents) if cents else 'free'}")
    scene.click(f"Payment: {payment}.", "radio", payment)
    scene.click("All is as asked, I place the order.", "button", "Place order")
    scene.gold("place_order", address_id=address["id"], delivery=delivery, payment=payment)
