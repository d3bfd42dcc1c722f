"""The shop: orders that were placed, to cancel, redirect, return, review and add up."""

from datetime import date, timedelta

from envs.web.sites.shop_catalogue import Product
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.shop import title

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_REASONS = {
    "Ordered by mistake": ("I ordered it by mistake", "it was a mistake"),
    "Found a better price": ("I found it cheaper elsewhere", "another shop has a better price"),
    "Delivery takes too long": ("the delivery takes too long", "I cannot wait that long for it"),
    "Changed my mind": ("I have changed my mind", "I do not want it any more"),
}
_RETURN_REASONS = {
    "Arrived damaged": ("arrived broken", "was damaged when I opened the parcel"),
    "Wrong item sent": ("is not what I ordered, you sent something else",),
    "No longer needed": ("is no longer needed", "is nothing that I need any more"),
    "Not as described": ("is not as it was described", "has little to do with its description"),
}
_REVIEWS = (
    (5, "Love it", "Exactly what I wanted, and it came quickly.", "quickly", "It came quickly"),
    (4, "Good buy", "Good quality, only the box was torn.", "box was torn", "The box was torn"),
    (3, "Average", "It does its job, but the smell took a week to go away.", "smell", "There was a smell"),
    (2, "Disappointed", "It broke after two weeks of careful use.", "two weeks", "It broke after two weeks"),
    (1, "Do not buy", "It never worked and nobody answers the phone.", "phone", "Nobody answers the phone"),
)


@collect(TEMPLATES, 2, "shop")
def cancel_an_order(scene: Scene) -> Draft:
    order, product = _open_order(scene)
    reason = scene.pick(list(_REASONS))
    _go_to_order(scene, order, product)
    scene.click("It is still being processed, so it can be cancelled.", "button", "Cancel order")
    scene.select("The dialog wants a reason.", "Reason", reason)
    scene.click(scene.phrase("Now I confirm.", "The user asked for it, so yes."), "button", "Yes, cancel it")
    scene.gold("cancel_order", order_id=order["id"], reason=reason)
    return Draft(
        scene.phrase(
            "Cancel my order with the {name}: {why}.",
            "I'd like to cancel the order that has the {name} in it, because {why}.",
            "cancel order ({name}), {why}",
            "Please stop the order of the {name} before it is sent. The reason: {why}.",
            name=title(product),
            why=scene.pick(_REASONS[reason]),
        ),
        thought=scene.phrase("The order is marked as cancelled.", "The page confirms the cancellation."),
    )


@collect(TEMPLATES, 2, "shop")
def send_an_order_elsewhere(scene: Scene) -> Draft:
    order, product = _open_order(scene)
    lines = {row["label"]: row for row in scene.rows("addresses")}
    label = scene.pick([label for label, row in lines.items() if scene.site.address_line(row) != order["address"]])
    _go_to_order(scene, order, product)
    scene.select(f"It shall go to {label}.", "Send to another address", label)
    scene.click(scene.phrase("I save the address.", "Now the button beside it."), "button", "Change address")
    scene.gold("change_order_address", order_id=order["id"], address_id=lines[label]["id"])
    return Draft(
        scene.phrase(
            "The order with the {name} should go to my {label} address instead.",
            "Could you have the {name} that I ordered sent to {label}?",
            "wrong address! {name} -> {label}",
            "We are not where I thought we would be. Send the order with the {name} to the address {label}.",
            name=title(product),
            label=label,
        ),
        thought=scene.phrase("The order shows the new address.", "It goes to {label} now.", label=label),
    )


@collect(TEMPLATES, 3, "shop")
def return_an_item(scene: Scene) -> Draft:
    line, product = _delivered(scene, newer_than=30)
    reason, quantity = scene.pick(list(_RETURN_REASONS)), scene.rng.randint(1, line["quantity"])
    _find_order(scene, line, product)
    scene.click(f"I return the {product.noun.lower()}.", "link", "Return item", near=product.name[:60])
    if quantity < line["quantity"]:
        scene.type(f"Only {quantity} of {line['quantity']} go back.", "number", "How many", str(quantity))
    scene.select(scene.phrase("The reason that fits best.", "This is why."), "Reason", reason)
    scene.click("Everything is filled in.", "button", "Request return")
    scene.gold("return_item", line_id=line["id"], quantity=quantity, reason=reason)
    return Draft(
        scene.phrase(
            "Send back {n} of the {name} that I got: it {why}.",
            "I want to return the {name} (quantity {n}). It {why}.",
            "Please request a return for {n} x {name}. Reason: it {why}.",
            "return {n} {name}, it {why}",
            n=quantity,
            name=title(product),
            why=scene.pick(_RETURN_REASONS[reason]),
        ),
        thought=scene.phrase("The return was requested.", "The shop sends a label, so it is done."),
    )


