"""What other customers say about a product."""

import random
from datetime import date, timedelta

from envs.records import Row
from envs.web.sites.names import full_names
from envs.web.sites.shop_catalogue import Product

__all__ = ["write_reviews"]

_TITLES = {
    5: ("Could not be happier", "Exactly what I wanted", "Best one I have had", "Worth every cent"),
    4: ("Good buy", "Very nice, small flaw", "Happy with it", "Does what it should"),
    3: ("It is all right", "Average", "Expected a little more", "Fine for the price"),
    2: ("Not convinced", "Disappointing", "Would not buy again"),
    1: ("Sent it back", "Broke within a week", "Stay away from it"),
}
_OPENINGS = {
    5: ("I use this {noun} every day.", "Bought it for my sister and now I want one too.", "Arrived a day early."),
    4: ("A solid {noun}.", "My second {noun} from {brand}.", "Looks just like the picture."),
    3: ("The {noun} is okay.", "Nothing special, nothing terrible.", "It took me a while to get used to it."),
    2: ("I wanted to like this {noun}.", "The picture promises more.", "Came with a scratch."),
    1: ("The {noun} did not survive the first week.", "I have never returned anything so fast.", "A waste of money."),
}
_REMARKS = {
    5: ("It really is {feature}.", "{measure} is just the right choice for me."),
    4: ("I like that it is {feature}.", "{measure} was right, though I had hoped for a better box."),
    3: ("They call it {feature}; I would say almost.", "Think twice whether {measure} is what you need."),
    2: ("I did not find it {feature} at all.", "{measure} turned out to be wrong for us."),
    1: ("And {feature} it is not.", "Customer service offered me a voucher, no thanks."),
}


def write_reviews(rng: random.Random, product: Product, today: date, novel: bool) -> list[Row]:
    """Reviews of one product, newest first; their stars scatter around its rating."""
    count = min(product.ratings, rng.randint(4, 16))
    days = sorted(rng.sample(range(2, 700), count))
    reviews = []
    for author, age in zip(full_names(rng, count, novel), days, strict=True):
        stars = min(5, max(1, round(rng.gauss(product.stars, 1.1))))
        words = {
            "noun": product.noun.lower(),
            "brand": product.brand,
            "feature": rng.choice(product.features),
            "measure": product.measure,
        }
        text = f"{rng.choice(_OPENINGS[stars])} {rng.choice(_REMARKS[stars])}".format(**words)
        written = (today - timedelta(age)).isoformat()
        reviews.append(
            {"author": author, "stars": stars, "title": rng.choice(_TITLES[stars]), "text": text, "written": written}
        )
    return reviews
