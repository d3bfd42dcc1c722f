"""The recipe site, which no training task shows: recipes, cookbooks, notes, preferences."""

from envs.records import Row
from envs.web.sites.recipes_content import CUISINES, DIETS, read_ingredient
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES", "search"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 1, "recipes")
def look_up_a_recipe(scene: Scene) -> Draft:
    recipe = scene.pick([row for row in scene.rows("recipes") if row["kcal"] and row["rating"]])
    search(scene, recipe)
    scene.see("It must be further down.", f'"{recipe["title"]}"')
    asked, value, said = scene.pick(
        (
            ("How long does the {title} take?", recipe["minutes"], "{value} minutes."),
            ("I only have a short lunch break. How many minutes is {title}?", recipe["minutes"], "It takes {value}."),
            ("calories of {title}?", recipe["kcal"], "{value} kcal."),
            ("What rating does {title} have?", recipe["rating"], "It is rated {value}."),
        )
    )
    return Draft(
        asked.format(title=recipe["title"]),
        thought=scene.phrase("The list says {value}.", "Its line has {value}.", value=value),
        closing=said.format(value=value),
        says=((str(value),),),
    )


@collect(TEMPLATES, 2, "recipes")
def save_in_a_cookbook(scene: Scene) -> Draft:
    book = scene.pick(scene.rows("cookbooks"))
    recipe = scene.pick([row for row in scene.rows("recipes") if row["id"] not in book["recipe_ids"]])
    search(scene, recipe)
    scene.click("There it is.", "link", recipe["title"])
    scene.select(f"Into {book['name']}.", "Cookbook", book["name"])
    scene.click("I save it there.", "button", "Save")
    scene.gold("add_to_cookbook", cookbook_id=book["id"], recipe_id=recipe["id"])
    return Draft(
        scene.phrase(
            "Save {title} in my cookbook {book}.",
            "Please keep the recipe {title} for me, in the cookbook {book}.",
            "{title} -> cookbook {book}",
            title=recipe["title"],
            book=book["name"],
        ),
        thought=scene.phrase("It is in the cookbook.", "The site confirms that it was saved."),
    )


@collect(TEMPLATES, 2, "recipes")
def change_the_preferences(scene: Scene) -> Draft:
    before = scene.rows("preferences")[0]
    people = scene.pick([n for n in range(1, 9) if n != before["people"]])
    diet = scene.pick([diet for diet in DIETS if diet not in before["diets"]])
    dropped = before["diets"] if scene.rng.random() < 0.5 else []
    scene.click("That is a preference.", "link", "Preferences")
    scene.type(f"{people} people.", "number", "People", str(people))
    scene.click(f"{diet} is new.", "checkbox", diet)
    for old in dropped:
        scene.click(f"{old} no longer.", "checkbox", old)
    scene.click("I save it.", "button", "Save preferences")
    kept = [diet, *(old for old in before["diets"] if old not in dropped)]
    scene.gold("set_preferences", people=people, diets=kept)
    also = "only that diet, none of the others" if dropped else "and keep what is ticked already"
    return Draft(
        scene.phrase(
            "From now on I cook for {n}. Tick {diet} in my preferences, {also}.",
            "Set my preferences to {n} people and {diet} ({also}).",
            "preferences: {n} people, {diet}, {also}",
            n=people,
            diet=diet.lower(),
            also=also,
        ),
        thought=scene.phrase("The preferences are saved.", "Saved."),
    )


@collect(TEMPLATES, 3, "recipes")
def find_and_save(scene: Scene) -> Draft:
    cuisine, diet, book = scene.pick(CUISINES), scene.pick(DIETS), scene.pick(scene.rows("cookbooks"))
    without = scene.pick(("onion", "garlic", "lemon", "spinach", "egg", "cream"))
    fitting = [
        row
        for row in scene.rows("recipes")
        if row["cuisine"] == cuisine
        and diet in row["diets"]
        and not any(without in read_ingredient(line).name for line in row["ingredients"])
    ]
    fitting.sort(key=lambda row: row["minutes"])
    if len(fitting) < 2 or fitting[0]["minutes"] == fitting[1]["minutes"] or fitting[0]["id"] in book["recipe_ids"]:
        raise scene.unfit
    recipe = fitting[0]
    scene.click("The list of recipes has filters.", "link", "Recipes")
    scene.select(f"{cuisine}.", "Cuisine", cuisine)
    scene.click(f"{diet} was asked for.", "checkbox", diet)
    scene.type(f"Nothing with {without}.", "textbox", "Without", without)
    scene.select("The quickest comes first then.", "Sort", "Quickest")
    scene.click(f"The first takes {recipe['minutes']} minutes, less than the others.", "link", recipe["title"])
    scene.select(f"Into {book['name']}.", "Cookbook", book["name"])
    scene.click("I save it.", "button", "Save")
    scene.gold("add_to_cookbook", cookbook_id=book["id"], recipe_id=recipe["id"])
    return Draft(
        scene.phrase(
            "Find the quickest {diet} recipe of {cuisine} cooking without {without} and save it in {book}.",
            "I would like something {cuisine}, {diet}, without {without}. Put the one that takes least time into my "
            "cookbook {book}.",
            "quickest {cuisine} + {diet}, no {without} -> cookbook {book}",
            cuisine=cuisine,
            diet=diet.lower(),
            without=without,
            book=book["name"],
        ),
        thought=scene.phrase("It is saved.", "{title} is in the cookbook.", title=recipe["title"]),
    )


