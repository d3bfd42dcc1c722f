"""The booking site: look up, change, move, cancel and rate bookings."""

from datetime import timedelta

from envs.records import Row
from envs.web.sites.booking_content import KINDS
from envs.web.sites.fields import dollars, nice_date
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = [
    "TEMPLATES",
    "extra_label",
    "free_starts",
    "go_to_day",
    "hours_words",
    "open_booking",
    "single_bookings",
    "some_day",
]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 1, "booking")
def look_up_a_place(scene: Scene) -> Draft:
    place = scene.pick(list(scene.site.places.values()))
    scene.click(scene.phrase("There is a page for the places.", "Places, then."), "link", "Places")
    scene.see("It must be further down.", place["name"])
    asked, value = scene.pick(
        (
            ("What is the phone number of {name}?", place["phone"]),
            ("I have to call {name}, which number?", place["phone"]),
            ("Where is {name}? I need the address.", place["address"]),
            ("address of {name} please", place["address"]),
        )
    )
    return Draft(
        asked.format(name=place["name"]),
        thought=scene.phrase("The table has it: {value}.", "In its row: {value}.", value=value),
        closing=f"{value}.",
        says=((value,),),
    )


@collect(TEMPLATES, 1, "booking")
def look_up_a_booking(scene: Scene) -> Draft:
    booking = scene.pick(single_bookings(scene)[:8])
    room = scene.site.rooms[booking["room_id"]]
    scene.click(scene.phrase("My bookings are listed together.", "I look at the bookings."), "link", "My bookings")
    scene.see("It must be further down.", f'"{booking["title"]}"')
    asked, value = scene.pick(
        (
            ('In which room is my coming booking "{title}"?', room["name"]),
            ("what will I pay for {title} (upcoming)?", dollars(booking["price"])),
            ("Remind me: where does the {title} take place that I have booked?", scene.site.title(room)),
        )
    )
    return Draft(
        asked.format(title=booking["title"]),
        thought=scene.phrase(
            "The row of {title} says {value}.", "{title}: {value}.", title=booking["title"], value=value
        ),
        closing=f"{value}.",
        says=((value,),),
    )


@collect(TEMPLATES, 2, "booking")
def cancel_a_booking(scene: Scene) -> Draft:
    booking = scene.pick([row for row in single_bookings(scene)[:8] if scene.site.changeable(row)])
    open_booking(scene, booking)
    scene.click(scene.phrase("This is the one, and it can be cancelled.", "I cancel it."), "button", "Cancel booking")
    scene.click("The user has asked for it, so I confirm.", "button", "Yes, cancel")
    scene.gold("cancel_booking", booking_id=booking["id"])
    return Draft(
        scene.phrase(
            'Cancel my booking "{title}" on {day}.',
            "The {title} on {day} will not happen. Please cancel the room.",
            "cancel {title}, {day}",
            "Sadly nobody can come to the {title} ({day}), so give the room back.",
            title=booking["title"],
            day=nice_date(booking["day"]),
        ),
        thought=scene.phrase("The booking is cancelled.", "Its status is cancelled now."),
    )


@collect(TEMPLATES, 2, "booking")
def change_a_booking(scene: Scene) -> Draft:
    booking = scene.pick([row for row in single_bookings(scene)[:8] if scene.site.changeable(row)])
    room = scene.site.rooms[booking["room_id"]]
    people = scene.pick([n for n in range(1, room["people"] + 1) if n != booking["people"]])
    extra = scene.pick([name for name in KINDS[room["kind"]].extras if name not in booking["extras"]])
    open_booking(scene, booking)
    scene.click("Details can be changed.", "link", "Change details")
    scene.type(f"{people} people.", "number", "People", str(people))
    scene.click(f"With {extra.lower()}.", "checkbox", extra_label(room, extra))
    scene.click("I save it.", "button", "Save changes")
    scene.gold(
        "change_booking",
        booking_id=booking["id"],
        people=people,
        title=booking["title"],
        extras=[*booking["extras"], extra],
        note=booking["note"],
    )
    return Draft(
        scene.phrase(
            'For "{title}" on {day} we will be {n}, and please add {extra}.',
            "Change my booking {title} ({day}): {n} people, and {extra} as well.",
            "{title} {day}: people {n}, + {extra}",
            title=booking["title"],
            day=nice_date(booking["day"]),
            n=people,
            extra=extra.lower(),
        ),
        thought=scene.phrase("Both changes are saved.", "The booking shows {n} people.", n=people),
    )


@collect(TEMPLATES, 3, "booking")
def move_a_booking(scene: Scene) -> Draft:
    booking = scene.pick([row for row in single_bookings(scene)[:8] if scene.site.changeable(row)])
    room, day = scene.site.rooms[booking["room_id"]], some_day(scene)
    start = scene.pick(free_starts(scene, room, day, booking["hours"], booking["id"]))
    if (day, start) == (booking["day"], booking["start"]):
        raise scene.unfit
    open_booking(scene, booking)
    scene.click("It can be moved.", "link", "Move")
    go_to_day(scene, day)
    scene.click(f"{start:02d}:00 is free on that day.", "link", f"{start:02d}:00", near=nice_date(day))
    scene.click("From the old time to the new one, as asked.", "button", "Move booking")
    scene.gold("move_booking", booking_id=booking["id"], day=day, start=start)
    return Draft(
        scene.phrase(
            'Move "{title}" from {old} to {day}, {start}.',
            "The {title} on {old} does not suit us. Could it be {day} at {start} instead?",
            "{title}: {old} -> {day} {start}",
            title=booking["title"],
            old=nice_date(booking["day"]),
            day=nice_date(day),
            start=f"{start:02d}:00",
        ),
        thought=scene.phrase("The booking has the new time.", "It is moved."),
    )


