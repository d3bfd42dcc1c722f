"""What the recipe site starts with: recipes put together, and what their ingredients are."""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from envs.web.sites.recipes_dishes import DISHES, FRUIT, SAVOURY, SWEET, Dish, Style

__all__ = [
    "AISLES",
    "COURSES",
    "CUISINES",
    "DIETS",
    "Ingredient",
    "aisle_of",
    "diets_of",
    "make_recipes",
    "read_ingredient",
]

COURSES = ("Breakfast", "Lunch", "Dinner", "Dessert")
DIETS = ("Vegetarian", "Vegan", "Gluten-free", "Dairy-free")
_PANTRY = """
Vegetables: onion, garlic, carrot, courgette, aubergine, spinach, sweet potato, potato, leek, pumpkin, cauliflower,
    pepper, mushrooms, ginger, basil, coriander, parsley, dill, spring onion
Fruit: lemon, lime, apple, pear, banana, blueberries, cherries, mango, orange
Meat and fish (m): chicken thighs, minced beef, pork shoulder, lamb, salmon, cod, prawns, bacon
Dairy and eggs (d): butter, cream, yoghurt, feta, cheddar, milk, ricotta, mozzarella
Dairy and eggs (e): egg
Cupboard: rice, lentils, chickpeas, black beans, tofu, chopped tomatoes, coconut milk, stock, olive oil, sugar, honey,
    smoked paprika, cumin, curry paste, harissa, oats, almonds, walnuts, sesame oil, tahini, dark chocolate, cinnamon,
    vanilla, chilli flakes, capers, olives, maple syrup
Bakery and pasta (g): flour, tortillas, sourdough, spaghetti, penne, couscous, filo pastry, breadcrumbs
Bakery and pasta (ge): egg noodles
Sauces (g): soy sauce
"""
_GROUPS = [
    re.fullmatch(r"(.+?)(?: \((\w+)\))?: (.*)", line) for line in _PANTRY.replace("\n    ", " ").split("\n") if line
]
_KNOWN = {name: (group[1], group[2] or "") for group in _GROUPS for name in group[3].split(", ")}
"""{ingredient: (aisle, what diets mind: m meat, d dairy, e egg, g gluten)}"""
CUISINES = tuple(sorted({style.cuisine for style in [*SAVOURY, *SWEET]}))
AISLES = (*dict.fromkeys(aisle for aisle, _ in _KNOWN.values()), "Other")
_FORBIDDEN = dict(zip(DIETS, ("m", "mde", "g", "d"), strict=True))
_UNITS = ("g", "ml", "tbsp", "tsp")


@dataclass(frozen=True)
class Ingredient:
    """One line of a recipe; `amount` is None where none is said."""

    amount: float | None
    unit: str
    name: str

    def times(self, share: float) -> "Ingredient":
        """As much of it as a share of the recipe takes: whole grams and millilitres, halves of everything else."""
        if self.amount is None:
            return self
        steps = 1 if self.unit in ("g", "ml") else 2
        return Ingredient(max(1, round(self.amount * share * steps + 1e-9)) / steps, self.unit, self.name)

    def measure(self) -> str:
        """The amount as it is printed: `200 g`, `1.5`."""
        return f"{self.amount:g} {self.unit}".strip() if self.amount is not None else ""


def read_ingredient(line: str) -> Ingredient:
    """An ingredient out of `200 g flour`, `2 onion` or `some salt`."""
    found = re.fullmatch(rf"(\d{{1,5}}(?:\.\d{{1,2}})?) ?(?:({'|'.join(_UNITS)}) )?(.+)", line.strip())
    return (
        Ingredient(float(found[1]), found[2] or "", found[3].strip()) if found else Ingredient(None, "", line.strip())
    )


def aisle_of(name: str) -> str:
    """Where in a supermarket an ingredient is found."""
    return _KNOWN.get(name, ("Other", ""))[0]


def make_recipes(rng: random.Random, count: int) -> list[dict[str, Any]]:
    """So many recipes, or as many as there are, all with different titles; without the user's own columns."""
    every = [
        (style, main, dish)
        for dish in DISHES
        for style in (SWEET if dish.mains == FRUIT else SAVOURY)
        for main in _lines(dish.mains)
    ]
    return [_recipe(rng, *parts) for parts in rng.sample(every, min(count, len(every)))]


def _recipe(rng: random.Random, style: Style, main: str, dish: Dish) -> dict[str, Any]:
    name = read_ingredient(main).name
    minutes = rng.randrange(dish.minutes[0], dish.minutes[1] + 1)
    flavours = _lines(style.ingredients)
    words = {"main": name, "flavour": " and ".join(read_ingredient(one).name for one in flavours), "minutes": minutes}
    ingredients = _merged([main, *flavours, *_lines(dish.ingredients)])
    return {
        "title": f"{style.word} {name} {dish.word}",
        "course": dish.course,
        "cuisine": style.cuisine,
        "minutes": minutes,
        "serves": 4,
        "kcal": rng.randrange(180, 760, 10),
        "rating": rng.randint(30, 50) / 10,
        "diets": diets_of(read_ingredient(line).name for line in ingredients),
        "ingredients": ingredients,
        "method": [step.format(**words) for step in dish.method],
    }


def diets_of(names: Iterable[str]) -> list[str]:
    """The diets that allow all of the ingredients; an unknown ingredient is taken to be allowed."""
    minded = {letter for name in names for letter in _KNOWN.get(name, ("", ""))[1]}
    return [diet for diet, forbidden in _FORBIDDEN.items() if not minded & set(forbidden)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\n", " ").split(",")]


def _merged(lines: Sequence[str]) -> list[str]:
    """The lines with those of one ingredient added up."""
    found: dict[tuple[str, str], Ingredient] = {}
    for one in map(read_ingredient, lines):
        before = found.get((one.name, one.unit))
        found[one.name, one.unit] = Ingredient(one.amount + before.amount, one.unit, one.name) if before else one
    return [f"{one.measure()} {one.name}" for one in found.values()]
