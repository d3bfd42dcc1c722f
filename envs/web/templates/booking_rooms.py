"""The booking site: book rooms under constraints of time, size, equipment and price."""

from collections.abc import Sequence
from datetime import date

from envs.records import Row
from envs.web.sites.booking_content import KINDS
from envs.web.sites.fields import dollars, nice_date
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.booking import (
    extra_label,
    free_starts,
    go_to_day,
    hours_words,
    open_booking,
    single_bookings,
    some_day,
)

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 3, "booking")
def book_a_room(scene: Scene) -> Draft:
    room = scene.pick(list(scene.site.rooms.values()))
    day = some_day(scene)
    start, hours = _free(scene, room, day)
    _find_room(scene, room)
    booked = _book(scene, room, day, start, hours)
    return Draft(
        scene.phrase(
            "Book {room} on {day} from {start} for {hours}: {details}.",
            "I need {room} for {hours} on {day}, starting at {start}. {details}.",
            "{room}, {day}, {start}, {hours}. {details}",
            room=scene.site.title(room),
            day=nice_date(day),
            start=f"{start:02d}:00",
            hours=hours_words(hours),
            details=booked,
        ),
        thought=scene.phrase("The room is booked.", "The site confirms the booking."),
    )


@collect(TEMPLATES, 4, "booking")
def book_the_cheapest_that_fits(scene: Scene) -> Draft:
    site, day = scene.site, some_day(scene)
    kind, start, hours = scene.pick(list(KINDS)), scene.rng.randint(9, 16), scene.rng.randint(1, 3)
    equipment, people = scene.pick(KINDS[kind].equipment), scene.rng.randint(2, 8)
    rooms = [
        room
        for room in site.rooms.values()
        if room["kind"] == kind and equipment in room["equipment"] and room["people"] >= people
    ]
    fitting = sorted((r for r in rooms if site.is_free(r, day, start, hours)), key=lambda room: room["rate"])
    if (
        len(fitting) < 2
        or fitting[0]["rate"] == fitting[1]["rate"]
        or min(r["rate"] for r in rooms) == fitting[0]["rate"]
    ):
        raise scene.unfit
    room = fitting[0]
    scene.click("The search finds what is free.", "link", "Find a room")
    scene.select(f"Only a {kind.lower()}.", "Kind", kind)
    scene.click("With the kind come its kinds of equipment.", "button", "Apply")
    _filter(scene, day, start, hours, people)
    scene.click(f"{equipment} is a must.", "checkbox", equipment)
    scene.select("Sorted by price, the first is the cheapest.", "Sort", "Price, lowest first")
    scene.click(f"{dollars(room['rate'])} an hour, the first of the list.", "link", site.title(room))
    booked = _book(scene, room, day, start, hours, people)
    return Draft(
        scene.phrase(
            "Book the cheapest {kind} with {equipment} that is free on {day} from {start} for {hours}. {details}.",
            "I need a {kind} on {day}, {start}, for {hours}, with {equipment}. Take the one with the lowest price. "
            "{details}.",
            "{kind} / {equipment} / {day} {start} / {hours} / cheapest. {details}",
            kind=kind.lower(),
            equipment=equipment.lower() if equipment != "3D printer" else equipment,
            day=nice_date(day),
            start=f"{start:02d}:00",
            hours=hours_words(hours),
            details=booked,
        ),
        thought=scene.phrase("The cheapest free one is booked.", "Booked, as asked."),
    )


@collect(TEMPLATES, 5, "booking")
def book_a_series(scene: Scene) -> Draft:
    site, room, day = scene.site, scene.pick(list(scene.site.rooms.values())), some_day(scene)
    start, hours = _free(scene, room, day)
    repeat, every = scene.pick((("Every week", 1), ("Every two weeks", 2)))
    times = scene.rng.randint(3, 4)
    days = site.series_dates(day, every, times)
    if not site.bookable(date.fromisoformat(days[-1])):
        raise scene.unfit
    _find_room(scene, room)
    go_to_day(scene, day)
    scene.click(f"{start:02d}:00 is free.", "link", f"{start:02d}:00", near=nice_date(day))
    title, people = _title(scene, room), scene.rng.randint(1, room["people"])
    _fill_in(scene, title, hours, people)
    scene.select("It comes again and again.", "Repeat", repeat)
    scene.type(f"{times} times.", "number", "Times", str(times))
    scene.click("Taken dates are to be left out.", "checkbox", "Skip dates that are taken")
    scene.click("I book all of it.", "button", "Book")
    given = {"day": day, "start": start, "hours": hours, "people": people, "title": title}
    scene.gold("book_series", room_id=room["id"], every=every, times=times, skip_taken=True, **given)
    return Draft(
        scene.phrase(
            'Book {room} {times} times, {repeat}, from {day} at {start}, for {hours} each time: title "{title}", '
            "{people} people. Where it is taken, leave that date out.",
            "From {day} on we need {room} {repeat}, {times} times in all, each time at {start} for {hours}. There will "
            'be {people} of us. Call it "{title}". Skip a date if somebody else has the room.',
            room=site.title(room),
            times=times,
            repeat=repeat.lower(),
            day=nice_date(day),
            start=f"{start:02d}:00",
            hours=hours_words(hours),
            title=title,
            people=people,
        ),
        thought=scene.phrase("The series is booked.", "All free dates are booked."),
    )


