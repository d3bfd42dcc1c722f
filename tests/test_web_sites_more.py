"""The booking site, the recipe site and the admin panel: pages, forms and refusals."""

import re
from datetime import date, timedelta
from urllib.parse import quote, urlencode

import pytest

from envs.records import differences
from envs.web.sites.admin import Admin
from envs.web.sites.base import Refused, Site
from envs.web.sites.booking import Booking
from envs.web.sites.booking_operations import MOST_HOURS
from envs.web.sites.recipes import Recipes
from envs.web.sites.recipes_content import Ingredient, diets_of, read_ingredient
from tests.site_client import SCRIPT, Client, Page, shows

pytest.importorskip("starlette")
pytest.importorskip("jinja2")

SITES = [Booking, Recipes, Admin]


def make(site: type[Site], seed: str = "x", size: int = 1) -> Site:
    return site(seed, size, novel=site is Recipes)


# --- booking ----------------------------------------------------------------------------------------------------------


def free_slot(site: Booking, hours: int = 1, times: int = 1) -> dict:
    """A slot that is free at this time of so many weeks."""
    for room in site.rooms.values():
        for days in range(1, 15):
            day = (site.today + timedelta(days)).isoformat()
            for start in site.open_hours(room, day):
                if all(site.is_free(room, day, start, hours) for day in site.series_dates(day, 1, times)):
                    return {"room_id": room["id"], "day": day, "start": start}
    raise AssertionError("everything is taken")


def upcoming(site: Booking) -> list[dict]:
    return [row for row in site.state.find("bookings", series_id=None) if site.changeable(row)]


def test_booking_through_forms_equals_operations():
    page, gold = Booking("book"), Booking("book")
    client, slot = Client(page), free_slot(page, hours=2)
    extra = next(iter(page.KINDS[page.rooms[slot["room_id"]]["kind"]].extras))
    where = f"/rooms/{slot['room_id']}"
    assert f'{where}/book?day={slot["day"]}&amp;start={slot["start"]}"' in client.get(f"{where}?week={slot['day']}")
    fields = {"day": slot["day"], "start": str(slot["start"]), "people": "2", "title": "Chess night", "note": "Quiet"}
    text = client.post(f"{where}/book", **fields, hours="2", extras=[extra], repeat="Does not repeat")
    assert shows(text, "Your room is booked.")
    gold.do("book", **slot, hours=2, people=2, title="Chess night", extras=[extra], note="Quiet")
    moved, edited, cancelled = (row["id"] for row in upcoming(page)[:3])
    room = page.rooms[page.state.find("bookings", id=moved)[0]["room_id"]]
    hours = page.state.find("bookings", id=moved)[0]["hours"]
    day, start = next(
        (day, start)
        for day in page.series_dates((page.today + timedelta(2)).isoformat(), 1, 6)
        for start in page.open_hours(room, day)
        if page.is_free(room, day, start, hours, moved)
    )
    assert shows(client.get(f"{where}?week={day}&move={moved}"), "Choose the new time")
    client.post(f"/bookings/{moved}/move", day=day, start=str(start))
    gold.do("move_booking", booking_id=moved, day=day, start=start)
    client.post(f"/bookings/{edited}/edit", title="Bigger", people="1", note="")
    gold.do("change_booking", booking_id=edited, people=1, title="Bigger", extras=[], note="")
    client.post(f"/bookings/{cancelled}/cancel")
    gold.do("cancel_booking", booking_id=cancelled)
    past = page.select("past")[0]["id"]
    client.post(f"/bookings/{past}/rate", stars="4", review="Bright and quiet")
    gold.do("rate_visit", booking_id=past, stars=4, review="Bright and quiet")
    client.post(f"{where}/favourite")
    gold.do("add_favourite", room_id=slot["room_id"])
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    assert page.state.rows() != page.start


