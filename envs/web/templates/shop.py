"""The shop: find products, choose their options, put them in the cart, and what all its templates share."""

from collections.abc import Sequence

from envs.web.sites.shop_catalogue import Filters, Product, select
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = [
    "TEMPLATES",
    "cart_link",
    "choice_words",
    "choose",
    "in_cart",
    "open_category",
    "plain_products",
    "search",
    "title",
]

TEMPLATES: list[Template] = []


def title(product: Product) -> str:
    """What a customer calls a product."""
    return f"{product.brand} {product.series} {product.kind} {product.noun} ({product.measure})"


def choice_words(product: Product, choice: Sequence[str]) -> str:
    """What a customer says of the options: size M, colour Navy, Pack of 2."""
    named = zip((option.name for option in product.options), choice, strict=True)
    return ", ".join(value if value.startswith(name) else f"{name.lower()} {value}" for name, value in named)


def plain_products(scene: Scene) -> list[Product]:
    """The products that are in stock and that no other one could be taken for."""
    every = list(scene.site.products.values())
    names = [title(product) for product in every]
    return [product for product in every if names.count(title(product)) == 1 and scene.site.stock(product.id)]


def search(scene: Scene, product: Product) -> None:
    """Search for a product, such that the first page of results has it."""
    words = f"{product.brand} {product.series} {product.noun}"
    if product not in select(scene.site.products.values(), Filters(words))[:12]:
        raise scene.unfit
    thought = scene.phrase(
        "I search for {words}.",
        "The search box is the quickest way to the {words}.",
        "First I have to find the {words}.",
        "Brand, series and kind of thing should do for the search: {words}.",
        words=words,
    )
    scene.type(thought, "textbox", "Search products", words, enter=True)


def open_category(scene: Scene, category: str) -> None:
    """Open a category through the menu of departments."""
    scene.click(
        scene.phrase("The departments menu leads to {c}.", "I open the menu to get to {c}.", c=category),
        "button",
        "All departments",
    )
    scene.click(scene.phrase("There it is: {c}.", "I open {c}.", c=category), "link", category)


def choose(scene: Scene, product: Product, choice: Sequence[str]) -> None:
    """Choose an option of each kind on a product's page."""
    for option, value in zip(product.options, choice, strict=True):
        name = option.name.lower()
        thought = scene.phrase(
            "The {name} has to be {value}.",
            "{value} as {name}.",
            "I set the {name} to {value}.",
            name=name,
            value=value,
        )
        if option.name == "Colour":
            scene.click(thought[0].upper() + thought[1:], "radio", value)
        else:
            scene.select(thought[0].upper() + thought[1:], option.name, value)


def cart_link(scene: Scene) -> str:
    return f"Cart ({scene.site.cart_count()})"


def in_cart(scene: Scene) -> set[str]:
    return {row["product_id"] for row in scene.rows("cart")}


@collect(TEMPLATES, 1, "shop")
def look_up_a_product(scene: Scene) -> Draft:
    product = scene.pick([p for p in plain_products(scene) if not any(sum(o.extra) for o in p.options)])
    price, stars = scene.site.money(product.price), str(product.stars)
    search(scene, product)
    scene.see("I look for its line in the results.", product.name[:60])
    asked, value, said = scene.pick(
        (
            ("How much is the {name}?", price, "It costs {value}."),
            ("what does the {name} cost", price, "The price is {value}."),
            ("Could you tell me the price of the {name}, please?", price, "The {name} costs {value}."),
            ("How many stars do customers give the {name}?", stars, "Customers give it {value} stars."),
            ("I'm wondering if the {name} is any good. What is its average rating?", stars, "It has {value} stars."),
            ("rating of the {name}?", stars, "{value} stars"),
        )
    )
    return Draft(
        asked.format(name=title(product)),
        thought=scene.phrase("The results show it: {value}.", "Its line says {value}.", value=value),
        closing=said.format(name=title(product), value=value),
        says=((value,),),
    )


@collect(TEMPLATES, 1, "shop")
def remember_a_product(scene: Scene) -> Draft:
    taken = {row["product_id"] for row in scene.rows("wishlist")}
    product = scene.pick([p for p in plain_products(scene) if p.id not in taken])
    search(scene, product)
    scene.click(scene.phrase("This is the one.", "The right one is in the list, I open it."), "link", product.name)
    scene.click("Its page has a button for the wish list.", "button", "Add to wish list")
    scene.gold("add_to_wishlist", product_id=product.id)
    return Draft(
        scene.phrase(
            "Put the {name} on my wish list.",
            "I can't afford the {name} now. Save it on my wish list, please.",
            "wish list: {name}",
            "Please remember the {name} for me, on the wish list and not in the cart.",
            name=title(product),
        ),
        thought=scene.phrase("The page says that it was added.", "It is on the wish list now, so I am done."),
    )