@collect(TEMPLATES, 3, "booking")
def rate_a_visit(scene: Scene) -> Draft:
    site = scene.site
    booking = scene.pick([row for row in site.select("past")[:8] if row["stars"] is None])
    if sum(row["title"] == booking["title"] for row in site.select("past")) > 1:
        raise scene.unfit
    stars, text, word = scene.pick(
        (
            (5, "Clean, quiet and warm.", "quiet"),
            (4, "Good, but the door squeaks.", "squeaks"),
            (3, "The heating was off.", "heating"),
            (2, "Nobody had tidied up before us.", "tidied"),
            (1, "We stood before a locked door for an hour.", "locked"),
        )
    )
    scene.click("My bookings first.", "link", "My bookings")
    scene.click("It is over, so it is among the past ones.", "link", "Past")
    scene.click("This is it.", "link", booking["title"])
    scene.click(f"{stars} of 5.", "radio", f"{stars} star{'s' * (stars > 1)}")
    scene.type("And the comment.", "textbox", "Comment", text)
    scene.click("I save it.", "button", "Save rating")
    scene.gold("rate_visit", booking_id=booking["id"], stars=stars, review=text)
    scene.mention("bookings", "review", [word])
    return Draft(
        scene.phrase(
            'Rate my past booking "{title}" with {stars} of 5 stars. Comment: {text}',
            "I was at the {title} and want to leave {stars} stars with this comment: {text}",
            "past booking {title}: {stars} stars, {text}",
            title=booking["title"],
            stars=stars,
            text=text,
        ),
        thought=scene.phrase("The rating is saved.", "The site says thank you."),
    )


@collect(TEMPLATES, 4, "booking")
def move_to_the_first_free_time(scene: Scene) -> Draft:
    booking = scene.pick([row for row in single_bookings(scene)[:8] if scene.site.changeable(row)])
    room, day, from_hour = scene.site.rooms[booking["room_id"]], some_day(scene), scene.rng.randint(10, 14)
    starts = [n for n in free_starts(scene, room, day, booking["hours"], booking["id"]) if n >= from_hour]
    if len(starts) < 2 or starts[0] == from_hour or day == booking["day"]:
        raise scene.unfit
    start = starts[0]
    open_booking(scene, booking)
    scene.click("I move it.", "link", "Move")
    go_to_day(scene, day)
    scene.click(
        f"From {from_hour:02d}:00 on, {start:02d}:00 is the first that is free for {hours_words(booking['hours'])}.",
        "link",
        f"{start:02d}:00",
        near=nice_date(day),
    )
    scene.click("That is the time.", "button", "Move booking")
    scene.gold("move_booking", booking_id=booking["id"], day=day, start=start)
    return Draft(
        scene.phrase(
            'Put "{title}" ({old}) on {day} instead, as early as possible but not before {hour}.',
            "We have to move the {title} of {old} to {day}. Nobody can come before {hour}; take the first free time "
            "after that.",
            "{title} {old} -> {day}, first slot from {hour} on",
            title=booking["title"],
            old=nice_date(booking["day"]),
            day=nice_date(day),
            hour=f"{from_hour:02d}:00",
        ),
        thought=scene.phrase(
            "It is on {day} at {start}:00 now.", "Moved to {start}:00.", day=nice_date(day), start=start
        ),
    )


def single_bookings(scene: Scene) -> list[Row]:
    """The upcoming bookings whose title no other upcoming one has; the first page shows the first eight."""
    rows = scene.site.select("upcoming")
    titles = [row["title"] for row in rows]
    return [row for row in rows[:8] if titles.count(row["title"]) == 1]


def open_booking(scene: Scene, booking: Row) -> None:
    scene.click(scene.phrase("I look at the bookings.", "It should be among my bookings."), "link", "My bookings")
    scene.click(
        scene.phrase("{title}, here it is.", "I open {title}.", title=booking["title"]),
        "link",
        booking["title"],
        near=nice_date(booking["day"]),
    )


def some_day(scene: Scene) -> str:
    """A day that can be booked, in the next weeks."""
    return (scene.site.today + timedelta(scene.rng.randint(2, 25))).isoformat()


def free_starts(scene: Scene, room: Row, day: str, hours: int, but_for: str = "") -> list[int]:
    site = scene.site
    return [start for start in site.open_hours(room, day) if site.is_free(room, day, start, hours, but_for)]


def go_to_day(scene: Scene, day: str) -> None:
    scene.type(f"The week of {nice_date(day)}.", "date", "Go to date", day)
    scene.click("Show it.", "button", "Show")


def extra_label(room: Row, extra: str) -> str:
    """The label of an extra's checkbox."""
    return f"{extra} ({dollars(KINDS[room['kind']].extras[extra])})"


def hours_words(hours: int) -> str:
    return f"{hours} hours" if hours > 1 else "one hour"