def test_a_series_is_booked_as_a_whole_or_without_the_taken_dates():
    page, gold = Booking("series"), Booking("series")
    slot = free_slot(page, times=4)
    fields = {"day": slot["day"], "start": str(slot["start"]), "people": "2", "title": "Club", "note": "", "hours": "1"}
    text = Client(page).post(f"/rooms/{slot['room_id']}/book", **fields, repeat="Every week", times="4")
    assert shows(text, "Your series is booked.")
    gold.book_series(**slot, hours=1, people=2, title="Club", every=1, times=4)
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    new = page.state.find("series")[-1]["id"]
    assert len(page.state.find("bookings", series_id=new)) == 4
    page.cancel_series(new)
    assert {row["status"] for row in page.state.find("bookings", series_id=new)} == {"cancelled"}
    second = page.series_dates(slot["day"], 1, 2)[1]
    page.book(slot["room_id"], second, slot["start"], 1, 1, "In the way")
    before = page.state.rows()
    with pytest.raises(Refused, match="Nothing was booked"):
        page.book_series(**slot, hours=1, people=2, title="Club", every=1, times=4)
    assert page.state.rows() == before
    page.book_series(**slot, hours=1, people=2, title="Club", every=1, times=4, skip_taken=True)
    assert len(page.state.find("bookings", series_id=page.state.find("series")[-1]["id"])) == 3


def test_the_booking_site_refuses():
    site = Booking("no")
    slot = free_slot(site)
    room = site.rooms[slot["room_id"]]
    given = {**slot, "hours": 1, "people": 1, "title": "x"}
    taken = next(
        (day, hour)
        for day in site.series_dates(slot["day"], 1, 7)
        for hour in site.open_hours(room, day)
        if not site.is_free(room, day, hour, 1)
    )
    over = site.select("past")[0]["id"]
    today = next(row["id"] for row in site.state.find("bookings", day=site.today.isoformat()))
    cancelled = site.state.find("bookings", status="cancelled")
    refusals = [
        ("from tomorrow", "book", given | {"day": site.today.isoformat()}),
        ("from tomorrow", "book", given | {"day": (site.today + timedelta(61)).isoformat()}),
        ("give a date", "book", given | {"day": "tomorrow"}),
        ("not free", "book", given | {"day": taken[0], "start": taken[1]}),
        ("1 to 4 hours", "book", given | {"hours": MOST_HOURS + 1}),
        ("is for 1 to", "book", given | {"people": room["people"] + 1}),
        ("a title", "book", given | {"title": " "}),
        ("cannot be booked with", "book", given | {"extras": ["Fireworks"]}),
        ("2 to 8 times", "book_series", given | {"every": 1, "times": 9}),
        ("too far", "book_series", given | {"every": 2, "times": 8}),
        ("until the day before", "cancel_booking", {"booking_id": today}),
        ("until the day before", "move_booking", {"booking_id": over, "day": slot["day"], "start": slot["start"]}),
        ("past visit", "rate_visit", {"booking_id": today, "stars": 5}),
        ("1 to 5 stars", "rate_visit", {"booking_id": over, "stars": 6}),
    ]
    refusals += [("is cancelled", "cancel_booking", {"booking_id": row["id"]}) for row in cancelled]
    for message, name, arguments in refusals:
        with pytest.raises(Refused, match=message):
            site.do(name, **arguments)
    assert site.state.rows() == site.start


def test_rooms_are_found_by_what_they_have_and_when_they_are_free():
    site = Booking("find", 2)
    day = (site.today + timedelta(3)).isoformat()
    query = {"kind": "Meeting room", "day": day, "start": "10:00", "hours": 2, "people": 8, "equipment": "Projector"}
    text = Client(site).get("/rooms?" + urlencode(query | {"most": 60, "sort": "Price, lowest first"}))
    fitting = [
        room
        for room in site.rooms.values()
        if room["kind"] == "Meeting room"
        and room["people"] >= 8
        and room["rate"] <= 6000
        and "Projector" in room["equipment"]
        and site.is_free(room, day, 10, 2)
    ]
    assert shows(text, f"{len(fitting)} room{'s' if len(fitting) != 1 else ''} free on")
    places = [text.index(f'"/rooms/{room["id"]}"') for room in sorted(fitting, key=lambda room: room["rate"])[:1]]
    assert places == [min(text.index(link) for link in re.findall(r'"/rooms/rom_\d+"', text))]


