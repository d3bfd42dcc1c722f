"""The recipe site, which no training task shows: the plan of meals, the shopping list, the pantry."""

from datetime import date, timedelta

from envs.records import Row
from envs.web.sites.fields import nice_date
from envs.web.sites.recipes_content import read_ingredient
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.recipes import search

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_MEALS = ("Breakfast", "Lunch", "Dinner")


@collect(TEMPLATES, 1, "recipes")
def write_on_the_list(scene: Scene) -> Draft:
    wanted = {row["name"] for row in scene.rows("shopping")}
    text = scene.pick(("500 g flour", "6 egg", "2 lemon", "250 ml cream", "200 g feta", "3 apple", "100 g walnuts"))
    if read_ingredient(text).name in wanted:
        raise scene.unfit
    scene.click(scene.phrase("To the list.", "The shopping list has its own page."), "link", "Shopping list")
    scene.type("It goes in here.", "textbox", "New item", text)
    scene.click(scene.phrase("I add it.", "Now onto the list."), "button", "Add")
    scene.gold("add_item", text=text)
    return Draft(
        scene.phrase(
            'Write "{text}" on my shopping list.',
            "We are out of something: put {text} on the shopping list, please, written just like that.",
            "shopping list: {text}",
            text=text,
        ),
        thought=scene.phrase("It is on the list.", "The list has it now."),
    )


@collect(TEMPLATES, 2, "recipes")
def plan_a_recipe(scene: Scene) -> Draft:
    recipe, (day, meal) = scene.pick(scene.rows("recipes")), _free_meal(scene)
    people = scene.rng.randint(1, 8)
    search(scene, recipe)
    scene.click("I open it.", "link", recipe["title"])
    scene.click("It can be planned from here.", "button", "Plan this meal")
    scene.type(f"For {nice_date(day)}.", "date", "Date", day)
    scene.select(f"As {meal.lower()}.", "Meal", meal)
    scene.type("And the number of people.", "number", "People", str(people))
    scene.click("That is all.", "button", "Add to plan")
    scene.gold("plan_meal", recipe_id=recipe["id"], day=day, meal=meal, people=people)
    return Draft(
        scene.phrase(
            "Plan {title} for {meal} on {day}, for {n}.",
            "On {day} there will be {n} of us for {meal}. Put {title} into the meal plan.",
            "{meal} {day}: {title}, {n} people",
            title=recipe["title"],
            meal=meal.lower(),
            day=nice_date(day),
            n=people,
        ),
        thought=scene.phrase("The plan shows it.", "It is planned."),
    )


@collect(TEMPLATES, 3, "recipes")
def move_a_meal(scene: Scene) -> Draft:
    meal, (day, time) = scene.pick(_coming(scene)), _free_meal(scene)
    _open_meal(scene, meal)
    scene.type(f"To {nice_date(day)}.", "date", "Date", day)
    scene.select(f"For {time.lower()}.", "Meal", time)
    scene.click("I save the change.", "button", "Save changes")
    scene.gold("change_meal", meal_id=meal["id"], day=day, meal=time, people=meal["people"])
    return Draft(
        scene.phrase(
            "Move the {title} that is planned for {old} to {day}, {time}.",
            "We will not be home for {old}. Have the {title} for {time} on {day} instead.",
            "meal plan: {title} ({old}) -> {day} {time}",
            title=scene.site.recipe(meal["recipe_id"])["title"],
            old=_when(meal),
            day=nice_date(day),
            time=time.lower(),
        ),
        thought=scene.phrase("The plan shows it on the new day.", "It is moved."),
    )


@collect(TEMPLATES, 4, "recipes")
def heaviest_meal(scene: Scene) -> Draft:
    monday, time = scene.site.monday(scene.site.today) + timedelta(7), scene.pick(_MEALS)
    week = [row for row in scene.site.week(monday.isoformat()) if row["meal"] == time]
    recipes = {row["recipe_id"]: scene.site.recipe(row["recipe_id"]) for row in week}
    kcal = {row["title"]: row["kcal"] for row in recipes.values()}
    if len(kcal) < 2 or None in kcal.values() or len({*kcal.values()}) < len(kcal) or len(kcal) < len(week):
        raise scene.unfit
    seen: list[str] = []
    for row in week:
        title = recipes[row["recipe_id"]]["title"]
        thought = f"{seen[-1]} has {kcal[seen[-1]]} kcal. Back to the plan." if seen else "The plan first."
        scene.click(thought, "link", "Meal plan")
        scene.click("Next week.", "link", "Next week")
        scene.click(f"{_when(row)}: {title}.", "link", f"{title} ({row['people']})")
        scene.click("The recipe says how many calories it has.", "link", title)
        seen.append(title)
    most = max(kcal, key=kcal.__getitem__)
    said = ", ".join(f"{title} {amount}" for title, amount in kcal.items())
    return Draft(
        scene.phrase(
            "Which {meal} planned for next week has the most calories? Just its title and the number.",
            "I want to know which {meal} of next week's plan has the most calories. Only that one's name and kcal.",
            "next week's plan, {meal} with most kcal? (title, kcal)",
            meal=time.lower(),
        ),
        thought=f"{said}: {most} has the most.",
        closing=f"{most}, {kcal[most]} kcal.",
        says=((most,), (str(kcal[most]),)),
        never=tuple(title for title in kcal if title != most),
    )