@collect(TEMPLATES, 3, "shop")
def review_a_purchase(scene: Scene) -> Draft:
    line, product = _delivered(scene, newer_than=400)
    stars, heading, text, word, said = scene.pick(_REVIEWS)
    _find_order(scene, line, product)
    scene.click("It was delivered, so I can review it.", "link", "Write a review", near=product.name[:60])
    scene.select(f"{stars} stars.", "Stars", str(stars))
    scene.type("The title as given.", "textbox", "Title", heading)
    scene.type("And what the user has to say.", "textbox", "Review", text)
    scene.click("Ready to be published.", "button", "Publish review")
    scene.gold("write_review", product_id=product.id, stars=stars, title=heading, text=text)
    scene.mention("reviews", "title", [heading])
    scene.mention("reviews", "text", [word])
    return Draft(
        scene.phrase(
            'Review the {name} for me: {stars} stars, titled "{heading}". Say this: {text}',
            "I'd like to give the {name} that I bought {stars} of 5 stars. Title: {heading}. Text: {text}",
            "review for {name}: {stars}/5, title {heading}. {said}, put that in.",
            name=title(product),
            stars=stars,
            heading=heading,
            text=text,
            said=said,
        ),
        thought=scene.phrase("It is published.", "My review stands on top."),
    )


@collect(TEMPLATES, 4, "shop")
def spent_since(scene: Scene) -> Draft:
    orders = [row for row in reversed(scene.rows("orders")) if row["status"] != "cancelled"]
    every = scene.rows("orders")[::-1]
    count = scene.rng.randint(3, min(8, len(orders) - 1))
    first = date.fromisoformat(orders[count - 1]["placed"]) - timedelta(scene.rng.randint(0, 2))
    counted = [row for row in orders if row["placed"] >= first.isoformat()]
    total = sum(row["total"] for row in counted)
    scene.click("My orders have totals and dates.", "link", "Orders")
    for page in range(0, len(every), 6):
        last = every[page : page + 6][-1]
        scene.see("I note what is here and read on.", f"Order {last['id']}")
        if last["placed"] < first.isoformat() or last is every[-1]:
            break
        scene.click("These are all recent enough, so the next page may have more.", "link", "Next")
    parts = " + ".join(scene.site.money(row["total"]) for row in counted)
    return Draft(
        scene.phrase(
            "What did all my orders since {day} (that day included) cost together? Leave out cancelled ones.",
            "For my tax papers: the sum of the orders placed on {day} or later, without the cancelled ones?",
            "sum of my order totals from {day} on, not counting cancelled orders?",
            day=first.isoformat(),
        ),
        thought=f"Without cancelled ones: {parts} = {scene.site.money(total)}.",
        closing=f"Together they cost {scene.site.money(total)}.",
        says=((scene.site.money(total),),),
    )


def _open_order(scene: Scene) -> tuple[dict, Product]:
    """An order that can still be changed, and a product that is in no other one."""
    lines = scene.rows("order_lines")
    bought = [title(scene.site.products[line["product_id"]]) for line in lines]
    open_orders = {row["id"]: row for row in scene.rows("orders", status="processing")}
    fitting = [
        (open_orders[line["order_id"]], scene.site.products[line["product_id"]])
        for line, name in zip(lines, bought, strict=True)
        if line["order_id"] in open_orders and bought.count(name) == 1
    ]
    return scene.pick(fitting)


def _go_to_order(scene: Scene, order: dict, product: Product) -> None:
    scene.click(scene.phrase("The orders are behind this link.", "I look through the orders."), "link", "Orders")
    scene.see("I look for the order that has it.", product.name)
    scene.click(
        scene.phrase("{id} has the {noun}.", "The {noun} is in {id}.", id=order["id"], noun=product.noun),
        "link",
        f"Order {order['id']}",
    )


def _delivered(scene: Scene, newer_than: int) -> tuple[dict, Product]:
    """A line of a delivered order, of a product that was bought once."""
    since = (scene.site.today - timedelta(newer_than)).isoformat()
    orders = {row["id"] for row in scene.rows("orders", status="delivered") if row["delivered"] >= since}
    lines = scene.rows("order_lines")
    names = [title(scene.site.products[line["product_id"]]) for line in lines]
    fitting = [
        line for line, name in zip(lines, names, strict=True) if line["order_id"] in orders and names.count(name) == 1
    ]
    line = scene.pick(fitting)
    return line, scene.site.products[line["product_id"]]


def _find_order(scene: Scene, line: dict, product: Product) -> None:
    scene.click(scene.phrase("I start at the orders.", "The orders come first."), "link", "Orders")
    words = f"{product.brand} {product.series} {product.noun}"
    scene.type(f"Which order has the {product.noun.lower()}?", "textbox", "Search orders", words, enter=True)
    scene.see("It should be further down.", product.name)
    scene.click(f"It is in {line['order_id']}.", "link", f"Order {line['order_id']}")