def test_own_bookings_never_overlap_what_others_have():
    for seed in range(15):
        site = Booking(f"clash/{seed}")
        assert any(place["on_sundays"] for place in site.places.values()), "something can be booked on every day"
        for row in site.state.find("bookings", status="confirmed"):
            room, hours = site.rooms[row["room_id"]], set(range(row["start"], row["start"] + row["hours"]))
            assert not hours & site.taken(room, row["day"])
            assert hours <= set(site.open_hours(room, row["day"]))
        assert len(upcoming(site)) >= 3
        assert site.select("past")


# --- recipes ----------------------------------------------------------------------------------------------------------


def empty_meal(site: Recipes) -> dict:
    """A day and a meal for which nothing is planned."""
    for days in range(1, 20):
        day = (site.today + timedelta(days)).isoformat()
        for meal in site.MEALS:
            if not site.state.find("plan", day=day, meal=meal):
                return {"day": day, "meal": meal}
    raise AssertionError("everything is planned")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("200 g flour", Ingredient(200, "g", "flour")),
        ("2 onion", Ingredient(2, "", "onion")),
        ("1.5 tbsp olive oil", Ingredient(1.5, "tbsp", "olive oil")),
        ("some salt", Ingredient(None, "", "some salt")),
        ("2 garlic", Ingredient(2, "", "garlic")),
    ],
)
def test_ingredients_are_read(line, read):
    assert read_ingredient(line) == read
    assert read_ingredient(f"{read.measure()} {read.name}") == read


def test_ingredients_grow_with_the_people():
    assert Ingredient(250, "g", "flour").times(3 / 4).measure() == "188 g"
    assert Ingredient(1, "", "onion").times(1 / 4).measure() == "0.5"
    assert Ingredient(3, "tbsp", "honey").times(2).measure() == "6 tbsp"
    assert Ingredient(None, "", "salt").times(5).measure() == ""
    site = make(Recipes)
    recipe = site.state.find("recipes")[0]
    for one in site.ingredients(recipe, 8):
        assert f"<td>{one.measure()}</td><td>{one.name}</td>" in Client(site).get(f"/recipes/{recipe['id']}?people=8")


def test_diets_follow_from_the_ingredients():
    assert diets_of(["onion", "rice"]) == ["Vegetarian", "Vegan", "Gluten-free", "Dairy-free"]
    assert diets_of(["butter", "flour"]) == ["Vegetarian"]
    assert diets_of(["salmon"]) == ["Gluten-free", "Dairy-free"]
    assert diets_of(["egg"]) == ["Vegetarian", "Gluten-free", "Dairy-free"]


def test_cooking_through_forms_equals_operations():
    page, gold = make(Recipes, "cook"), make(Recipes, "cook")
    client, free = Client(page), empty_meal(page)
    recipe, other = (row["id"] for row in page.state.find("recipes", mine=False)[:2])
    week = page.monday(date.fromisoformat(free["day"])).isoformat()
    text = client.post(f"/recipes/{recipe}/plan", **free, people="3")
    assert shows(text, "is planned for")
    gold.plan_meal(recipe, **free, people=3)
    meal = page.state.find("plan")[-1]["id"]
    client.post(f"/plan/{meal}", **free, people="5")
    gold.change_meal(meal, **free, people=5)
    client.post("/plan", week=week, copy="1")
    gold.copy_week(week)
    client.post("/plan", week=week)
    gold.shop_for_week(week)
    client.post(f"/recipes/{other}/shop", people="2")
    gold.shop_for_recipe(other, 2)
    client.post("/list", item="500 g plums")
    gold.add_item("500 g plums")
    item = page.state.find("shopping", name="plums")[0]
    assert (item["amount"], item["unit"], item["aisle"], item["bought"]) == (500, "g", "Other", False)
    client.post(f"/list/{item['id']}", bought="on")
    gold.set_bought(item["id"], True)
    client.post("/list/clear")
    gold.clear_bought()
    client.post("/pantry", name=" Salt ")
    gold.add_to_pantry("salt")
    client.post("/cookbooks", name="Picnic")
    gold.create_cookbook("Picnic")
    book = page.state.find("cookbooks", name="Picnic")[0]["id"]
    client.post(f"/recipes/{other}/cookbook", book=book)
    gold.add_to_cookbook(book, other)
    client.post(f"/cookbooks/{book}", name="Picnics")
    gold.rename_cookbook(book, "Picnics")
    client.post(f"/recipes/{recipe}/note", stars="5", text="Again!")
    gold.write_note(recipe, 5, "Again!")
    client.post("/preferences", people="2", diets=["Vegan", "Gluten-free"])
    gold.set_preferences(2, ["Vegan", "Gluten-free"])
    numbers = {"minutes": 20, "serves": 2}
    words = {"title": "Toast", "course": "Breakfast", "cuisine": "British"}
    client.post(
        "/new", **words, minutes="20", serves="2", ingredients="2 sourdough\r\n\r\n10 g butter", method="Toast."
    )
    gold.write_recipe(**words, **numbers, ingredients=["2 sourdough", "10 g butter"], method=["Toast."])
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    assert page.state.find("recipes", title="Toast")[0]["diets"] == ["Vegetarian"]


