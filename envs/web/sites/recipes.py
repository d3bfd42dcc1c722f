"""The recipe site: recipes to search and scale, a meal plan, a shopping list, a pantry, cookbooks, own recipes.

It is in no training split. Pages. Every page has a search box (Search recipes, button Search) and the links Recipes,
Meal plan, Shopping list, Pantry, Cookbooks, My recipes, Preferences. A day reads `Mon 6 Jan 2025`.

- `/`: what is planned today, ideas.
- `/recipes?q=&course=&cuisine=&diet=&minutes=&without=&sort=&page=&day=&meal=`: 8 a page; selects Course, Cuisine, Sort
  (sends the form at once); checkboxes of diets (`diet` may come several times); slider Minutes at most; field Without
  (ingredients, with commas); button Apply. With `day` and `meal` (from a `+` of the plan) each has a button
  `Choose TITLE`, which plans it for the people of the preferences.
- `/recipes/RECIPE?people=`: links One fewer, One more (people); tabs Ingredients, Method, My note; buttons Plan this
  meal (a dialog: Date, Meal, People, button Add to plan), Add to shopping list (for the people shown); select Cookbook
  with the button Save; in My note radios `1 star` to `5 stars`, Note, buttons Save note, Delete note; of an own recipe
  the link Edit and the button Delete recipe (a dialog: Yes, delete; Keep it).
- `/plan?week=`: a row per day with Breakfast, Lunch, Dinner: a link with title and people, such as
  `Smoky lentils stew (4)`, or a link `Add Dinner` (seen as `+`); links Previous week, Next week; buttons Shopping
  list for this week, Copy to next week, Clear week (a dialog: Yes, clear; Keep it).
- `/plan/MEAL`: Date, Meal, People, buttons Save changes, Remove from plan.
- `/list`: by aisle, a checkbox per item such as `onion, 2` (saved at once) with a button `Remove onion`; field New
  item, button Add; button Remove bought items.
- `/pantry`: buttons `Remove NAME`; field Ingredient, button Add.
- `/cookbooks`: field Name, button Create; `/cookbooks/BOOK`: buttons `Remove TITLE`, field New name, buttons Rename,
  Delete cookbook (a dialog: Yes, delete; Keep it).
- `/mine` (link Write a recipe), `/new`, `/recipes/RECIPE/edit`: Title, Course, Cuisine, Minutes, Serves, Ingredients
  and Method (one to a line); button Save recipe.
- `/preferences`: People, checkboxes of diets, button Save preferences.

Operations (see `RecipeOperations`): `plan_meal change_meal remove_meal clear_week copy_week shop_for_recipe
shop_for_week add_item set_bought remove_item clear_bought add_to_pantry remove_from_pantry create_cookbook
rename_cookbook delete_cookbook add_to_cookbook remove_from_cookbook write_note delete_note write_recipe edit_recipe
delete_recipe set_preferences`. Tables: recipes, plan, shopping, pantry, cookbooks, notes, preferences.
"""

from datetime import timedelta
from typing import Any

from envs.records import Row
from envs.web.sites.fields import as_date, find_row, nice_date
from envs.web.sites.pages import go, number, paged, routes, show
from envs.web.sites.recipes_content import AISLES, COURSES, CUISINES, DIETS, Ingredient, read_ingredient
from envs.web.sites.recipes_operations import MOST_PEOPLE, RecipeOperations
from envs.web.sites.recipes_records import MEALS

__all__ = ["Recipes"]

_PER_PAGE = 8
_LONGEST = 120
_SORTS = {
    "Best rated": lambda row: (-(row["rating"] or 0), row["id"]),
    "Quickest": lambda row: (row["minutes"], row["id"]),
    "Fewest calories": lambda row: (row["kcal"] or 10_000, row["id"]),
    "Title": lambda row: (row["title"], row["id"]),
}


