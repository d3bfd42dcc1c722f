"""What the booking site starts with: places, their rooms, and what others have taken."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from envs.records import State

__all__ = ["KINDS", "Kind", "make_places", "make_rooms", "taken_hours"]


@dataclass(frozen=True)
class Kind:
    """A kind of room.

    Args:
        people: how many a room may take, from and to.
        rate: dollars an hour, from and to.
        extras: what can be booked with it, in cents.
        names: of rooms.
        titles: what people book it for.
    """

    people: tuple[int, int]
    rate: tuple[int, int]
    equipment: tuple[str, ...]
    extras: dict[str, int]
    names: tuple[str, ...]
    titles: tuple[str, ...]


KINDS = {
    "Meeting room": Kind(
        (4, 24),
        (18, 70),
        ("Projector", "Whiteboard", "Video calls", "Flip chart", "Phone line", "Step-free access"),
        {"Coffee and tea": 1500, "Lunch buffet": 8500, "Technician": 4000},
        (
            "Birch Room",
            "Cedar Room",
            "Elm Room",
            "Hazel Room",
            "Juniper Room",
            "Linden Room",
            "Maple Room",
            "Rowan Room",
        ),
        ("Team meeting", "Client call", "Budget review", "Job interviews", "Planning day", "Board meeting"),
    ),
    "Sports court": Kind(
        (2, 12),
        (12, 36),
        ("Floodlights", "Showers", "Racket hire", "Ball machine", "Spectator seats", "Step-free access"),
        {"Rackets": 600, "Balls": 400, "Trainer": 3500},
        (
            "Tennis Court 1",
            "Tennis Court 2",
            "Badminton Court 1",
            "Badminton Court 2",
            "Squash Court",
            "Volleyball Court",
        ),
        ("Training", "Friendly match", "Club evening", "Doubles", "Beginners' hour"),
    ),
    "Music studio": Kind(
        (2, 10),
        (14, 44),
        ("Piano", "Drum kit", "Amplifiers", "Microphones", "Recording desk", "Step-free access"),
        {"Sound engineer": 5000, "Extra microphones": 900, "Recording on USB": 1200},
        ("Studio Alto", "Studio Bravo", "Studio Cello", "Studio Duo", "Studio Echo"),
        ("Band practice", "Recording", "Choir rehearsal", "Piano lesson"),
    ),
    "Workshop": Kind(
        (3, 14),
        (15, 48),
        ("Workbenches", "Kiln", "Sewing machines", "3D printer", "Sink", "Step-free access"),
        {"Clay": 2200, "Wood and glue": 1800, "Aprons": 500},
        ("Pottery Workshop", "Wood Workshop", "Textile Workshop", "Maker Lab", "Print Workshop"),
        ("Evening class", "Children's birthday", "Open workshop", "Repair cafe"),
    ),
}
_LAND = """Riverside Harbour Orchard Millfield Castle Station Meadow Bridge Park Abbey Canal Foundry Garden Hillside
Market Northgate Southgate Westgate Lakeside Chapel""".split()
_BUILDING = ("House", "Centre", "Hall", "Works")
_STREET = "Baker Lane,Canal Street,Mill Road,Queen Street,Station Square,Park Avenue,Quay Street,Hill Road".split(",")
_ROOMS_A_PLACE = 7
_LEAST_HOURS, _MOST_HOURS = 1, 3


def make_places(state: State, rng: random.Random, count: int) -> None:
    """Add places of the chain, at most 80; one of them at least is open on Sundays."""
    for index, number in enumerate(rng.sample(range(len(_LAND) * len(_BUILDING)), count)):
        state.insert(
            "places",
            name=f"{_LAND[number % len(_LAND)]} {_BUILDING[number // len(_LAND)]}",
            address=f"{rng.randint(1, 99)} {rng.choice(_STREET)}",
            phone=f"555-{rng.randint(1000, 9999)}",
            opens=rng.choice((7, 8, 8, 9)),
            closes=rng.choice((18, 20, 21)),
            on_sundays=index == 0 or rng.random() < 0.5,
        )


def make_rooms(state: State, rng: random.Random) -> None:
    """Add rooms to every place."""
    every = [(kind, name) for kind, words in KINDS.items() for name in words.names]
    for place in state.find("places"):
        for kind, name in sorted(rng.sample(every, _ROOMS_A_PLACE)):
            words = KINDS[kind]
            state.insert(
                "rooms",
                name=name,
                place_id=place["id"],
                kind=kind,
                people=rng.randrange(words.people[0], words.people[1] + 1, 2),
                rate=100 * rng.randrange(words.rate[0], words.rate[1] + 1, 2),
                equipment=sorted(rng.sample(words.equipment, rng.randint(2, 4))),
                rating=rng.randint(32, 49) / 10,
            )


def taken_hours(rng: random.Random, opens: int, closes: int) -> Iterator[int]:
    """The hours of a day that other people have taken."""
    busy = rng.uniform(0.15, 0.5)
    hour = opens
    while hour < closes:
        length = rng.randint(_LEAST_HOURS, _MOST_HOURS)
        if rng.random() < busy:
            yield from range(hour, min(hour + length, closes))
        hour += length if rng.random() < busy else 1