@collect(TEMPLATES, 3, "recipes")
def correct_my_recipe(scene: Scene) -> Draft:
    recipe = scene.pick(scene.rows("recipes", mine=True))
    minutes, serves = recipe["minutes"] + scene.pick((-5, 5, 10)), scene.pick((2, 3, 6))
    scene.click("It is one of the user's own.", "link", "My recipes")
    scene.click("This one.", "link", recipe["title"])
    scene.click("Own recipes can be edited.", "link", "Edit")
    scene.type(f"{minutes} minutes.", "number", "Minutes", str(minutes))
    scene.type(f"For {serves}.", "number", "Serves", str(serves))
    scene.click("I save it.", "button", "Save recipe")
    kept = {key: recipe[key] for key in ("title", "course", "cuisine", "ingredients", "method")}
    scene.gold("edit_recipe", recipe_id=recipe["id"], **kept | {"minutes": minutes, "serves": serves})
    return Draft(
        scene.phrase(
            "My own recipe {title} takes {minutes} minutes and serves {n}. Please correct that.",
            "I got two numbers wrong in {title}, which I wrote: it should be {minutes} minutes, for {n} people.",
            "{title} (mine): {minutes} min, serves {n}",
            title=recipe["title"],
            minutes=minutes,
            n=serves,
        ),
        thought=scene.phrase("The recipe shows {m} minutes.", "Both numbers are right now.", m=minutes),
    )


@collect(TEMPLATES, 3, "recipes")
def note_a_recipe(scene: Scene) -> Draft:
    noted = {row["recipe_id"] for row in scene.rows("notes")}
    recipe = scene.pick([row for row in scene.rows("recipes") if row["id"] not in noted])
    stars, text, word = scene.pick(
        ((5, "Even the children liked it.", "children"), (4, "Use less salt.", "salt"), (2, "Far too dry.", "dry"))
    )
    search(scene, recipe)
    scene.click("I open it.", "link", recipe["title"])
    scene.click("Notes have a tab.", "tab", "My note")
    scene.click(f"{stars} stars.", "radio", f"{stars} stars")
    scene.type("The words.", "textbox", "Note", text)
    scene.click("I save the note.", "button", "Save note")
    scene.gold("write_note", recipe_id=recipe["id"], stars=stars, text=text)
    scene.mention("notes", "text", [word])
    return Draft(
        scene.phrase(
            'Note for {title}: {stars} stars, "{text}"',
            "We had {title} yesterday. Give it {stars} stars in my notes and write: {text}",
            "{title}: my note = {stars} stars, {text}",
            title=recipe["title"],
            stars=stars,
            text=text,
        ),
        thought=scene.phrase("The note is saved.", "My note is there."),
    )


@collect(TEMPLATES, 5, "recipes")
def weed_out_a_cookbook(scene: Scene) -> Draft:
    site, book, diet = scene.site, scene.pick(scene.rows("cookbooks")), scene.pick(DIETS)
    wrong = [id for id in book["recipe_ids"] if diet not in site.recipe(id)["diets"]]
    if len(book["recipe_ids"]) < 3 or not 0 < len(wrong) < len(book["recipe_ids"]):
        raise scene.unfit
    name = f"{diet} {scene.pick(('favourites', 'classics', 'ideas'))}"
    scene.click("To the cookbooks.", "link", "Cookbooks")
    scene.click(f"I open {book['name']}.", "link", book["name"])
    for id in wrong:
        title = site.recipe(id)["title"]
        diets = ", ".join(site.recipe(id)["diets"]) or "nothing"
        scene.click(f"{title} is marked {diets}, not {diet}.", "button", f"Remove {title}")
        scene.gold("remove_from_cookbook", cookbook_id=book["id"], recipe_id=id)
    scene.type("The rest fits. Now the name.", "textbox", "New name", name)
    scene.click("I rename it.", "button", "Rename")
    scene.gold("rename_cookbook", cookbook_id=book["id"], title=name)
    return Draft(
        scene.phrase(
            'Take everything that is not {diet} out of my cookbook {book}, and rename it to "{name}".',
            'My cookbook {book} shall become "{name}": remove the recipes that are not marked {diet}, then rename it.',
            'cookbook {book}: drop what is not {diet}, new name "{name}"',
            diet=diet.lower(),
            book=book["name"],
            name=name,
        ),
        thought=scene.phrase(
            "Only {diet} recipes are left, under the new name.", "Weeded out and renamed.", diet=diet.lower()
        ),
    )


def search(scene: Scene, recipe: Row) -> None:
    """Search for a recipe, such that the first page of results has it."""
    words = recipe["title"].lower().split()
    found = [
        row
        for row in scene.rows("recipes")
        if all(
            w in " ".join([row["title"].lower(), *(read_ingredient(i).name for i in row["ingredients"])]) for w in words
        )
    ]
    if len(found) > 8 or sum(row["title"] == recipe["title"] for row in found) > 1:
        raise scene.unfit
    thought = scene.phrase(
        "I search for the {title}.", "The search finds it by its title.", "First the recipe.", title=recipe["title"]
    )
    scene.type(thought, "textbox", "Search recipes", recipe["title"], enter=True)
