"""Rooms, receptacles and things of the split `novel`: new to anyone who knows only familiar homes.

What cleans, heats and cools is the same everywhere: a sinkbasin, a microwave, a fridge.
"""

from envs.household.houses.rooms import Range, Room
from envs.household.houses.things import Thing, thing

__all__ = ["NOVEL_ROOMS"]

_ONE = ((1, 1), (1, 1), (1, 1))
_OPENABLE = dict.fromkeys(
    "breadbin compostbin diaperpail displaycase dryer filingcabinet fridge larder linencloset locker microwave".split()
    + "seedcabinet toolchest toychest wardrobe washingmachine".split(),
    1.0,
)


def _room(name: str, numbers: dict[str, tuple[Range, Range, Range]], catalog: dict[str, Thing]) -> Room:
    return Room(name, numbers, dict.fromkeys(catalog, 1.0), catalog, _OPENABLE)


STUDY = _room(
    "study",
    {
        "bookcase": ((1, 1), (1, 3), (3, 6)),
        "displaycase": ((0, 1), (1, 2), (1, 3)),
        "filingcabinet": ((1, 2), (2, 4), (3, 6)),
        "letterrack": ((0, 1), (1, 1), (1, 2)),
        "stool": ((0, 1), (1, 1), (1, 2)),
        "wastebasket": _ONE,
        "windowsill": ((1, 1), (1, 1), (1, 2)),
        "writingdesk": _ONE,
    },
    {
        "banklamp": thing("use", "writingdesk=4 windowsill=1", fixed=True),
        "calculator": thing("", "writingdesk=5 filingcabinet=3 bookcase=2 stool=0.1"),
        "envelope": thing("", "letterrack=5 writingdesk=4 filingcabinet=3 wastebasket=2 windowsill=1"),
        "folder": thing("", "filingcabinet=8 writingdesk=4 bookcase=3 stool=1 displaycase=0.1"),
        "magnifier": thing("", "displaycase=4 writingdesk=4 bookcase=2 windowsill=2 filingcabinet=1"),
        "marker": thing("", "writingdesk=6 filingcabinet=2 windowsill=2 stool=1 wastebasket=1 letterrack=0.1"),
        "notebook": thing("", "writingdesk=5 bookcase=5 filingcabinet=2 stool=2 windowsill=2"),
        "ruler": thing("", "writingdesk=5 filingcabinet=3 bookcase=2 windowsill=1 stool=0.1"),
        "holepunch": thing("", "writingdesk=5 filingcabinet=3 windowsill=2 stool=1"),
        "stamp": thing("", "letterrack=5 writingdesk=4 displaycase=3 filingcabinet=2"),
        "stapler": thing("", "writingdesk=6 filingcabinet=3 bookcase=2 windowsill=1"),
        "trophy": thing("", "displaycase=6 bookcase=4 windowsill=3 writingdesk=1"),
    },
)
GARAGE = _room(
    "garage",
    {
        "crate": ((1, 1), (1, 3), (2, 4)),
        "locker": ((1, 2), (2, 4), (3, 8)),
        "oildrum": ((0, 1), (1, 1), (1, 2)),
        "pegboard": _ONE,
        "tirerack": ((0, 1), (1, 1), (1, 2)),
        "toolchest": ((1, 1), (1, 2), (2, 3)),
        "sinkbasin": _ONE,
        "workbench": ((1, 1), (1, 2), (2, 3)),
    },
    {
        "bikehelmet": thing("", "pegboard=3 locker=4 tirerack=2 crate=2 workbench=1"),
        "drill": thing("", "toolchest=4 workbench=4 locker=2 crate=1"),
        "hammer": thing("clean", "toolchest=5 pegboard=4 workbench=4 crate=1 locker=1"),
        "paintbrush": thing("clean", "sinkbasin=3 workbench=3 crate=3 oildrum=2 toolchest=2"),
        "paintcan": thing("", "crate=5 locker=3 oildrum=2 workbench=2 tirerack=1"),
        "clamp": thing("clean", "toolchest=5 pegboard=4 workbench=4 locker=1"),
        "rag": thing("clean", "oildrum=3 workbench=3 sinkbasin=3 crate=2 locker=2 tirerack=1"),
        "screwdriver": thing("clean", "toolchest=5 pegboard=4 workbench=4 crate=1 locker=0.1"),
        "tapemeasure": thing("", "toolchest=4 workbench=4 pegboard=2 locker=1"),
        "worklight": thing("use", "workbench=4 pegboard=2", fixed=True),
        "wrench": thing("clean", "toolchest=5 pegboard=4 workbench=4 tirerack=1 crate=1"),
    },
)
NURSERY = _room(
    "nursery",
    {
        "sinkbasin": _ONE,
        "microwave": _ONE,
        "changingtable": _ONE,
        "crib": ((1, 1), (1, 1), (1, 2)),
        "diaperpail": ((0, 1), (1, 1), (1, 1)),
        "playmat": ((1, 1), (1, 1), (1, 2)),
        "rockingchair": ((0, 1), (1, 1), (1, 1)),
        "toychest": ((1, 1), (1, 3), (2, 4)),
        "toyrack": ((0, 1), (1, 3), (2, 6)),
        "wardrobe": ((0, 1), (1, 2), (2, 3)),
    },
    {
        "babybottle": thing("clean heat", "changingtable=4 microwave=4 crib=2 rockingchair=1 sinkbasin=0.1"),
        "bib": thing("clean", "changingtable=4 wardrobe=4 diaperpail=1 rockingchair=1 sinkbasin=1"),
        "blanket": thing("clean", "crib=5 rockingchair=4 wardrobe=3 playmat=2 changingtable=1"),
        "diaper": thing("", "changingtable=5 diaperpail=4 wardrobe=3"),
        "doll": thing("", "toychest=4 crib=3 toyrack=3 playmat=2 rockingchair=1"),
        "nightlight": thing("use", "changingtable=3 toyrack=2", fixed=True),
        "pacifier": thing("clean", "crib=5 changingtable=3 playmat=2 sinkbasin=1 toychest=0.1"),
        "picturebook": thing("", "toyrack=5 rockingchair=3 playmat=2 toychest=2 crib=1"),
        "puzzle": thing("", "toyrack=5 toychest=4 playmat=3 wardrobe=1"),
        "rattle": thing("clean", "crib=4 playmat=3 toychest=3 changingtable=1 sinkbasin=1 toyrack=0.1"),
        "toyblock": thing("clean", "toychest=5 playmat=4 toyrack=3 sinkbasin=1 crib=0.1"),
        "toycar": thing("clean", "toychest=4 playmat=4 toyrack=3 sinkbasin=1 wardrobe=0.1"),
    },
)
LAUNDRY_ROOM = _room(
    "laundry room",
    {
        "clothesline": ((1, 1), (1, 2), (1, 3)),
        "dryer": _ONE,
        "foldingtable": ((1, 1), (1, 1), (1, 2)),
        "hanger": ((0, 1), (1, 3), (2, 5)),
        "ironingboard": _ONE,
        "laundrybasket": ((1, 1), (1, 3), (2, 4)),
        "linencloset": ((1, 1), (1, 3), (2, 5)),
        "washingmachine": _ONE,
        "sinkbasin": _ONE,
    },
    {
        "apron": thing("clean", "hanger=4 laundrybasket=3 ironingboard=2 linencloset=2 washingmachine=2"),
        "clothespin": thing("", "clothesline=5 foldingtable=3 laundrybasket=3 linencloset=1"),
        "bleachbottle": thing("", "foldingtable=4 linencloset=4 ironingboard=1 laundrybasket=0.1"),
        "iron": thing("", "ironingboard=6 foldingtable=2 linencloset=2"),
        "skirt": thing("clean", "laundrybasket=5 clothesline=4 dryer=2 washingmachine=2 foldingtable=2"),
        "napkin": thing("clean", "linencloset=4 foldingtable=4 laundrybasket=3 ironingboard=2 dryer=1"),
        "pillowcase": thing(
            "clean",
            "linencloset=4 laundrybasket=4 clothesline=3 dryer=2 foldingtable=2 washingmachine=1",
        ),
        "shirt": thing("clean", "laundrybasket=4 hanger=4 clothesline=3 ironingboard=2 washingmachine=2 dryer=1"),
        "sock": thing("clean", "laundrybasket=5 clothesline=3 washingmachine=2 dryer=2 foldingtable=2 linencloset=1"),
        "tablecloth": thing("clean", "linencloset=5 foldingtable=3 clothesline=3 laundrybasket=2 dryer=1"),
    },
)
GARDEN_SHED = _room(
    "garden shed",
    {
        "compostbin": _ONE,
        "fridge": _ONE,
        "flowerbox": ((1, 1), (1, 3), (2, 5)),
        "harvestbasket": ((1, 1), (1, 2), (1, 3)),
        "pottingbench": ((1, 1), (1, 1), (1, 2)),
        "seedcabinet": ((1, 1), (2, 4), (3, 8)),
        "toolrack": ((0, 1), (1, 1), (1, 2)),
        "sinkbasin": _ONE,
        "wheelbarrow": ((0, 1), (1, 1), (1, 1)),
    },
    {
        "carrot": thing("clean cool", "harvestbasket=6 fridge=3 pottingbench=3 compostbin=2 sinkbasin=1"),
        "flowerbulb": thing("", "seedcabinet=5 flowerbox=4 pottingbench=3 harvestbasket=1"),
        "flowerpot": thing("clean", "pottingbench=5 flowerbox=4 wheelbarrow=2 toolrack=1 sinkbasin=0.1"),
        "gardenglove": thing("clean", "pottingbench=4 toolrack=3 wheelbarrow=3 flowerbox=1 seedcabinet=1"),
        "lantern": thing("use", "pottingbench=4 toolrack=2", fixed=True),
        "melon": thing("clean cool", "harvestbasket=5 fridge=4 wheelbarrow=2 compostbin=2"),
        "pumpkin": thing("clean cool", "harvestbasket=4 wheelbarrow=4 pottingbench=2 compostbin=2 fridge=1"),
        "seedpacket": thing("", "seedcabinet=7 pottingbench=4 flowerbox=2 harvestbasket=0.1"),
        "pruner": thing("clean", "toolrack=5 pottingbench=4 wheelbarrow=2 flowerbox=1"),
        "trowel": thing("clean", "toolrack=4 flowerbox=4 pottingbench=4 wheelbarrow=2 sinkbasin=1"),
        "kneepad": thing("", "pottingbench=4 seedcabinet=4 toolrack=3 harvestbasket=1"),
    },
)
PANTRY = _room(
    "pantry",
    {
        "barrel": ((0, 1), (1, 2), (1, 3)),
        "breadbin": ((0, 1), (1, 1), (1, 1)),
        "fridge": _ONE,
        "jarshelf": ((1, 1), (1, 3), (3, 6)),
        "larder": ((1, 1), (1, 3), (2, 6)),
        "microwave": _ONE,
        "servingcart": ((1, 1), (1, 1), (1, 2)),
        "trestletable": _ONE,
        "sinkbasin": _ONE,
    },
    {
        "baguette": thing("heat cool", "breadbin=6 trestletable=4 servingcart=2 fridge=1 microwave=1"),
        "cheese": thing("heat cool", "larder=6 trestletable=3 servingcart=3 fridge=1 microwave=0.1"),
        "floursack": thing("", "larder=6 jarshelf=3 barrel=2 trestletable=2"),
        "honeyjar": thing("", "jarshelf=7 larder=3 trestletable=2 servingcart=1"),
        "jamjar": thing("cool", "jarshelf=7 larder=3 servingcart=2 trestletable=2 fridge=0.1"),
        "lemon": thing("clean cool", "trestletable=4 servingcart=3 sinkbasin=2 larder=2 fridge=1 barrel=1"),
        "onion": thing("clean heat", "barrel=5 larder=3 trestletable=3 sinkbasin=2 microwave=0.1"),
        "pear": thing("clean cool", "servingcart=4 barrel=3 trestletable=3 sinkbasin=2 fridge=1"),
        "pie": thing("heat cool", "microwave=4 trestletable=4 servingcart=3 fridge=2 larder=2"),
        "sausage": thing("heat cool", "larder=4 fridge=3 microwave=2 trestletable=2 servingcart=1"),
        "tray": thing("clean heat", "microwave=3 servingcart=4 sinkbasin=3 trestletable=3 larder=1"),
    },
)

NOVEL_ROOMS = (STUDY, GARAGE, NURSERY, LAUNDRY_ROOM, GARDEN_SHED, PANTRY)
