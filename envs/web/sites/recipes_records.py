"""The recipe site's records: what it starts with, and what is read out of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from envs.records import Row
from envs.web.sites.base import Site
from envs.web.sites.fields import as_date, find_row
from envs.web.sites.names import full_names
from envs.web.sites.recipes_content import Ingredient, aisle_of, make_recipes, read_ingredient

__all__ = ["MEALS", "RecipeRecords"]

MEALS = ("Breakfast", "Lunch", "Dinner")
_COOKBOOKS = ("Quick weekdays", "For guests", "Sunday baking")
_AT_HOME = ("olive oil", "sugar", "flour", "honey", "cumin", "butter", "rice")


class RecipeRecords(Site):
    """Recipes, and what the user plans, buys, has and collects."""

    name = "recipes"
    free = {"notes": {"text"}}

    def fill(self) -> None:
        state, rng = self.state, self.rng
        columns = "title course cuisine minutes serves kcal rating diets[] ingredients[] method[] mine?"
        state.create("recipes", "rcp", columns.split())
        state.create("plan", "pln", ("day", "meal", "recipe_id", "people"))
        state.create("shopping", "itm", ("name", "amount", "unit", "aisle", "bought?"))
        state.create("pantry", "pan", ("name",))
        state.create("cookbooks", "bok", ("name", "recipe_ids[]"))
        state.create("notes", "nte", ("recipe_id", "stars", "text"))
        state.create("preferences", "prf", ("people", "diets[]"))
        self.brand = rng.choice(("Ladle & Leaf", "Saucepan", "The Larder"))
        self.user = full_names(rng, 1, self.novel)[0]
        for number, recipe in enumerate(make_recipes(rng, 150 * self.size)):
            own = {"mine": True, "kcal": None, "rating": None} if number in (3, 7) else {"mine": False}
            state.insert("recipes", **recipe | own)
        self._fill_account([row["id"] for row in state.find("recipes")])

    def _fill_account(self, recipes: list[str]) -> None:
        state, rng = self.state, self.rng
        state.insert("preferences", people=rng.randint(1, 5), diets=rng.choice(([], [], ["Vegetarian"])))
        for name in sorted(rng.sample(_AT_HOME, 4)):
            state.insert("pantry", name=name)
        for name in _COOKBOOKS:
            state.insert("cookbooks", name=name, recipe_ids=rng.sample(recipes, rng.randint(2, 5)))
        first = self.monday(self.today)
        for number in sorted(rng.sample(range(21 * 2), 13)):
            day = (first + timedelta(number // 3)).isoformat()
            meal = MEALS[number % 3]
            recipe = rng.choice(state.find("recipes", course=meal))
            state.insert("plan", day=day, meal=meal, recipe_id=recipe["id"], people=rng.randint(1, 6))
        for recipe_id in rng.sample(recipes, 3):
            self.buy(self.ingredients(self.recipe(recipe_id), 4))
        for row in rng.sample(state.find("shopping"), 3):
            state.update("shopping", row["id"], bought=True)
        for recipe_id in rng.sample(recipes, 2):
            text = rng.choice(("A little more salt next time.", "The children liked it.", "Good cold, too."))
            state.insert("notes", recipe_id=recipe_id, stars=rng.randint(2, 5), text=text)

    @staticmethod
    def monday(day: date) -> date:
        """The first day of the week of a day."""
        return day - timedelta(day.weekday())

    def recipe(self, recipe_id: str) -> Row:
        """The recipe with this id; KeyError where there is none."""
        return find_row(self.state, "recipes", recipe_id)

    def ingredients(self, recipe: Row, people: int) -> list[Ingredient]:
        """What a recipe takes for so many people."""
        return [read_ingredient(line).times(people / recipe["serves"]) for line in recipe["ingredients"]]

    def week(self, monday: str) -> list[Row]:
        """The meals that are planned in the week that begins on this Monday, in order."""
        first = self.monday(as_date(monday))
        days = {(first + timedelta(number)).isoformat() for number in range(7)}
        rows = [row for row in self.state.find("plan") if row["day"] in days]
        return sorted(rows, key=lambda row: (row["day"], MEALS.index(row["meal"])))

    def buy(self, wanted: Sequence[Ingredient]) -> None:
        """Put on the shopping list what is not in the pantry."""
        at_home = {row["name"] for row in self.state.find("pantry")}
        for one in wanted:
            if one.name.lower() not in at_home:
                self.put(one)

    def put(self, one: Ingredient) -> None:
        """Put one thing on the shopping list; what is there already, and not bought, becomes more."""
        found = self.state.find("shopping", name=one.name, unit=one.unit, bought=False)
        if found and one.amount is not None and found[0]["amount"] is not None:
            self.state.update("shopping", found[0]["id"], amount=found[0]["amount"] + one.amount)
        elif not found:
            given = {"name": one.name, "amount": one.amount, "unit": one.unit, "aisle": aisle_of(one.name)}
            self.state.insert("shopping", **given, bought=False)