def test_the_shopping_list_adds_up_and_leaves_out_the_pantry():
    site = make(Recipes, "list")
    for row in site.state.find("shopping"):
        site.remove_item(row["id"])
    site.write_recipe("Rice", "Lunch", "Thai", 15, 2, ["100 g rice", "3 onion", "1 tsp cumin"], ["Boil."])
    rice = site.state.find("recipes")[-1]["id"]
    for row in site.state.find("pantry"):
        site.remove_from_pantry(row["id"])
    site.add_to_pantry("Cumin")
    site.shop_for_recipe(rice, 2)
    site.shop_for_recipe(rice, 4)
    site.add_item("1 onion")
    assert [site.item_text(row) for row in site.state.find("shopping")] == ["rice, 300 g", "onion, 10"]
    site.set_bought(site.state.find("shopping", name="onion")[0]["id"], True)
    site.add_item("2 onion")
    assert [site.item_text(row) for row in site.state.find("shopping", name="onion")] == ["onion, 10", "onion, 2"]


def test_recipes_are_found():
    site = make(Recipes, "find", 4)
    query = {"diet": ["Vegan", "Gluten-free"], "minutes": 40, "without": "onion, garlic", "q": "pumpkin"}
    text = Client(site).get("/recipes?" + urlencode(query, doseq=True))
    fitting = [
        row
        for row in site.state.find("recipes")
        if {"Vegan", "Gluten-free"} <= set(row["diets"])
        and row["minutes"] <= 40
        and "pumpkin" in row["title"]
        and not any("onion" in line or "garlic" in line for line in row["ingredients"])
    ]
    assert fitting
    assert shows(text, f"{len(fitting)} recipe")
    assert all(f'/recipes/{row["id"]}"' in text for row in fitting)


def test_a_meal_is_chosen_from_the_plan():
    site = make(Recipes, "choose")
    client, free = Client(site), empty_meal(site)
    assert "/recipes?" + urlencode(free).replace("&", "&amp;") in client.get(f"/plan?week={free['day']}")
    form = next(
        form for form in Page(client.get("/recipes?" + urlencode(free))).forms if form["action"].endswith("plan")
    )
    client.post(form["action"], **{name: values[0] for name, values in form["fields"].items()})
    assert site.state.find("plan")[-1]["people"] == site.people
    assert (site.state.find("plan")[-1]["day"], site.state.find("plan")[-1]["meal"]) == tuple(free.values())


