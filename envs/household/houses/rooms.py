"""The rooms of familiar homes: which receptacles stand in them, how many, and what lies about."""

from dataclasses import dataclass

from envs.household.houses.things import THINGS, Thing

__all__ = ["BATHROOM", "BEDROOM", "KITCHEN", "LIVING_ROOM", "ROOMS", "Range", "Room"]

Range = tuple[int, int]


@dataclass(frozen=True)
class Room:
    """A kind of room.

    Args:
        name: what people call it.
        numbers: how many of each kind of receptacle, least and most: in a small room, in a usual one, in a large one.
        things: how often each kind of thing is there at all.
        catalog: the tables of those things.
        openable: how often a receptacle has a door, a lid or a front, and is then closed; 0 for the kinds left out.
    """

    name: str
    numbers: dict[str, tuple[Range, Range, Range]]
    things: dict[str, float]
    catalog: dict[str, Thing]
    openable: dict[str, float]


_OPENABLE = {"cabinet": 0.85, "drawer": 0.85, "fridge": 1.0, "microwave": 1.0, "safe": 1.0}


def _familiar(name: str, numbers: dict[str, tuple[Range, Range, Range]], always: str, **sometimes: float) -> Room:
    return Room(name, numbers, dict.fromkeys(always.split(), 1.0) | sometimes, THINGS, _OPENABLE)


_ONE = ((1, 1), (1, 1), (1, 1))
_MAYBE = ((0, 0), (0, 1), (0, 1))

KITCHEN = _familiar(
    "kitchen",
    {
        "cabinet": ((1, 2), (4, 8), (8, 20)),
        "coffeemachine": ((0, 0), (1, 1), (1, 1)),
        "countertop": ((1, 1), (1, 2), (1, 4)),
        "diningtable": ((1, 1), (0, 1), (0, 2)),
        "drawer": ((0, 1), (2, 4), (3, 10)),
        "fridge": _ONE,
        "garbagecan": ((0, 1), (1, 1), (1, 1)),
        "microwave": _ONE,
        "shelf": ((0, 0), (0, 0), (0, 3)),
        "sinkbasin": _ONE,
        "stoveburner": ((0, 0), (4, 4), (4, 4)),
        "toaster": ((0, 0), (1, 1), (1, 1)),
    },
    "apple bowl bread butterknife cup dishsponge egg fork knife lettuce mug pan "
    "peppershaker plate pot potato saltshaker soapbottle spatula spoon tomato",
    glassbottle=0.3,
    houseplant=0.3,
    kettle=0.5,
    ladle=0.4,
    papertowelroll=0.3,
    winebottle=0.4,
    book=0.1,
    cellphone=0.1,
    creditcard=0.1,
    pen=0.1,
    pencil=0.1,
    spraybottle=0.1,
    statue=0.15,
    vase=0.15,
)
LIVING_ROOM = _familiar(
    "living room",
    {
        "armchair": ((1, 1), (1, 1), (1, 2)),
        "cabinet": ((0, 0), (0, 0), (0, 2)),
        "coffeetable": ((1, 1), (1, 1), (1, 2)),
        "diningtable": ((0, 0), (0, 1), (0, 2)),
        "drawer": ((0, 2), (1, 4), (2, 8)),
        "dresser": _MAYBE,
        "garbagecan": ((0, 1), (1, 1), (1, 1)),
        "ottoman": _MAYBE,
        "shelf": ((0, 0), (0, 3), (0, 6)),
        "sidetable": ((1, 1), (1, 2), (1, 3)),
        "sofa": ((1, 1), (1, 1), (1, 2)),
        "tvstand": ((0, 1), (0, 1), (1, 1)),
    },
    "box creditcard keychain laptop pillow remotecontrol statue",
    book=0.3,
    bowl=0.1,
    candle=0.1,
    cellphone=0.3,
    desklamp=0.4,
    houseplant=0.7,
    newspaper=0.6,
    pen=0.2,
    pencil=0.2,
    plate=0.35,
    television=0.7,
    tissuebox=0.35,
    vase=0.5,
    watch=0.5,
    wateringcan=0.1,
)
BEDROOM = _familiar(
    "bedroom",
    {
        "armchair": _MAYBE,
        "bed": _ONE,
        "cabinet": ((0, 0), (0, 0), (0, 1)),
        "desk": ((1, 1), (1, 1), (1, 2)),
        "drawer": ((1, 3), (2, 5), (3, 10)),
        "dresser": ((0, 0), (0, 1), (0, 1)),
        "garbagecan": ((0, 1), (1, 1), (1, 1)),
        "laundryhamper": _MAYBE,
        "safe": _MAYBE,
        "shelf": ((0, 1), (0, 2), (0, 7)),
        "sidetable": ((1, 1), (1, 1), (1, 2)),
    },
    "alarmclock book cd cellphone creditcard keychain laptop pen pencil pillow",
    bowl=0.4,
    box=0.1,
    desklamp=0.7,
    houseplant=0.2,
    mirror=0.1,
    mug=0.5,
    remotecontrol=0.1,
    statue=0.15,
    teddybear=0.3,
    tissuebox=0.15,
    vase=0.1,
    watch=0.1,
)
BATHROOM = _familiar(
    "bathroom",
    {
        "bathtubbasin": ((0, 0), (0, 1), (1, 1)),
        "cabinet": ((1, 2), (2, 4), (3, 5)),
        "cart": ((0, 0), (0, 0), (0, 1)),
        "countertop": ((1, 1), (1, 1), (1, 2)),
        "drawer": ((0, 1), (0, 4), (0, 6)),
        "garbagecan": ((0, 1), (1, 1), (1, 1)),
        "handtowelholder": ((0, 1), (1, 2), (1, 2)),
        "shelf": ((0, 0), (0, 1), (0, 3)),
        "sinkbasin": ((1, 1), (1, 2), (1, 2)),
        "toilet": _ONE,
        "toiletpaperhanger": ((0, 1), (1, 1), (1, 1)),
        "towelholder": ((0, 1), (1, 2), (1, 2)),
    },
    "candle cloth handtowel soapbar soapbottle spraybottle toiletpaper towel",
    dishsponge=0.25,
    mirror=0.1,
    papertowelroll=0.15,
    tissuebox=0.25,
)

ROOMS = (KITCHEN, LIVING_ROOM, BEDROOM, BATHROOM)
