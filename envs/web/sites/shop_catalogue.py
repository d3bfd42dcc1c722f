"""The shop's catalogue: products grown from a seed, with near-duplicates, and how they are searched."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product as combinations

from envs.web.sites.shop_families import (
    AXES,
    BRANDS,
    NOVEL_BRANDS,
    NOVEL_FAMILIES,
    SEEN_FAMILIES,
    SERIES,
    Family,
)

__all__ = ["SORTS", "Filters", "Option", "Product", "make_products", "select", "words"]

SORTS = {
    "relevance": "Best match",
    "price-up": "Price: low to high",
    "price-down": "Price: high to low",
    "rating": "Customer rating",
    "reviews": "Most reviewed",
}
_WORD = re.compile(r"[a-z0-9.]*[a-z0-9]")


@dataclass(frozen=True)
class Option:
    """What the buyer chooses: the values, and how many cents each adds to the price."""

    name: str
    values: tuple[str, ...]
    extra: tuple[int, ...]


@dataclass(frozen=True)
class Product:
    """One product. Money is in cents.

    Args:
        kind, measure: values of the family's two attributes.
        features: what is said in its favour, the first of them in its name.
        price: without extras for options; `was` is the price before a reduction, or None.
        stars: average rating; `ratings` is how many there are.
        sold_out: choices that cannot be bought, each one value per option.
    """

    id: str
    brand: str
    series: str
    noun: str
    family: Family
    kind: str
    measure: str
    features: tuple[str, ...]
    price: int
    was: int | None
    stars: float
    ratings: int
    options: tuple[Option, ...]
    sold_out: frozenset[tuple[str, ...]]

    @cached_property
    def name(self) -> str:
        """The title in lists; no two products share one."""
        praise = self.features[0][0].upper() + self.features[0][1:]
        return f"{self.brand} {self.series} {self.kind} {self.noun}, {self.measure}, {praise}"

    @cached_property
    def words(self) -> frozenset[str]:
        """What a search finds it by."""
        chosen = [value for option in self.options for value in option.values]
        return frozenset(words(" ".join([self.name, *self.features, self.family.category, *chosen])))

    @cached_property
    def choices(self) -> list[tuple[str, ...]]:
        """All choices that can be bought; one empty choice where there is nothing to choose."""
        return [c for c in combinations(*(option.values for option in self.options)) if c not in self.sold_out]

    def price_of(self, choice: Iterable[str]) -> int:
        """The price in cents with the chosen options."""
        return self.price + sum(
            option.extra[option.values.index(value)] for option, value in zip(self.options, choice, strict=True)
        )

    @property
    def details(self) -> list[tuple[str, str]]:
        """The table of attributes."""
        family = self.family
        return [("Brand", self.brand), (family.kind[0], self.kind), (family.measure[0], self.measure)]

    @property
    def description(self) -> str:
        """Two sentences."""
        rest = " and ".join(self.features[1:3])
        return (
            f"The {self.series} is {self.brand}'s {self.noun.lower()} with {self.kind.lower()} as its "
            f"{self.family.kind[0].lower()}: {self.features[0]}, {rest}. "
            f"{self.family.measure[0]}: {self.measure}. Part of our {self.family.category.lower()} range."
        )


def make_products(rng: random.Random, count: int, novel: bool, register: Callable[[str], str]) -> Iterator[Product]:
    """Grow products. About half of them are siblings of another one and differ from it in one attribute.

    Args:
        register: takes a new product's name and gives its id.
    """
    families = NOVEL_FAMILIES if novel else SEEN_FAMILIES
    taken: set[str] = set()
    turn = 0
    while len(taken) < count:
        first = _design(rng, families[turn % len(families)], novel)
        turn += 1
        for design in [first, *(_sibling(rng, first, novel) for _ in range(rng.choice((0, 1, 1, 2))))]:
            if design.name not in taken and len(taken) < count:
                taken.add(design.name)
                yield replace(design, id=register(design.name))


def _design(rng: random.Random, family: Family, novel: bool) -> Product:
    return _priced(
        rng,
        Product(
            id="",
            brand=rng.choice((NOVEL_BRANDS if novel else BRANDS)[family.department]),
            series=rng.choice(SERIES),
            noun=rng.choice(family.nouns),
            family=family,
            kind=rng.choice(family.kind[1]),
            measure=rng.choice(family.measure[1]),
            features=tuple(rng.sample(family.features, rng.randint(2, 3))),
            price=0,
            was=None,
            stars=0.0,
            ratings=0,
            options=(),
            sold_out=frozenset(),
        ),
    )


def _sibling(rng: random.Random, design: Product, novel: bool) -> Product:
    """The same but for one thing, with a price and options of its own."""
    family = design.family
    changes = {
        "brand": (NOVEL_BRANDS if novel else BRANDS)[family.department],
        "kind": family.kind[1],
        "measure": family.measure[1],
    }
    what = rng.choice((*changes, "features"))
    if what == "features":
        others = [feature for feature in family.features if feature not in design.features]
        value = (rng.choice(others), *design.features[1:])
    else:
        value = rng.choice(changes[what])
    return _priced(rng, replace(design, **{what: value}))


def _priced(rng: random.Random, design: Product) -> Product:
    family = design.family
    rank = family.measure[1].index(design.measure) / max(1, len(family.measure[1]) - 1)
    around = family.low + (family.high - family.low) * (0.15 + 0.45 * rank) * rng.uniform(0.6, 1.4)
    price = max(family.low, round(around / 50) * 50 - 1)
    options = tuple(_option(rng, name, price) for name in family.axes)
    every = list(combinations(*(option.values for option in options)))
    return replace(
        design,
        price=price,
        was=round(price * rng.uniform(1.15, 1.5) / 50) * 50 - 1 if rng.random() < 0.15 else None,
        stars=min(5.0, round(rng.gauss(4.0, 0.5), 1)),
        ratings=int(3 + 2000 * rng.random() ** 3),
        options=options,
        sold_out=frozenset(rng.sample(every, len(every) // 6)) if options else frozenset(),
    )


def _option(rng: random.Random, name: str, price: int) -> Option:
    values = AXES[name]
    count = rng.randint(3, min(6, len(values)))
    if name in ("Pack", "Cable length", "Pet size"):
        values = values[:count]
        steps = {"Pack": 90, "Cable length": 25, "Pet size": 35}[name]
        sizes = [int(value.split()[-1]) - 1 if "of" in value else place for place, value in enumerate(values)]
        return Option(name, tuple(values), tuple(price * steps * size // 5000 * 50 for size in sizes))
    if name in ("Size", "Shoe size"):
        start = rng.randint(0, len(values) - count)
        values = values[start : start + count]
        return Option(name, tuple(values), tuple(200 if value == "XXL" else 0 for value in values))
    values = rng.sample(values, count)
    special = rng.choice(values) if rng.random() < 0.4 else None
    return Option(name, tuple(values), tuple(300 if value == special else 0 for value in values))


def words(text: str) -> list[str]:
    """The words of a text as a search compares them: lower case, without the s of a plural."""
    return [
        w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in _WORD.findall(text.lower())
    ]


@dataclass(frozen=True)
class Filters:
    """What a list of products is narrowed down to. Empty text and zero ask for nothing; money in cents."""

    q: str = ""
    department: str = ""
    category: str = ""
    brand: str = ""
    kind: str = ""
    measure: str = ""
    features: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    stars: float = 0.0
    sort: str = "relevance"

    def fits(self, product: Product) -> bool:
        """Whether a product passes, the words of the search aside."""
        family = product.family
        return (
            self.department in ("", family.department)
            and self.category in ("", family.category)
            and self.brand in ("", product.brand)
            and self.kind in ("", product.kind)
            and self.measure in ("", product.measure)
            and set(self.features) <= set(product.features)
            and product.price >= self.low
            and (not self.high or product.price <= self.high)
            and product.stars >= self.stars
        )


def select(products: Iterable[Product], filters: Filters) -> list[Product]:
    """The products that pass the filters, in the order asked for.

    A search finds what has all of its words; where nothing has, what has the most of them.
    """
    asked = set(words(filters.q))
    hits = [(len(asked & product.words), product) for product in products if filters.fits(product)]
    most = max((count for count, _ in hits), default=0)
    found = [product for count, product in hits if count == most and (most or not asked)]
    key = {
        "price-up": lambda p: p.price,
        "price-down": lambda p: -p.price,
        "rating": lambda p: (-p.stars, -p.ratings),
        "reviews": lambda p: -p.ratings,
        "relevance": lambda p: (-len(asked & set(words(p.name))), -p.ratings),
    }[filters.sort]
    return sorted(found, key=key)