def test_the_recipe_site_refuses():
    site = make(Recipes, "no")
    free, recipe = empty_meal(site), site.state.find("recipes", mine=False)[0]["id"]
    meal = next(row for row in site.state.find("plan") if row["day"] >= site.today.isoformat())
    book = next(row for row in site.state.find("cookbooks") if row["recipe_ids"])
    yesterday = (site.today - timedelta(1)).isoformat()
    own = {"title": "x", "course": "Lunch", "cuisine": "Thai", "minutes": 5, "serves": 2, "method": ["y"]}
    refusals = [
        ("planned already", "plan_meal", {"recipe_id": recipe, "day": meal["day"], "meal": meal["meal"], "people": 1}),
        ("day is over", "plan_meal", {"recipe_id": recipe, "day": yesterday, "meal": "Lunch", "people": 1}),
        ("breakfast, lunch or dinner", "plan_meal", free | {"recipe_id": recipe, "meal": "Tea", "people": 1}),
        ("1 to 12 people", "plan_meal", free | {"recipe_id": recipe, "people": 13}),
        ("No meals", "shop_for_week", {"monday": "2024-01-01"}),
        ("what you want to buy", "add_item", {"text": " "}),
        ("in your pantry", "add_to_pantry", {"ingredient": site.state.find("pantry")[0]["name"].upper()}),
        ("already", "create_cookbook", {"title": book["name"]}),
        ("already", "add_to_cookbook", {"cookbook_id": book["id"], "recipe_id": book["recipe_ids"][0]}),
        ("1 to 5 stars", "write_note", {"recipe_id": recipe, "stars": 0, "text": "x"}),
        ("your own recipes", "delete_recipe", {"recipe_id": recipe}),
        ("your own recipes", "edit_recipe", own | {"recipe_id": recipe, "ingredients": ["z"]}),
        ("needs ingredients", "write_recipe", own | {"ingredients": [" "]}),
        ("1 to 600", "write_recipe", own | {"ingredients": ["z"], "minutes": 0}),
        ("fill in: title", "write_recipe", own | {"ingredients": ["z"], "title": ""}),
    ]
    for message, name, arguments in refusals:
        with pytest.raises(Refused, match=message):
            site.do(name, **arguments)
    assert site.state.rows() == site.start


def test_an_own_recipe_is_deleted_everywhere_once_it_is_not_planned():
    site = make(Recipes, "own")
    recipe, book = site.state.find("recipes", mine=True)[0]["id"], site.state.find("cookbooks")[0]
    if recipe not in book["recipe_ids"]:
        site.add_to_cookbook(book["id"], recipe)
    site.write_note(recipe, 3, "fine")
    site.plan_meal(recipe, **empty_meal(site), people=2)
    with pytest.raises(Refused, match="is planned for"):
        site.delete_recipe(recipe)
    for meal in site.state.find("plan", recipe_id=recipe):
        site.remove_meal(meal["id"])
    assert shows(Client(site).post(f"/recipes/{recipe}/delete"), "The recipe was deleted.")
    assert not site.state.find("recipes", id=recipe)
    assert not site.state.find("notes", recipe_id=recipe)
    assert recipe not in site.state.find("cookbooks")[0]["recipe_ids"]


def test_what_is_over_stays_when_a_week_is_cleared():
    site = make(Recipes, "clear")
    monday = site.monday(site.today).isoformat()
    before = site.week(monday)
    Client(site).post("/plan", week=monday, clear="1")
    assert site.week(monday) == [row for row in before if row["day"] < site.today.isoformat()]


# --- admin ------------------------------------------------------------------------------------------------------------


def members(site: Admin, **wanted: str) -> list[str]:
    return [row["id"] for row in site.state.find("users", **wanted) if row["role"] != "Owner"]


