"""What may be done on the recipe site."""

from collections.abc import Sequence
from datetime import date, timedelta

from envs.records import Row
from envs.web.sites.base import Refused, operation
from envs.web.sites.fields import as_date, fill_in, find_row, nice_date
from envs.web.sites.recipes_content import COURSES, CUISINES, DIETS, diets_of, read_ingredient
from envs.web.sites.recipes_records import MEALS, RecipeRecords

__all__ = ["MOST_PEOPLE", "RecipeOperations"]

MOST_PEOPLE = 12


class RecipeOperations(RecipeRecords):
    """The records with their operations."""

    # --- meals ------------------------------------------------------------------------------------------------------

    @operation
    def plan_meal(self, recipe_id: str, day: str, meal: str, people: int) -> None:
        """Plan a recipe for a day (YYYY-MM-DD) and one of `MEALS`."""
        self._check_free(day, meal)
        self._check_people(people)
        recipe = self.recipe(recipe_id)
        self.state.insert("plan", day=as_date(day).isoformat(), meal=meal, recipe_id=recipe["id"], people=people)

    @operation
    def change_meal(self, meal_id: str, day: str, meal: str, people: int) -> None:
        """Move a planned meal, or change for how many people it is."""
        row = find_row(self.state, "plan", meal_id)
        if (row["day"], row["meal"]) != (day, meal):
            self._check_free(day, meal)
        self._check_people(people)
        self.state.update("plan", meal_id, day=as_date(day).isoformat(), meal=meal, people=people)

    @operation
    def remove_meal(self, meal_id: str) -> None:
        """Take a meal off the plan."""
        self.state.delete("plan", meal_id)

    @operation
    def clear_week(self, monday: str) -> None:
        """Take all meals of a week off the plan, but those of days that are over."""
        for row in self.week(monday):
            if row["day"] >= self.today.isoformat():
                self.state.delete("plan", row["id"])

    @operation
    def copy_week(self, monday: str) -> None:
        """Plan the meals of a week for the week after it as well, where nothing is planned there."""
        for row in self.week(monday):
            day = (date.fromisoformat(row["day"]) + timedelta(7)).isoformat()
            if not self.state.find("plan", day=day, meal=row["meal"]) and day >= self.today.isoformat():
                copied = {key: row[key] for key in ("meal", "recipe_id", "people")}
                self.state.insert("plan", day=day, **copied)

    # --- shopping ---------------------------------------------------------------------------------------------------

    @operation
    def shop_for_recipe(self, recipe_id: str, people: int) -> None:
        """Put what a recipe takes on the shopping list; what is in the pantry is left out."""
        self._check_people(people)
        self.buy(self.ingredients(self.recipe(recipe_id), people))

    @operation
    def shop_for_week(self, monday: str) -> None:
        """Put what the planned meals of a week take on the shopping list, but for days that are over."""
        meals = [row for row in self.week(monday) if row["day"] >= self.today.isoformat()]
        if not meals:
            raise Refused("No meals are planned for the rest of this week.")
        for row in meals:
            self.buy(self.ingredients(self.recipe(row["recipe_id"]), row["people"]))

    @operation
    def add_item(self, text: str) -> None:
        """Put something on the shopping list, such as `200 g flour`, whether or not it is in the pantry."""
        if not text.strip():
            raise Refused("Please write what you want to buy.")
        self.put(read_ingredient(text))

    @operation
    def set_bought(self, item_id: str, bought: bool) -> None:
        """Tick an item of the shopping list, or take the tick away."""
        self.state.update("shopping", item_id, bought=bought)

    @operation
    def remove_item(self, item_id: str) -> None:
        """Take an item off the shopping list."""
        self.state.delete("shopping", item_id)

    @operation
    def clear_bought(self) -> None:
        """Take everything that is ticked off the shopping list."""
        for row in self.state.find("shopping", bought=True):
            self.state.delete("shopping", row["id"])

    @operation
    def add_to_pantry(self, ingredient: str) -> None:
        """Note that something is at home."""
        name = fill_in(ingredient=ingredient)["ingredient"].lower()
        if self.state.find("pantry", name=name):
            raise Refused(f"{name[:60]} is in your pantry already.")
        self.state.insert("pantry", name=name)

    @operation
    def remove_from_pantry(self, pantry_id: str) -> None:
        """Note that something is used up."""
        self.state.delete("pantry", pantry_id)

    # --- cookbooks and notes ----------------------------------------------------------------------------------------

    @operation
    def create_cookbook(self, title: str) -> None:
        """Begin an empty cookbook."""
        self.state.insert("cookbooks", name=self._new_title(title), recipe_ids=[])

    @operation
    def rename_cookbook(self, cookbook_id: str, title: str) -> None:
        """Give a cookbook another name."""
        self.state.update("cookbooks", cookbook_id, name=self._new_title(title))

    @operation
    def delete_cookbook(self, cookbook_id: str) -> None:
        """Delete a cookbook; its recipes stay."""
        self.state.delete("cookbooks", cookbook_id)

    @operation
    def add_to_cookbook(self, cookbook_id: str, recipe_id: str) -> None:
        """Put a recipe into a cookbook."""
        book = find_row(self.state, "cookbooks", cookbook_id)
        if recipe_id in book["recipe_ids"]:
            raise Refused(f"This recipe is in {book['name']} already.")
        self.state.update("cookbooks", cookbook_id, recipe_ids=[*book["recipe_ids"], self.recipe(recipe_id)["id"]])

    @operation
    def remove_from_cookbook(self, cookbook_id: str, recipe_id: str) -> None:
        """Take a recipe out of a cookbook."""
        book = find_row(self.state, "cookbooks", cookbook_id)
        self.state.update("cookbooks", cookbook_id, recipe_ids=[id for id in book["recipe_ids"] if id != recipe_id])

    @operation
    def write_note(self, recipe_id: str, stars: int, text: str) -> None:
        """Give a recipe 1 to 5 stars and a private note, in place of the note before."""
        if not 1 <= stars <= 5:
            raise Refused("Please give 1 to 5 stars.")
        self.delete_note(self.recipe(recipe_id)["id"])
        self.state.insert("notes", recipe_id=recipe_id, stars=stars, text=text.strip())

    @operation
    def delete_note(self, recipe_id: str) -> None:
        """Delete the note on a recipe."""
        for row in self.state.find("notes", recipe_id=recipe_id):
            self.state.delete("notes", row["id"])

    # --- own recipes ------------------------------------------------------------------------------------------------

    @operation
    def write_recipe(
        self,
        title: str,
        course: str,
        cuisine: str,
        minutes: int,
        serves: int,
        ingredients: Sequence[str],
        method: Sequence[str],
    ) -> None:
        """Add a recipe of one's own; the diets follow from its ingredients, such as `200 g flour`."""
        checked = self._checked(title, course, cuisine, minutes, serves, ingredients, method)
        self.state.insert("recipes", **checked, kcal=None, rating=None, mine=True)

    @operation
    def edit_recipe(
        self,
        recipe_id: str,
        title: str,
        course: str,
        cuisine: str,
        minutes: int,
        serves: int,
        ingredients: Sequence[str],
        method: Sequence[str],
    ) -> None:
        """Change a recipe of one's own."""
        self._check_mine(recipe_id)
        self.state.update(
            "recipes", recipe_id, **self._checked(title, course, cuisine, minutes, serves, ingredients, method)
        )

    @operation
    def delete_recipe(self, recipe_id: str) -> None:
        """Delete a recipe of one's own that is not planned; cookbooks and notes lose it as well."""
        self._check_mine(recipe_id)
        if meals := self.state.find("plan", recipe_id=recipe_id):
            raise Refused(f"This recipe is planned for {nice_date(meals[0]['day'])}. Remove that meal first.")
        for book in self.state.find("cookbooks"):
            self.remove_from_cookbook(book["id"], recipe_id)
        self.delete_note(recipe_id)
        self.state.delete("recipes", recipe_id)

    @operation
    def set_preferences(self, people: int, diets: Sequence[str]) -> None:
        """Say for how many people one cooks, and which of `DIETS` one keeps."""
        self._check_people(people)
        kept = [diet for diet in DIETS if diet in diets]
        self.state.update("preferences", self.state.find("preferences")[0]["id"], people=people, diets=kept)

    def _check_free(self, day: str, meal: str) -> None:
        when = as_date(day)
        if meal not in MEALS:
            raise Refused("Please choose breakfast, lunch or dinner.")
        if when < self.today:
            raise Refused("This day is over.")
        if self.state.find("plan", day=when.isoformat(), meal=meal):
            raise Refused(f"{meal} on {nice_date(when)} is planned already.")

    def _check_people(self, people: int) -> None:
        if not 1 <= people <= MOST_PEOPLE:
            raise Refused(f"Meals are for 1 to {MOST_PEOPLE} people.")

    def _new_title(self, title: str) -> str:
        """A title that no cookbook has."""
        title = fill_in(title=title)["title"]
        if self.state.find("cookbooks", name=title):
            raise Refused(f"You have a cookbook called {title[:60]} already.")
        return title

    def _check_mine(self, recipe_id: str) -> None:
        if not self.recipe(recipe_id)["mine"]:
            raise Refused("Only your own recipes can be changed.")

    def _checked(
        self,
        title: str,
        course: str,
        cuisine: str,
        minutes: int,
        serves: int,
        ingredients: Sequence[str],
        method: Sequence[str],
    ) -> Row:
        if course not in COURSES or cuisine not in CUISINES:
            raise Refused("Please choose a course and a cuisine.")
        if not 1 <= minutes <= 600:
            raise Refused("A recipe takes 1 to 600 minutes.")
        self._check_people(serves)
        lines = [line.strip() for line in ingredients if line.strip()]
        steps = [line.strip() for line in method if line.strip()]
        if not lines or not steps:
            raise Refused("A recipe needs ingredients and a method.")
        return {
            "title": fill_in(title=title)["title"],
            "course": course,
            "cuisine": cuisine,
            "minutes": minutes,
            "serves": serves,
            "ingredients": lines,
            "method": steps,
            "diets": diets_of(read_ingredient(line).name for line in lines),
        }
