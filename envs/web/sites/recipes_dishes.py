"""The dishes and styles out of which the recipes of the recipe site are made."""

from dataclasses import dataclass

__all__ = ["DISHES", "FRUIT", "SAVOURY", "SWEET", "Dish", "Style"]


@dataclass(frozen=True)
class Style:
    """What gives a dish its flavour, and its country."""

    word: str
    cuisine: str
    ingredients: str


@dataclass(frozen=True)
class Dish:
    """A kind of dish; its method speaks of `{main}`, `{flavour}` and `{minutes}`."""

    word: str
    course: str
    minutes: tuple[int, int]
    ingredients: str
    method: tuple[str, ...]
    mains: str


SAVOURY = [
    Style("Smoky", "Spanish", "2 tsp smoked paprika, 2 garlic"),
    Style("Lemon and caper", "Italian", "1 lemon, 2 tbsp capers"),
    Style("Harissa", "Moroccan", "2 tbsp harissa, 1 tsp cumin"),
    Style("Coconut", "Thai", "400 ml coconut milk, 1 lime"),
    Style("Ginger and soy", "Chinese", "20 g ginger, 3 tbsp soy sauce"),
    Style("Tahini", "Lebanese", "3 tbsp tahini, 1 lemon"),
    Style("Curried", "Indian", "3 tbsp curry paste, 10 g coriander"),
    Style("Olive and basil", "Italian", "80 g olives, 20 g basil"),
    Style("Feta and dill", "Greek", "150 g feta, 10 g dill"),
    Style("Chilli", "Mexican", "1 tsp chilli flakes, 1 lime"),
    Style("Creamy", "French", "150 ml cream, 10 g parsley"),
    Style("Sesame", "Korean", "1 tbsp sesame oil, 4 spring onion"),
]
SWEET = [
    Style("Cinnamon", "British", "2 tsp cinnamon"),
    Style("Vanilla", "French", "1 tsp vanilla"),
    Style("Almond", "Swedish", "80 g almonds"),
    Style("Walnut", "Turkish", "80 g walnuts"),
    Style("Maple", "Canadian", "4 tbsp maple syrup"),
    Style("Chocolate", "Austrian", "120 g dark chocolate"),
]
_FILLING = """400 g chickpeas, 300 g lentils, 400 g tofu, 1 cauliflower, 2 aubergine, 3 courgette, 600 g pumpkin,
400 g mushrooms, 300 g spinach, 600 g chicken thighs, 500 g minced beef, 600 g lamb, 500 g salmon, 500 g cod,
300 g prawns, 3 sweet potato, 3 leek, 400 g black beans"""
FRUIT = "4 apple, 4 pear, 3 banana, 250 g blueberries, 300 g cherries, 2 mango"
DISHES = [
    Dish(
        "stew",
        "Dinner",
        (40, 90),
        "1 onion, 400 g chopped tomatoes, 300 ml stock",
        (
            "Soften the chopped onion in a large pot.",
            "Stir in the {main} and {flavour}.",
            "Add tomatoes and stock and simmer for {minutes} minutes.",
        ),
        _FILLING,
    ),
    Dish(
        "traybake",
        "Dinner",
        (35, 60),
        "4 potato, 2 tbsp olive oil, 1 onion",
        (
            "Heat the oven to 200 degrees.",
            "Toss everything with {flavour} on a large tray.",
            "Roast for {minutes} minutes, turning the {main} once.",
        ),
        _FILLING,
    ),
    Dish(
        "spaghetti",
        "Dinner",
        (15, 35),
        "400 g spaghetti, 2 garlic, 2 tbsp olive oil",
        (
            "Boil the spaghetti in salted water.",
            "Fry the {main} with garlic and {flavour}.",
            "Toss together; it takes {minutes} minutes in all.",
        ),
        _FILLING,
    ),
    Dish(
        "rice bowl",
        "Lunch",
        (20, 40),
        "300 g rice, 1 carrot, 2 spring onion",
        (
            "Cook the rice and keep it warm.",
            "Fry the {main} with {flavour} until done.",
            "Serve on the rice with raw carrot, {minutes} minutes after you began.",
        ),
        _FILLING,
    ),
    Dish(
        "soup",
        "Lunch",
        (20, 50),
        "1 leek, 1 carrot, 900 ml stock",
        (
            "Cut the vegetables small.",
            "Simmer the {main} in the stock with {flavour} for {minutes} minutes.",
            "Blend half of it and stir it back.",
        ),
        _FILLING,
    ),
    Dish(
        "tacos",
        "Dinner",
        (20, 40),
        "8 tortillas, 1 lime, 1 pepper",
        (
            "Fry the {main} with the pepper.",
            "Season with {flavour}.",
            "Fill the warm tortillas; allow {minutes} minutes.",
        ),
        _FILLING,
    ),
    Dish(
        "salad",
        "Lunch",
        (10, 30),
        "200 g couscous, 10 g parsley, 2 tbsp olive oil",
        (
            "Pour boiling water over the couscous.",
            "Fold in the {main}.",
            "Dress with {flavour}; {minutes} minutes and it is done.",
        ),
        _FILLING,
    ),
    Dish(
        "noodles",
        "Dinner",
        (15, 30),
        "300 g egg noodles, 1 carrot, 2 garlic",
        (
            "Cook the noodles and rinse them cold.",
            "Stir-fry the {main} with garlic and {flavour}.",
            "Add the noodles and serve after {minutes} minutes.",
        ),
        _FILLING,
    ),
    Dish(
        "frittata",
        "Lunch",
        (20, 40),
        "8 egg, 100 g cheddar, 1 onion",
        (
            "Beat the eggs with the cheese.",
            "Cook the {main} with onion and {flavour}.",
            "Pour the eggs over and bake; {minutes} minutes in all.",
        ),
        _FILLING,
    ),
    Dish(
        "porridge",
        "Breakfast",
        (8, 15),
        "200 g oats, 800 ml milk",
        ("Bring oats and milk to the boil.", "Stir in {flavour}.", "Top with the {main}; ready in {minutes} minutes."),
        FRUIT,
    ),
    Dish(
        "pancakes",
        "Breakfast",
        (20, 30),
        "200 g flour, 300 ml milk, 2 egg",
        (
            "Whisk flour, milk and eggs.",
            "Fry thin pancakes for about {minutes} minutes in all.",
            "Fill with the {main} and {flavour}.",
        ),
        FRUIT,
    ),
    Dish(
        "granola",
        "Breakfast",
        (30, 45),
        "400 g oats, 4 tbsp honey, 3 tbsp olive oil",
        ("Mix everything but the {main}.", "Add {flavour} and bake for {minutes} minutes.", "Serve with the {main}."),
        FRUIT,
    ),
    Dish(
        "crumble",
        "Dessert",
        (40, 55),
        "150 g flour, 100 g butter, 80 g sugar",
        (
            "Cut the {main} into a dish.",
            "Rub flour, butter, sugar and {flavour} into crumbs.",
            "Bake for {minutes} minutes.",
        ),
        FRUIT,
    ),
    Dish(
        "strudel",
        "Dessert",
        (45, 70),
        "8 filo pastry, 80 g butter, 60 g sugar",
        (
            "Mix the {main} with sugar and {flavour}.",
            "Roll it up in buttered filo.",
            "Bake for {minutes} minutes until golden.",
        ),
        FRUIT,
    ),
    Dish(
        "sorbet",
        "Dessert",
        (10, 25),
        "120 g sugar, 1 lemon",
        (
            "Freeze the {main} in pieces.",
            "Blend with sugar, lemon and {flavour}.",
            "Rest it for {minutes} minutes before you serve.",
        ),
        FRUIT,
    ),
]