def test_administration_through_forms_equals_operations():
    page, gold = Admin("form"), Admin("form")
    client, later = Client(page), (page.today + timedelta(30)).isoformat()
    profile = {
        "full_name": "Ann Other",
        "job_title": "Chair",
        "phone": "555-0101",
        "language": "Polski",
        "timezone": "Asia/Tokyo",
        "date_format": "14.03.2025",
        "birthday": "1970-01-31",
        "bio": "Hello",
    }
    assert shows(client.post("/profile", **profile), "Your profile is saved.")
    gold.save_profile(**profile)
    client.post("/email", email="Ann@example.org")
    gold.change_email("ann@example.org")
    client.post("/notifications", **{"Security alerts": ["email", "text"], "Invoices": "push"}, digest="Weekly")
    gold.save_notifications({"Security alerts": ["email", "text"], "Invoices": ["push"]}, "Weekly")
    client.post("/privacy", visible_to="Nobody", analytics="on")
    gold.save_privacy("Nobody", False, False, True)
    client.post("/away", first=page.today.isoformat(), last=later, message="Back soon")
    gold.set_away(page.today.isoformat(), later, "Back soon")
    address = {"company": "A Ltd", "street": "1 B St", "postcode": "12345", "city": "C", "country": "Italy"}
    client.post("/billing", **address, email="pay@example.org")
    gold.save_billing(**address, email="pay@example.org")
    client.post("/tokens", token_name="robot", scopes=["read:users", "read:audit"], expires=later)
    gold.create_token("robot", ["read:audit", "read:users"], later)
    client.post(f"/tokens/{page.state.find('tokens')[0]['id']}/revoke")
    gold.revoke_token(page.state.find("tokens")[0]["id"])
    active, suspended = members(page, status="active"), members(page, status="suspended")
    client.post("/users", user=active[:2], action="Suspend")
    gold.suspend_users(active[:2])
    client.post("/users", user=suspended[:2], action="Restore")
    gold.restore_users(suspended[:2])
    client.post("/users", user=active[2:5], action="Role: Billing")
    gold.change_role(active[2:5], "Billing")
    client.post("/users", user=active[4:6], action="Team: Legal")
    gold.change_team(active[4:6], "Legal")
    person = {"full_name": "New One", "email": "new@example.org", "role": "Viewer", "team": "Sales"}
    client.post("/invite", **person)
    gold.invite_user(**person)
    client.post(f"/users/{active[6]}", **person | {"email": "six@example.org"})
    gold.edit_user(active[6], **person | {"email": "six@example.org"})
    client.post(f"/users/{members(page, status='invited')[0]}/remove")
    gold.remove_user(members(gold, status="invited")[0])
    flag = page.state.find("flags", locked=False)[0]["id"]
    client.post(f"/flags/{flag}", enabled="on", rollout="35")
    gold.set_flag(flag, True, 35)
    overdue = [row["id"] for row in page.state.find("invoices", status="overdue")]
    client.post(f"/invoices/{overdue[0]}/remind")
    gold.send_reminder(overdue[0])
    client.post(f"/invoices/{overdue[1]}/paid")
    gold.mark_paid(overdue[1])
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    changed = {table for table, rows in page.state.rows().items() if rows != page.start[table]}
    assert changed == set(page.start) - {"audit"}


def test_the_admin_panel_refuses():
    site = Admin("no")
    me, owners = site.user_id, [row["id"] for row in site.state.find("users", role="Owner")]
    active = members(site, status="active")[0]
    paid, open_ = (site.state.find("invoices", status=status)[0]["id"] for status in ("paid", "open"))
    later, email = (site.today + timedelta(9)).isoformat(), site.state.find("users")[5]["email"]
    new = {"full_name": "x", "email": "x@example.org", "role": "Viewer", "team": "Sales"}
    locked = site.state.find("flags", locked=True)[0]["id"]
    token = {"token_name": "t", "scopes": ["read:users"], "expires": later}
    refusals = [
        ("is an owner", "suspend_users", {"user_ids": [active, owners[1]]}),
        ("is an owner", "suspend_users", {"user_ids": [me]}),
        ("at least one member", "suspend_users", {"user_ids": []}),
        ("is not suspended", "restore_users", {"user_ids": [active]}),
        ("needs an owner", "change_role", {"user_ids": owners, "role": "Viewer"}),
        ("choose a role", "change_role", {"user_ids": [active], "role": "King"}),
        ("Suspend the member first", "remove_user", {"user_id": active}),
        ("another member", "invite_user", new | {"email": email}),
        ("email address", "invite_user", new | {"email": "nobody"}),
        ("fill in: full name", "invite_user", new | {"full_name": " "}),
        ("another member", "change_email", {"email": email}),
        ("at least one channel", "save_notifications", {"channels": {}, "digest": "Never"}),
        ("at least one scope", "create_token", token | {"scopes": []}),
        ("in a year", "create_token", token | {"expires": (site.today + timedelta(366)).isoformat()}),
        ("called", "create_token", token | {"token_name": site.state.find("tokens")[0]["name"]}),
        ("locked", "set_flag", {"flag_id": locked, "enabled": True, "rollout": 5}),
        ("is paid", "void_invoice", {"invoice_id": paid}),
        ("Only an overdue", "send_reminder", {"invoice_id": open_}),
        ("not before it", "set_away", {"first": later, "last": site.today.isoformat(), "message": "x"}),
        (
            "choose a visibility",
            "save_privacy",
            dict.fromkeys(("show_online", "searchable", "analytics"), True) | {"visible_to": "Me"},
        ),
    ]
    for message, name, arguments in refusals:
        with pytest.raises(Refused, match=message):
            site.do(name, **arguments)
    assert site.state.rows() == site.start