class Recipes(RecipeOperations):
    """The recipe site with its pages."""

    AISLES, COURSES, CUISINES, DIETS, MEALS = AISLES, COURSES, CUISINES, DIETS, MEALS
    SORTS, LONGEST, MOST_PEOPLE = tuple(_SORTS), _LONGEST, MOST_PEOPLE
    nice_date = staticmethod(nice_date)

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /recipes": self._recipes,
                "GET /recipes/{recipe}": self._recipe,
                "POST /recipes/{recipe}/plan": self._plan_recipe,
                "POST /recipes/{recipe}/shop": self._shop_recipe,
                "POST /recipes/{recipe}/cookbook": self._save,
                "POST /recipes/{recipe}/note": self._note,
                "GET /recipes/{recipe}/edit": self._edit_form,
                "POST /recipes/{recipe}/edit": self._edit,
                "POST /recipes/{recipe}/delete": self._delete,
                "GET /mine": self._mine,
                "GET /new": self._new_form,
                "POST /new": self._new,
                "GET /plan": self._plan,
                "POST /plan": self._change_week,
                "GET /plan/{meal}": self._meal,
                "POST /plan/{meal}": self._change_meal,
                "GET /list": self._list,
                "POST /list": self._add_item,
                "POST /list/clear": self._clear_bought,
                "POST /list/{item}": self._change_item,
                "GET /pantry": self._pantry,
                "POST /pantry": self._change_pantry,
                "GET /cookbooks": self._cookbooks,
                "POST /cookbooks": self._new_cookbook,
                "GET /cookbooks/{book}": self._cookbook,
                "POST /cookbooks/{book}": self._change_cookbook,
                "GET /preferences": self._preferences,
                "POST /preferences": self._set_preferences,
            }
        )

    @property
    def people(self) -> int:
        """For how many people the user cooks."""
        return self.state.find("preferences")[0]["people"]

    def item_text(self, item: Row) -> str:
        """An item of the shopping list as it is printed: `flour, 200 g`."""
        measure = Ingredient(item["amount"], item["unit"], item["name"]).measure()
        return f"{item['name']}, {measure}" if measure else item["name"]

    # --- recipes ----------------------------------------------------------------------------------------------------

    async def _home(self, request):
        today = self.today.isoformat()
        meals = [row for row in self.week(today) if row["day"] == today]
        ideas = sorted(self.state.find("recipes"), key=_SORTS["Best rated"])[:6]
        return show(self, request, "home.html", meals=meals, ideas=ideas)

    async def _recipes(self, request):
        asked = request.query_params
        rows = sorted(self.state.find("recipes"), key=_SORTS.get(asked.get("sort", ""), _SORTS["Best rated"]))
        found = [row for row in rows if self._fits(row, asked)]
        return show(self, request, "recipes.html", found=paged(request, found, _PER_PAGE))

    def _fits(self, recipe: Row, asked: Any) -> bool:
        if asked.get("course", "") not in ("", recipe["course"]) or asked.get("cuisine", "") not in (
            "",
            recipe["cuisine"],
        ):
            return False
        most = number(asked.get("minutes"), _LONGEST)
        if recipe["minutes"] > most or not set(asked.getlist("diet")) <= set(recipe["diets"]):
            return False
        names = [read_ingredient(line).name.lower() for line in recipe["ingredients"]]
        unwanted = [word.strip().lower() for word in asked.get("without", "").split(",") if word.strip()]
        if any(word in name for word in unwanted for name in names):
            return False
        text = " ".join([recipe["title"].lower(), *names])
        return all(word in text for word in asked.get("q", "").lower().split())

    async def _recipe(self, request):
        recipe = self.recipe(request.path_params["recipe"])
        people = min(max(number(request.query_params.get("people"), self.people), 1), MOST_PEOPLE)
        note = next(iter(self.state.find("notes", recipe_id=recipe["id"])), None)
        books = self.state.find("cookbooks")
        values = {"recipe": recipe, "people": people, "note": note, "books": books}
        return show(self, request, "recipe.html", **values, ingredients=self.ingredients(recipe, people))

    async def _plan_recipe(self, request):
        form, recipe = await request.form(), request.path_params["recipe"]
        day = form.get("day", "")
        self.plan_meal(recipe, day, form.get("meal", ""), number(form.get("people"), 0))
        return go(
            f"/plan?week={as_date(day)}", f"{self.recipe(recipe)['title']} is planned for {nice_date(as_date(day))}."
        )

    async def _shop_recipe(self, request):
        recipe = request.path_params["recipe"]
        self.shop_for_recipe(recipe, number((await request.form()).get("people"), 0))
        return go("/list", "The ingredients are on your list, but for what is in your pantry.")

    async def _save(self, request):
        recipe, book = request.path_params["recipe"], (await request.form())["book"]
        self.add_to_cookbook(book, recipe)
        return go(f"/recipes/{recipe}", "The recipe is in your cookbook.")

    async def _note(self, request):
        form, recipe = await request.form(), request.path_params["recipe"]
        if "delete" in form:
            self.delete_note(recipe)
            return go(f"/recipes/{recipe}", "Your note was deleted.")
        self.write_note(recipe, number(form.get("stars"), 0), form.get("text", ""))
        return go(f"/recipes/{recipe}", "Your note is saved.")

    async def _mine(self, request):
        return show(self, request, "mine.html", recipes=self.state.find("recipes", mine=True))

    async def _new_form(self, request):
        return show(self, request, "write.html", recipe=None)

    async def _new(self, request):
        self.write_recipe(**self._written(await request.form()))
        return go(f"/recipes/{self.state.find('recipes', mine=True)[-1]['id']}", "Your recipe is saved.")

    async def _edit_form(self, request):
        return show(self, request, "write.html", recipe=self.recipe(request.path_params["recipe"]))

    async def _edit(self, request):
        recipe = request.path_params["recipe"]
        self.edit_recipe(recipe, **self._written(await request.form()))
        return go(f"/recipes/{recipe}", "Your recipe is saved.")

    @staticmethod
    def _written(form: Any) -> dict[str, Any]:
        texts = {field: form.get(field, "") for field in ("title", "course", "cuisine")}
        numbers = {field: number(form.get(field), 0) for field in ("minutes", "serves")}
        return texts | numbers | {field: form.get(field, "").splitlines() for field in ("ingredients", "method")}

    async def _delete(self, request):
        self.delete_recipe(request.path_params["recipe"])
        return go("/mine", "The recipe was deleted.")

    # --- plan -------------------------------------------------------------------------------------------------------

    async def _plan(self, request):
        monday = self.monday(as_date(request.query_params.get("week"), self.today))
        days = [monday + timedelta(number) for number in range(7)]
        meals = {(row["day"], row["meal"]): row for row in self.week(monday.isoformat())}
        around = {"earlier": monday - timedelta(7), "later": monday + timedelta(7)}
        return show(self, request, "plan.html", monday=monday, days=days, meals=meals, **around)

    async def _change_week(self, request):
        form = await request.form()
        week = as_date(form.get("week")).isoformat()
        if "clear" in form:
            self.clear_week(week)
            return go(f"/plan?week={week}", "The week is cleared.")
        if "copy" in form:
            self.copy_week(week)
            return go(f"/plan?week={as_date(week) + timedelta(7)}", "The week was copied.")
        self.shop_for_week(week)
        return go("/list", "The ingredients are on your list, but for what is in your pantry.")

    async def _meal(self, request):
        meal = find_row(self.state, "plan", request.path_params["meal"])
        return show(self, request, "meal.html", meal=meal, recipe=self.recipe(meal["recipe_id"]))

    async def _change_meal(self, request):
        form, meal = await request.form(), request.path_params["meal"]
        week = find_row(self.state, "plan", meal)["day"]
        if "remove" in form:
            self.remove_meal(meal)
            return go(f"/plan?week={week}", "The meal was removed.")
        self.change_meal(meal, form.get("day", ""), form.get("meal", ""), number(form.get("people"), 0))
        return go(f"/plan?week={form['day']}", "The meal was changed.")

    # --- shopping list and pantry -----------------------------------------------------------------------------------

    async def _list(self, request):
        items = self.state.find("shopping")
        aisles = {aisle: [row for row in items if row["aisle"] == aisle] for aisle in AISLES}
        return show(self, request, "list.html", aisles=aisles, items=items)

    async def _add_item(self, request):
        self.add_item((await request.form()).get("item", ""))
        return go("/list")

    async def _change_item(self, request):
        form, item = await request.form(), request.path_params["item"]
        if "remove" in form:
            self.remove_item(item)
        else:
            self.set_bought(item, "bought" in form)
        return go("/list")

    async def _clear_bought(self, request):
        self.clear_bought()
        return go("/list", "What you have bought is off the list.")

    async def _pantry(self, request):
        return show(self, request, "pantry.html", items=self.state.find("pantry"))

    async def _change_pantry(self, request):
        form = await request.form()
        if "remove" in form:
            self.remove_from_pantry(form["remove"])
        else:
            self.add_to_pantry(form.get("name", ""))
        return go("/pantry")

    # --- cookbooks and preferences ----------------------------------------------------------------------------------

    async def _cookbooks(self, request):
        return show(self, request, "cookbooks.html", books=self.state.find("cookbooks"))

    async def _new_cookbook(self, request):
        self.create_cookbook((await request.form()).get("name", ""))
        return go("/cookbooks", "The cookbook was created.")

    async def _cookbook(self, request):
        book = find_row(self.state, "cookbooks", request.path_params["book"])
        return show(self, request, "cookbook.html", book=book, recipes=[self.recipe(id) for id in book["recipe_ids"]])

    async def _change_cookbook(self, request):
        form, book = await request.form(), request.path_params["book"]
        if "delete" in form:
            self.delete_cookbook(book)
            return go("/cookbooks", "The cookbook was deleted.")
        if "remove" in form:
            self.remove_from_cookbook(book, form["remove"])
        else:
            self.rename_cookbook(book, form.get("name", ""))
        return go(f"/cookbooks/{book}", "The cookbook was changed.")

    async def _preferences(self, request):
        return show(self, request, "preferences.html", preferences=self.state.find("preferences")[0])

    async def _set_preferences(self, request):
        form = await request.form()
        self.set_preferences(number(form.get("people"), 0), form.getlist("diets"))
        return go("/preferences", "Your preferences are saved.")