@collect(TEMPLATES, 5, "booking")
def change_to_a_larger_room(scene: Scene) -> Draft:
    site = scene.site
    booking = scene.pick([row for row in single_bookings(scene)[:8] if site.changeable(row) and not row["series_id"]])
    old = site.rooms[booking["room_id"]]
    when = booking["day"], booking["start"], booking["hours"]
    people = old["people"] + scene.rng.randint(1, 4)
    rooms = [r for r in site.rooms.values() if r["kind"] == old["kind"] and r["people"] >= people]
    fitting = sorted((room for room in rooms if site.is_free(room, *when)), key=lambda room: room["rate"])
    if len(fitting) < 2 or fitting[0]["rate"] == fitting[1]["rate"]:
        raise scene.unfit
    room = fitting[0]
    open_booking(scene, booking)
    scene.click(
        f"{old['kind']}, {nice_date(when[0])}, {site.times(booking)}. Now I look for a larger one.",
        "link",
        "Find a room",
    )
    scene.select(f"Another {old['kind'].lower()}.", "Kind", old["kind"])
    _filter(scene, *when, people)
    scene.select("The cheapest first.", "Sort", "Price, lowest first")
    scene.click("This one is the cheapest that is free and large enough.", "link", site.title(room))
    go_to_day(scene, when[0])
    scene.click("The time of the old booking.", "link", f"{when[1]:02d}:00", near=nice_date(when[0]))
    _fill_in(scene, booking["title"], booking["hours"], people)
    scene.click("I book it before I give the old room back.", "button", "Book")
    given = {"day": when[0], "start": when[1], "hours": when[2], "people": people, "title": booking["title"]}
    scene.gold("book", room_id=room["id"], **given)
    scene.click("Now the old booking.", "link", "My bookings")
    name = booking["title"]
    scene.click(f"It is the one in the {old['name']}.", "link", name, near=site.title(old))
    scene.click("It is not needed any more.", "button", "Cancel booking")
    scene.click("Yes, the new room is safe.", "button", "Yes, cancel")
    scene.gold("cancel_booking", booking_id=booking["id"])
    return Draft(
        scene.phrase(
            'For "{title}" on {day} we are {n} now, too many for it. Book the cheapest other {kind} that takes us '
            "at the same time, with the same title and no extras, and cancel the old booking.",
            "{n} people want to come to the {title} on {day}, so it needs a larger {kind}: same time and title, no "
            "extras, as cheap as possible, anywhere. The old room can go.",
            title=booking["title"],
            day=nice_date(booking["day"]),
            n=people,
            kind=old["kind"].lower(),
        ),
        thought=scene.phrase("The larger room is booked, the old one given back.", "Both are done."),
    )


def _free(scene: Scene, room: Row, day: str) -> tuple[int, int]:
    """A free time of a room: the hour at which it begins, and how many hours."""
    hours = scene.rng.randint(1, 3)
    return scene.pick(free_starts(scene, room, day, hours)), hours


def _find_room(scene: Scene, room: Row) -> None:
    place = scene.site.places[room["place_id"]]["name"]
    scene.click("I look for the room.", "link", "Find a room")
    scene.select(f"It is in {place}.", "Place", place)
    scene.select(f"And it is a {room['kind'].lower()}.", "Kind", room["kind"])
    scene.click("That should leave few.", "button", "Apply")
    scene.click(f"{room['name']}, that is it.", "link", scene.site.title(room))


def _filter(scene: Scene, day: str, start: int, hours: int, people: int) -> None:
    scene.type(f"On {nice_date(day)}.", "date", "Date", day)
    scene.select(f"From {start:02d}:00 on.", "From", f"{start:02d}:00")
    if hours > 1:
        scene.select(f"For {hours} hours.", "Hours", str(hours))
    scene.type(f"Room for {people}.", "number", "People", str(people))


def _book(scene: Scene, room: Row, day: str, start: int, hours: int, people: int | None = None) -> str:
    """Book an open room, and say in a sentence with what particulars."""
    extras = scene.rng.sample(list(KINDS[room["kind"]].extras), scene.rng.randint(0, 2))
    people = people or scene.rng.randint(1, room["people"])
    title = _title(scene, room)
    go_to_day(scene, day)
    scene.click(f"{start:02d}:00 is free.", "link", f"{start:02d}:00", near=nice_date(day))
    _fill_in(scene, title, hours, people)
    for extra in extras:
        scene.click(f"{extra} was asked for.", "checkbox", extra_label(room, extra))
    scene.click("Everything is as asked.", "button", "Book")
    given = {"day": day, "start": start, "hours": hours, "people": people, "title": title, "extras": extras}
    scene.gold("book", room_id=room["id"], **given)
    return f'Title "{title}", {people} {"people" if people > 1 else "person"}, {_and(extras) or "no extras"}'


def _fill_in(scene: Scene, title: str, hours: int, people: int) -> None:
    scene.type("The title.", "textbox", "Title", title)
    if hours > 1:
        scene.select(f"For {hours} hours.", "Hours", str(hours))
    scene.type(f"{people} people." if people > 1 else "One person.", "number", "People", str(people))


def _title(scene: Scene, room: Row) -> str:
    first = scene.pick(("Spring", "Project", "Autumn", "Open", "Family", "Friday"))
    return f"{first} {scene.pick(KINDS[room['kind']].titles).lower()}"


def _and(words: Sequence[str]) -> str:
    return " and ".join(word.lower() for word in words)