@collect(TEMPLATES, 4, "recipes")
def shop_for_more_people(scene: Scene) -> Draft:
    site, at_home = scene.site, {row["name"]: row["id"] for row in scene.rows("pantry")}
    recipe = scene.pick(scene.rows("recipes"))
    names = [read_ingredient(line).name for line in recipe["ingredients"]]
    used_up = scene.pick([name for name in names if name in at_home])
    people = site.people + scene.pick((1, 2))
    scene.click("First the pantry.", "link", "Pantry")
    scene.click(f"There is no {used_up} left.", "button", f"Remove {used_up}")
    scene.gold("remove_from_pantry", pantry_id=at_home[used_up])
    search(scene, recipe)
    scene.click("I open it.", "link", recipe["title"])
    for number in range(site.people + 1, people + 1):
        scene.click(f"For {number}.", "link", "One more")
    scene.click(f"The amounts are for {people} now.", "button", "Add to shopping list")
    scene.gold("shop_for_recipe", recipe_id=recipe["id"], people=people)
    return Draft(
        scene.phrase(
            "I will cook {title} for {n}. Put the ingredients on my shopping list. The {gone} in the pantry is gone: "
            "take it out of there first.",
            "There is no {gone} left, update the pantry. Then add what {title} takes for {n} people to the list.",
            "pantry: no more {gone}. then shop for {title}, {n} people",
            title=recipe["title"],
            n=people,
            gone=used_up,
        ),
        thought=scene.phrase("Everything is on the list, {gone} too.", "The list has it all now.", gone=used_up),
    )


@collect(TEMPLATES, 5, "recipes")
def dinners_for_guests(scene: Scene) -> Draft:
    monday, people = scene.site.monday(scene.site.today) + timedelta(7), scene.rng.randint(7, 12)
    week, time = scene.site.week(monday.isoformat()), scene.pick(_MEALS)
    meals = [row for row in week if row["meal"] == time]
    if not 2 <= len(meals) <= 4:
        raise scene.unfit
    scene.click("The plan.", "link", "Meal plan")
    scene.click("Next week.", "link", "Next week")
    for row in meals:
        name = f"{scene.site.recipe(row['recipe_id'])['title']} ({row['people']})"
        scene.click(f"{time} on {nice_date(row['day'])}.", "link", name, near=nice_date(row["day"]))
        scene.type(f"For {people}.", "number", "People", str(people))
        scene.click("Saved, and back to the week.", "button", "Save changes")
        scene.gold("change_meal", meal_id=row["id"], day=row["day"], meal=time, people=people)
    scene.click("Now the list for this week.", "button", "Shopping list for this week")
    scene.gold("shop_for_week", monday=monday.isoformat())
    return Draft(
        scene.phrase(
            "Next week we have guests: every {meal} that is planned is for {n} then. Change that, and put what the "
            "whole week takes on the shopping list afterwards.",
            "Set all planned {meal} meals of next week to {n} people, then make the shopping list for that week.",
            meal=time.lower(),
            n=people,
        ),
        thought=scene.phrase(
            "All {k} meals are changed, and the list is made.", "Changed, and on the list.", k=len(meals)
        ),
    )


def _coming(scene: Scene) -> list[Row]:
    """The planned meals of this week and the next that are not over."""
    monday = scene.site.monday(scene.site.today)
    weeks = [*scene.site.week(monday.isoformat()), *scene.site.week((monday + timedelta(7)).isoformat())]
    return [row for row in weeks if row["day"] > scene.site.today.isoformat()]


def _free_meal(scene: Scene) -> tuple[str, str]:
    """A day of the next two weeks and a meal for which nothing is planned."""
    taken = {(row["day"], row["meal"]) for row in scene.rows("plan")}
    days = [(scene.site.today + timedelta(number)).isoformat() for number in range(1, 14)]
    return scene.pick([(day, meal) for day in days for meal in _MEALS if (day, meal) not in taken])


def _open_meal(scene: Scene, meal: Row) -> None:
    scene.click("I look at the plan.", "link", "Meal plan")
    if scene.site.monday(date.fromisoformat(meal["day"])) > scene.site.monday(scene.site.today):
        scene.click("It is in the week after.", "link", "Next week")
    title = scene.site.recipe(meal["recipe_id"])["title"]
    scene.click("Here it is.", "link", f"{title} ({meal['people']})", near=nice_date(meal["day"]))


def _when(meal: Row) -> str:
    return f"{meal['meal'].lower()} on {nice_date(meal['day'])}"
