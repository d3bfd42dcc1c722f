"""The things of familiar homes: what can be done with each kind, and where people keep it.

A weight says how often a thing of this kind is found on or in receptacles of that kind; a tenth stands for "it may be
put there, but nobody keeps it there". Houses are furnished by these tables, the simulator takes from them what fits
where, and the expert searches the likely places first.
"""

from dataclasses import dataclass

__all__ = ["THINGS", "Thing", "thing"]


@dataclass(frozen=True)
class Thing:
    """A kind of thing.

    Args:
        places: the kinds of receptacle that can hold it, with their weights.
        can: what can be done with it, some of `envs.household.house.ABILITIES`.
    """

    places: dict[str, float]
    can: tuple[str, ...]


def thing(can: str, places: str, fixed: bool = False) -> Thing:
    """Write a `Thing` in one line; unless it is `fixed`, it can be taken as well."""
    weights = {kind: float(weight) for kind, weight in (place.split("=") for place in places.split())}
    return Thing(weights, tuple(can.split() if fixed else ["take", *can.split()]))


_FOOD = "clean heat cool slice"
_DISH = "clean heat cool contain"
_POT = "clean cool contain"

_FOODS = {
    "apple": thing(_FOOD, "countertop=5 fridge=5 diningtable=3 microwave=2 garbagecan=2 sinkbasin=2 sidetable=1"),
    "bread": thing("heat cool slice", "countertop=11 diningtable=6 fridge=2 sidetable=1 garbagecan=0.1 microwave=0.1"),
    "egg": thing(_FOOD, "fridge=5 countertop=5 sinkbasin=2 garbagecan=2 microwave=2 diningtable=2 sidetable=1"),
    "lettuce": thing("clean cool slice", "countertop=8 diningtable=5 fridge=5 sinkbasin=1 sidetable=1 garbagecan=0.1"),
    "potato": thing(_FOOD, "countertop=6 fridge=5 diningtable=3 sinkbasin=2 microwave=2 garbagecan=1 sidetable=1"),
    "tomato": thing(_FOOD, "fridge=6 countertop=6 diningtable=4 garbagecan=2 sinkbasin=1 sidetable=1 microwave=0.1"),
    "winebottle": thing("cool", "countertop=7 cabinet=5 diningtable=5 garbagecan=2 shelf=1 fridge=1 sidetable=1"),
}
_COOKWARE = {
    "bowl": thing(
        _POT,
        "cabinet=6 countertop=4 fridge=3 diningtable=3 desk=2 shelf=1 dresser=1 sinkbasin=0.5 microwave=0.5 "
        "sidetable=0.5 coffeetable=0.5",
    ),
    "cup": thing(
        _DISH,
        "cabinet=5 countertop=4 fridge=4 diningtable=3 sinkbasin=2 microwave=1 sidetable=0.5 shelf=0.5",
    ),
    "glassbottle": thing(
        "",
        "cabinet=6 countertop=5 diningtable=3 sinkbasin=2 fridge=2 garbagecan=1 shelf=1 microwave=0.1",
    ),
    "kettle": thing(
        "clean",
        "stoveburner=8 countertop=5 cabinet=5 diningtable=1 sinkbasin=0.5 shelf=0.1 sidetable=0.1",
    ),
    "mug": thing(
        _DISH,
        "countertop=5 coffeemachine=3 cabinet=3 fridge=2 diningtable=2 microwave=1 desk=3 sinkbasin=1 shelf=2 "
        "sidetable=2 dresser=1",
    ),
    "pan": thing(_POT, "stoveburner=10 countertop=6 cabinet=2 diningtable=1 fridge=1 sinkbasin=0.1 sidetable=0.1"),
    "plate": thing(
        _DISH,
        "cabinet=7 countertop=5 diningtable=4 fridge=2 shelf=1 coffeetable=1 sinkbasin=0.5 sidetable=0.5 microwave=0.1 "
        "dresser=0.1",
    ),
    "pot": thing(
        _POT,
        "stoveburner=14 countertop=3 fridge=1 diningtable=1 cabinet=1 sinkbasin=0.1 shelf=0.1 sidetable=0.1",
    ),
}
_CUTLERY = {
    "butterknife": thing("clean", "countertop=11 diningtable=5 drawer=2 sinkbasin=1 sidetable=0.5"),
    "fork": thing("clean", "countertop=9 diningtable=5 drawer=4 sinkbasin=2 sidetable=0.5"),
    "knife": thing("clean", "countertop=9 diningtable=5 drawer=4 sinkbasin=1 sidetable=0.5"),
    "ladle": thing("clean", "countertop=8 cabinet=5 drawer=4 diningtable=3 sinkbasin=0.5"),
    "spatula": thing("clean", "countertop=9 diningtable=5 drawer=4 sinkbasin=2 sidetable=0.5"),
    "spoon": thing("clean", "countertop=7 drawer=6 diningtable=4 sinkbasin=2 sidetable=0.5"),
    "peppershaker": thing("", "cabinet=6 countertop=6 diningtable=3 drawer=3 shelf=1 sidetable=1"),
    "saltshaker": thing("", "countertop=6 cabinet=6 diningtable=3 drawer=3 shelf=1 sidetable=1"),
}
_CLEANING = {
    "cloth": thing(
        "clean",
        "bathtubbasin=6 cabinet=4 countertop=3 drawer=3 sinkbasin=2 shelf=1 toilet=1 cart=1 dresser=0.5 sidetable=0.1 "
        "garbagecan=0.1 laundryhamper=0.1",
    ),
    "dishsponge": thing(
        "clean",
        "countertop=5 cabinet=4 drawer=4 diningtable=2 sinkbasin=2 garbagecan=1 shelf=1 bathtubbasin=0.5 toilet=0.1 "
        "cart=0.1 sidetable=0.1",
    ),
    "soapbar": thing(
        "clean",
        "countertop=4 toilet=3 sinkbasin=3 cabinet=2 bathtubbasin=2 drawer=2 garbagecan=1 shelf=1 sidetable=0.5 "
        "cart=0.5",
    ),
    "soapbottle": thing(
        "",
        "countertop=6 cabinet=5 diningtable=3 garbagecan=2 toilet=4 shelf=1 drawer=0.5 sidetable=0.5 dresser=0.1 "
        "cart=0.5",
    ),
    "spraybottle": thing(
        "",
        "countertop=6 toilet=5 cabinet=4 garbagecan=2 shelf=1 cart=1 diningtable=0.5 sidetable=0.5 dresser=0.1 "
        "drawer=0.1",
    ),
    "handtowel": thing(
        "",
        "handtowelholder=19 countertop=1 bathtubbasin=0.1 cabinet=0.1 cart=0.1 drawer=0.1 garbagecan=0.1 shelf=0.1 "
        "sidetable=0.1 sinkbasin=0.1 toilet=0.1",
    ),
    "towel": thing("", "towelholder=1"),
    "toiletpaper": thing(
        "",
        "toilet=5 countertop=5 toiletpaperhanger=2 drawer=2 cabinet=2 garbagecan=2 shelf=1 cart=0.5 dresser=0.5 "
        "sidetable=0.5",
    ),
    "papertowelroll": thing("", "countertop=11 garbagecan=3 diningtable=3 shelf=2 toilet=1 sidetable=0.5"),
    "tissuebox": thing(
        "",
        "shelf=4 coffeetable=3 drawer=3 countertop=3 diningtable=2 sidetable=2 desk=2 tvstand=1 cabinet=0.5 cart=0.5 "
        "dresser=0.5 toilet=0.1 garbagecan=0.1",
    ),
    "candle": thing(
        "",
        "countertop=6 toilet=5 drawer=2 cabinet=2 shelf=1 sidetable=1 coffeetable=1 diningtable=0.5 cart=0.5 "
        "dresser=0.5",
    ),
}
_BELONGINGS = {
    "alarmclock": thing("", "desk=7 shelf=4 sidetable=4 dresser=4 diningtable=1 countertop=0.1"),
    "book": thing(
        "",
        "bed=7 desk=3 countertop=2 drawer=2 dresser=1 diningtable=1 cabinet=1 sidetable=1 coffeetable=2 armchair=1 "
        "sofa=1 shelf=0.5 ottoman=0.1",
    ),
    "box": thing(
        "contain",
        "diningtable=5 sofa=4 coffeetable=4 shelf=2 sidetable=2 desk=1 cabinet=1 dresser=0.5 armchair=0.5 ottoman=0.1",
    ),
    "cd": thing(
        "",
        "drawer=6 desk=4 dresser=3 sidetable=3 garbagecan=2 shelf=1 diningtable=1 cabinet=0.5 safe=0.1 countertop=0.1",
    ),
    "cellphone": thing(
        "",
        "bed=4 drawer=4 desk=3 dresser=2 sidetable=2 countertop=1 diningtable=1 shelf=1 armchair=0.5 coffeetable=0.5 "
        "safe=0.5 sofa=0.5 ottoman=0.1",
    ),
    "creditcard": thing(
        "",
        "drawer=5 shelf=3 sidetable=2 desk=2 dresser=2 sofa=2 armchair=1.5 countertop=1 coffeetable=1.5 diningtable=1 "
        "ottoman=0.1 safe=0.1",
    ),
    "keychain": thing(
        "",
        "drawer=5 sidetable=3 shelf=2 desk=2 dresser=2 coffeetable=2 diningtable=1 armchair=1 sofa=1 safe=0.5 "
        "ottoman=0.1 countertop=0.1",
    ),
    "laptop": thing(
        "",
        "bed=9 desk=2 sofa=3 diningtable=2 coffeetable=2 dresser=1 sidetable=0.5 armchair=0.5 ottoman=0.1 "
        "countertop=0.1",
    ),
    "newspaper": thing(
        "",
        "sofa=4 coffeetable=4 diningtable=3 sidetable=3 shelf=2 dresser=1 armchair=1 drawer=0.5 ottoman=0.1 "
        "garbagecan=0.1 cabinet=0.1",
    ),
    "pen": thing(
        "",
        "desk=4 drawer=3 dresser=3 sidetable=3 shelf=2 diningtable=2 countertop=1 coffeetable=1 garbagecan=0.5",
    ),
    "pencil": thing(
        "",
        "drawer=4 desk=4 sidetable=3 shelf=3 dresser=2 diningtable=1 garbagecan=1 countertop=1 coffeetable=0.5",
    ),
    "pillow": thing("", "bed=14 sofa=5 armchair=1 ottoman=0.1"),
    "remotecontrol": thing(
        "",
        "coffeetable=4 sofa=3 sidetable=3 diningtable=2 drawer=2 armchair=1.5 dresser=1.5 tvstand=1.5 desk=1 shelf=0.5 "
        "ottoman=0.1 countertop=0.1",
    ),
    "statue": thing(
        "",
        "shelf=6 coffeetable=3 countertop=3 diningtable=3 sidetable=2 dresser=1 tvstand=1 desk=0.5 safe=0.1",
    ),
    "teddybear": thing("", "bed=1"),
    "vase": thing(
        "",
        "shelf=7 countertop=3 cabinet=3 coffeetable=2 diningtable=2 dresser=1 sidetable=1 desk=0.1 safe=0.1",
    ),
    "watch": thing("", "drawer=4 coffeetable=4 sidetable=3 diningtable=2 dresser=2 tvstand=1.5 shelf=1 desk=0.5"),
    "wateringcan": thing("", "coffeetable=10 shelf=8 sidetable=2 desk=0.1 diningtable=0.1 drawer=0.1 dresser=0.1"),
}
_FIXTURES = {
    "desklamp": thing("use", "sidetable=8 desk=6 dresser=4 shelf=1 coffeetable=0.5", fixed=True),
    "houseplant": thing(
        "",
        "countertop=8 sidetable=3 diningtable=3 shelf=1 coffeetable=1 desk=1 dresser=1",
        fixed=True,
    ),
    "mirror": thing("", "countertop=3 dresser=1", fixed=True),
    "television": thing("", "tvstand=10 dresser=9 coffeetable=2", fixed=True),
}

THINGS: dict[str, Thing] = _FOODS | _COOKWARE | _CUTLERY | _CLEANING | _BELONGINGS | _FIXTURES