def test_an_owner_who_is_no_longer_one_cannot_suspend_himself():
    site = Admin("self")
    site.change_role([site.user_id], "Admin")
    with pytest.raises(Refused, match="suspend yourself"):
        site.suspend_users([site.user_id])


def test_tables_are_searched_filtered_sorted_and_paged():
    site = Admin("table")
    client, found = Client(site), []
    for page in range(1, 30):
        text = client.get(f"/users?role=Viewer&status=active&sort=Joined&order=down&page={page}")
        found += re.findall(r'"/users/(usr_\d+)"', text)
        if f"Page {page} of {page}<" in text:
            break
    rows = sorted(site.state.find("users", role="Viewer", status="active"), key=lambda row: row["joined"])
    assert sorted(found) == sorted(row["id"] for row in rows)
    joined = [site.state.find("users", id=id)[0]["joined"] for id in found]
    assert joined == [row["joined"] for row in reversed(rows)]
    name = site.state.find("users")[7]["name"]
    assert re.findall(r'"/users/(usr_\d+)"', client.get("/users?q=" + quote(name.upper()))) == [
        row["id"] for row in site.state.find("users", name=name)
    ]
    text = client.get("/invoices?status=overdue")
    total = sum(row["amount"] for row in site.state.find("invoices", status="overdue"))
    assert shows(text, f"{len(site.state.find('invoices', status='overdue'))} invoices, {site.dollars(total)} in all")
    entry = site.state.find("audit")[40]
    query = {"q": entry["actor"], "action": entry["action"], "first": entry["day"], "last": entry["day"]}
    assert shows(client.get("/audit?" + urlencode(query)), f"{entry['day']} {entry['time']}")
    assert "never" in client.get("/users?status=invited&sort=Last+seen")


@pytest.mark.parametrize("site", SITES)
def test_what_a_user_writes_is_escaped(site):
    built = make(site, "escape")
    client = Client(built)
    if site is Booking:
        built.book(**free_slot(built), hours=1, people=1, title=SCRIPT, note=SCRIPT)
        paths = [
            "/bookings?" + urlencode({"q": SCRIPT}),
            f"/bookings/{built.state.find('bookings')[-1]['id']}",
            "/calendar",
        ]
    elif site is Recipes:
        built.add_item(SCRIPT)
        built.create_cookbook(SCRIPT)
        built.add_to_pantry(SCRIPT)
        paths = [
            "/list",
            "/cookbooks",
            "/pantry",
            "/recipes?" + urlencode({"q": SCRIPT, "day": SCRIPT, "meal": SCRIPT}),
        ]
    else:
        built.invite_user(SCRIPT, "x@example.org", "Viewer", "Sales")
        built.set_away(built.today.isoformat(), built.today.isoformat(), SCRIPT)
        paths = [
            "/users?" + urlencode({"status": "invited", "sort": SCRIPT}),
            "/away",
            "/audit?" + urlencode({"q": SCRIPT}),
        ]
    for path in paths:
        text = client.get(path)
        assert client.status == 200
        assert SCRIPT not in text
        assert shows(text, SCRIPT)
