"""Tasks of washing, heating, cooling, slicing, opening and closing, difficulties 1 to 5."""

from envs.household.goals import Doors, Placed
from envs.household.houses.layout import kind_of
from envs.household.simulator import APPLIANCES
from envs.household.templates.base import Draft, Scene, Template, collect, draft

__all__ = ["TENDING"]

TENDING: list[Template] = []
_STATES = {"clean": "clean", "heat": "hot", "cool": "cool"}


@collect(TENDING, 1, 2, 3)
def treat_and_return(scene: Scene) -> Draft:
    """As in "Wash the mug on shelf 2 and put it back there."."""
    layout = scene.layout
    verb = scene.pick(["clean", "clean", "heat", "cool"])
    item = scene.kind(verb)
    place = scene.pick([place for place in layout.homes(item) if kind_of(place) != APPLIANCES[verb]])
    scene.clear(item, place)
    name = layout.add(item, place)
    prompt = scene.phrase(
        "{do} the {x} that is {in_a} and put it back there.",
        "There is {a_x} {in_a}. {do} it and bring it back to its place.",
        "{do} the {x} from {a}, please, and return it to where it was.",
        "The {x} {in_a} has to be {done}. It must be back {in_a} afterwards.",
        "Take the {x} from {a}, {do_too} it, and put it where you found it.",
        thing_x=item,
        place_a=place,
        do={"clean": "Wash", "heat": "Heat", "cool": "Cool"}[verb],
        do_too={"clean": "clean", "heat": "heat", "cool": "chill"}[verb],
        done={"clean": "cleaned", "heat": "heated", "cool": "cooled"}[verb],
    )
    ask = {"kind": "treat-and-return", "verb": verb, "object": item, "at": place}
    return draft(prompt, ask, Placed((name,), (place,), states=(_STATES[verb],)))


@collect(TENDING, 3, 4, 5)
def sliced(scene: Scene) -> Draft:
    """As in "Put a sliced tomato onto the dining table."."""
    layout, item = scene.layout, scene.kind("slice")
    knife = scene.pick(["knife", "butterknife"])
    if not layout.things("knife", "butterknife"):
        layout.add(knife)
    goal = scene.target(item)
    prompt = scene.phrase(
        "Put a sliced {x} {into_y}.",
        "Slice {a_x} and put it {into_y}.",
        "I need {a_x} {in_y}, cut up with a knife.",
        "Could you find a knife, slice {a_x} and leave it {in_y}?",
        "Please cut {a_x} and bring it to {y}.",
        thing_x=item,
        place_y=goal,
    )
    ask = {"kind": "sliced", "object": item, "to": goal}
    return draft(prompt, ask, Placed(tuple(layout.things(item)), (goal,), 1, ("sliced",)))


@collect(TENDING, 4, 5)
def hot_and_cold(scene: Scene) -> Draft:
    """As in "Put a hot potato and a cold cup onto the dining table."."""
    layout, hot = scene.layout, scene.kind("heat")
    cold = scene.kind("cool", of=lambda kind: kind != hot)
    goal = scene.target(hot, of=lambda place: layout.fits(cold, place) and kind_of(place) not in APPLIANCES.values())
    scene.clear(cold, goal)
    prompt = scene.phrase(
        "Put a hot {x} and a cold {y} {into_a}.",
        "Heat {a_x}, cool {a_y}, and put both {into_a}.",
        "I would like a warm {x} and a chilled {y} {in_a}, please.",
        "Two things should be {in_a}: {a_x} that is hot and {a_y} that is cold.",
        "Could you heat {a_x} and chill {a_y}? Leave both {in_a}.",
        thing_x=hot,
        thing_y=cold,
        place_a=goal,
    )
    ask = {"kind": "hot-and-cold", "hot": hot, "cool": cold, "to": goal}
    conditions = [
        Placed(tuple(layout.things(item)), (goal,), 1, (state,)) for item, state in ((hot, "hot"), (cold, "cool"))
    ]
    return draft(prompt, ask, *conditions)


def _closed(scene: Scene, kind: str) -> str:
    """A receptacle with a closed door that can hold things of a kind."""
    return scene.pick([place for place in scene.layout.homes(kind) if scene.layout.doors[place] is False])


@collect(TENDING, 1, 2, 3)
def fetch_and_close(scene: Scene) -> Draft:
    """As in "Get an egg out of the fridge, put it onto the counter top, and close the fridge again."."""
    layout, item = scene.layout, scene.kind()
    source = _closed(scene, item)
    if not layout.things(item, at=source):
        layout.add(item, source)
    goal = scene.target(item)
    prompt = scene.phrase(
        "Get {a_x} out of {a} and put it {into_b}. Leave {a} closed.",
        "There is {a_x} {in_a}. I want it {in_b}, and {a} has to be shut afterwards.",
        "Please take {a_x} from {a}, close {a} again, and put the {x} {into_b}.",
        "Bring {a_x} from {a} to {b}, but do not leave {a} open.",
        "Could you put {a_x} {into_b}? You find one {in_a}. Remember to close {a}.",
        thing_x=item,
        place_a=source,
        place_b=goal,
    )
    ask = {"kind": "fetch-and-close", "object": item, "from": source, "to": goal}
    names = tuple(layout.things(item, at=source))
    return draft(prompt, ask, Placed(names, (goal,), 1), Doors((source,), False))


@collect(TENDING, 1, 2, 3, 4)
def put_away(scene: Scene) -> Draft:
    """As in "Put a bowl into cabinet 3 and close the door."."""
    layout, item = scene.layout, scene.kind()
    goal = _closed(scene, item)
    scene.clear(item, goal)
    prompt = scene.phrase(
        "Put {a_x} {into_a} and close {a} again.",
        "Store {a_x} {in_a} and leave {a} closed in the end.",
        "Please put {a_x} away: {into_a}, and shut it.",
        "I want {a_x} {in_a}, out of sight, with {a} closed.",
        "Could you find {a_x} and put it {into_a}? Do not leave {a} open.",
        thing_x=item,
        place_a=goal,
    )
    ask = {"kind": "put-away", "object": item, "to": goal}
    return draft(prompt, ask, Placed(tuple(layout.things(item)), (goal,), 1), Doors((goal,), False))


@collect(TENDING, 2, 3, 4)
def close_up(scene: Scene) -> Draft:
    """As in "Close every drawer that is open, and put a pen onto the desk."."""
    layout = scene.layout
    kind = scene.pick([kind for kind in layout.receptacle_kinds() if 1 < layout.numbers[kind] <= 6])
    places = [place for place in layout.receptacles(kind) if layout.doors[place] is not None]
    for place in scene.pick_some(places, 1 if scene.difficulty == 2 else 2):
        layout.doors[place] = True
    item = scene.kind()
    goal = scene.target(item, avoid=places)
    prompt = scene.phrase(
        "Close every {y} that is open, and put {a_x} {into_a}.",
        "No {y} may be left open in here. And put {a_x} {into_a}, please.",
        "Please bring {a_x} to {a} and see to it that all the {ys} are closed.",
        "Tidy up: the {ys} have to be shut, all of them, and {a_x} belongs {in_a}.",
        "Close all the {ys} that you find open, and bring {a_x} to {a} as well.",
        thing_x=item,
        thing_y=kind,
        place_a=goal,
    )
    ask = {"kind": "close-up", "doors": kind, "object": item, "to": goal}
    return draft(prompt, ask, Doors(tuple(places), False), Placed(tuple(layout.things(item)), (goal,), 1))