@collect(TEMPLATES, 2, "shop")
def cheapest_of_its_kind(scene: Scene) -> Draft:
    product = scene.pick(list(scene.site.products.values()))
    family = product.family
    filters = Filters(category=family.category, kind=product.kind, stars=scene.pick((0.0, 3.0, 4.0)), sort="price-up")
    found = select(scene.site.products.values(), filters)
    if len(found) < 2 or found[0].price == found[1].price:
        raise scene.unfit
    best, (attribute, _) = found[0], family.kind
    open_category(scene, family.category)
    scene.select(f"The {attribute.lower()} must be {product.kind}.", attribute, product.kind)
    if filters.stars:
        scene.select(
            f"At least {filters.stars:.0f} stars were asked for.", "Rating", f"{filters.stars:.0f} stars and up"
        )
    scene.select("Sorted by price, the cheapest comes first.", "Sort by", "Price: low to high")
    scene.see("The filters fill the top of the page; the products come below.", best.name[:60])
    rating = f" with {filters.stars:.0f} stars or more" if filters.stars else ""
    return Draft(
        scene.phrase(
            "What is the lowest price in {category} where the {attribute} is {kind}{rating}?",
            "I look for something in {category} ({attribute}: {kind}){rating}. What does the cheapest one cost?",
            "cheapest in {category}, {attribute} {kind}{rating}: which product is it and how much?",
            category=family.category,
            attribute=attribute.lower(),
            kind=product.kind,
            rating=rating,
        ),
        thought=f"The first of the sorted list is the cheapest: {scene.site.money(best.price)}.",
        closing=f"The cheapest is the {best.name}, at {scene.site.money(best.price)}.",
        says=((scene.site.money(best.price),),),
        never=tuple(scene.site.money(other.price) for other in found[1:3]),
    )


@collect(TEMPLATES, 2, "shop")
def put_a_choice_in_the_cart(scene: Scene) -> Draft:
    in_cart = {row["product_id"] for row in scene.rows("cart")}
    product = scene.pick([p for p in plain_products(scene) if p.options and p.id not in in_cart])
    choice, quantity = scene.pick(product.choices), min(scene.site.stock(product.id), scene.pick((1, 1, 2, 3)))
    search(scene, product)
    scene.click(scene.phrase("That is the right one.", "I open its page to choose."), "link", product.name)
    choose(scene, product, choice)
    if quantity > 1:
        scene.type(f"And {quantity} of them.", "number", "Quantity", str(quantity))
    scene.click(scene.phrase("All is chosen, into the cart.", "Now I add it."), "button", "Add to cart")
    scene.gold("add_to_cart", product_id=product.id, choice=list(choice), quantity=quantity)
    return Draft(
        scene.phrase(
            "Please put {n} {name} in my cart: {choice}.",
            "{n} x {name}, {choice}, into the cart. Don't order yet.",
            "I want {n} of the {name} ({choice}). Add to my cart but do not check out, I am still looking around.",
            n=quantity,
            name=title(product),
            choice=choice_words(product, choice),
        ),
        thought=scene.phrase("The cart has it. The order was not asked for.", "It is in the cart, as asked."),
    )


@collect(TEMPLATES, 3, "shop")
def repair_the_cart(scene: Scene) -> Draft:
    rows = [row for row in scene.rows("cart") if row["choice"]]
    row = scene.pick(rows)
    product, old = scene.site.products[row["product_id"]], tuple(row["choice"])
    new = scene.pick([c for c in product.choices if sum(a != b for a, b in zip(c, old, strict=True)) == 1])
    number = next(n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
    scene.click(scene.phrase("I look into the cart.", "What is in the cart?"), "link", cart_link(scene))
    scene.click("I remove the wrong choice, its line first.", "button", "Remove", near=product.name[:60])
    scene.gold("remove_from_cart", line_id=row["id"])
    search(scene, product)
    scene.click(f"Now the {product.noun.lower()} with the right choice.", "link", product.name)
    choose(scene, product, new)
    if row["quantity"] > 1:
        scene.type(f"There were {row['quantity']} in the cart.", "number", "Quantity", str(row["quantity"]))
    scene.click("Back into the cart with it.", "button", "Add to cart")
    scene.gold("add_to_cart", product_id=product.id, choice=list(new), quantity=row["quantity"])
    return Draft(
        scene.phrase(
            "Oops, I chose the wrong {option} for the {name} in my cart. It should be {new}, not {old}. "
            "Keep the quantity.",
            "Swap the {name} in the cart: {option} {new} instead of {old}, as many as there are now.",
            "cart: {name}, {option} {old} was a mistake, I want {new} (same number)",
            option=product.options[number].name.lower(),
            name=title(product),
            new=new[number],
            old=old[number],
        ),
        thought=scene.phrase("The cart now has {new} only.", "Wrong one out, {new} in.", new=new[number]),
    )
