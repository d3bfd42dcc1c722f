"""Tasks of carrying things from place to place, difficulties 1 to 5."""

from envs.household.english import number, plural, spoken
from envs.household.goals import Lamps, Placed
from envs.household.templates.base import Draft, Scene, Template, Unfit, collect, draft

__all__ = ["MOVING"]

MOVING: list[Template] = []


@collect(MOVING, 2, 3, 4)
def move_all(scene: Scene) -> Draft:
    """As in "Move all the apples from the fridge to countertop 2."."""
    layout, item = scene.layout, scene.kind()
    source = scene.pick(list(layout.homes(item)))
    count = 3 if scene.difficulty == 4 else 2
    while len(layout.things(item, at=source)) < count:
        layout.add(item, source)
    goal = scene.target(item)
    names = layout.things(item, at=source)
    prompt = scene.phrase(
        "Move all the {xs} that are {in_a} {into_b}.",
        "Please bring every {x} from {a} to {b}.",
        "No {x} should stay {in_a}: put them all {into_b}.",
        "I want the {xs} from {a} {in_b} instead, all of them.",
        "Take every {x} that you find {in_a} and put it {into_b}.",
        "Could you clear {a} of {xs}? They belong {in_b}.",
        thing_x=item,
        place_a=source,
        place_b=goal,
    )
    ask = {"kind": "move-all", "object": item, "from": source, "to": goal}
    return draft(prompt, ask, Placed(tuple(names), (goal,)))


@collect(MOVING, 3, 4, 5)
def gather_all(scene: Scene) -> Draft:
    """As in "Put all three pens into drawer 2."."""
    item = scene.kind()
    count = 3 if scene.difficulty < 5 else scene.pick([3, 4])
    names = scene.only(item, count)
    goal = scene.target(item)
    prompt = scene.phrase(
        "There are {count} {xs} in this room. Put all of them {into_y}.",
        "Gather all {count} {xs} {in_y}, please.",
        "I count {count} {xs} in here, and every one belongs {in_y}.",
        "All {count} {xs} have to end up {in_y}.",
        "Could you collect the {count} {xs} and leave them {in_y}?",
        "Someone left {count} {xs} lying around. Find them all and put them {into_y}.",
        thing_x=item,
        place_y=goal,
        count=number(count),
    )
    ask = {"kind": "gather-all", "object": item, "count": count, "to": goal}
    return draft(prompt, ask, Placed(tuple(names), (goal,)))


@collect(MOVING, 3, 4)
def two_errands(scene: Scene) -> Draft:
    """As in "Put a pen into the desk and a book onto the bed."."""
    layout = scene.layout
    items = scene.pick_some(layout.thing_kinds(), 2)
    goals = [scene.target(item) for item in items]
    first, second = goals
    if first == second:
        raise Unfit
    prompt = scene.phrase(
        "Put {a_x} {into_a} and {a_y} {into_b}.",
        "Two things, please: {a_x} goes {into_a}, and {a_y} goes {into_b}.",
        "I need {a_x} {in_a} and {a_y} {in_b}.",
        "Could you bring {a_x} to {a} and {a_y} to {b}?",
        "First put {a_x} {into_a}. When that is done, put {a_y} {into_b}.",
        "{a_x} belongs {in_a}, {a_y} {in_b}. Please see to both.",
        thing_x=items[0],
        thing_y=items[1],
        place_a=first,
        place_b=second,
    )
    ask = {"kind": "two-errands", "errands": [[items[0], first], [items[1], second]]}
    conditions = [Placed(tuple(layout.things(item)), (goal,), 1) for item, goal in zip(items, goals, strict=True)]
    return draft(prompt, ask, *conditions)


@collect(MOVING, 3, 4, 5)
def sort_out(scene: Scene) -> Draft:
    """As in "Both books belong on the bed, and all three pens in drawer 2."."""
    layout = scene.layout
    items = scene.pick_some(layout.thing_kinds(), 2)
    counts = [2, scene.pick([1, 2])] if scene.difficulty < 5 else [2, 2]
    names = [scene.only(item, count) for item, count in zip(items, counts, strict=True)]
    first = scene.target(items[0])
    second = scene.target(items[1], avoid=[first])
    rest = f"the {spoken(items[1])}" if counts[1] == 1 else f"the two {plural(spoken(items[1]))}"
    prompt = scene.phrase(
        "Please tidy up: both {xs} go {into_a}, and {rest} {into_b}.",
        "In this house {xs} are kept {in_a} and {ys} {in_b}. Put the two {xs} and {rest} where they belong.",
        "Sort things out for me. The two {xs}: {into_a}. And {rest}: {into_b}.",
        "Both {xs} should be {in_a}, {rest} should be {in_b}.",
        "I want the two {xs} {in_a} and {rest} {in_b}. Nothing else has to move.",
        thing_x=items[0],
        thing_y=items[1],
        place_a=first,
        place_b=second,
        rest=rest,
    )
    ask = {"kind": "sort-out", "rules": [[items[0], counts[0], first], [items[1], counts[1], second]]}
    return draft(prompt, ask, Placed(tuple(names[0]), (first,)), Placed(tuple(names[1]), (second,)))


@collect(MOVING, 1, 2, 3)
def swap(scene: Scene) -> Draft:
    """As in "Swap the book on the bed and the laptop on desk 1."."""
    layout = scene.layout
    first, second = scene.pick_some(layout.thing_kinds(), 2)
    here = scene.pick([place for place in layout.homes(first) if layout.fits(second, place)])
    there = scene.pick([place for place in layout.homes(second) if layout.fits(first, place) and place != here])
    one, other = _alone(scene, first, here, there), _alone(scene, second, there, here)
    prompt = scene.phrase(
        "Swap the {x} {in_a} and the {y} {in_b}.",
        "There is {a_x} {in_a} and {a_y} {in_b}. Let them change places.",
        "Please exchange the {x} {in_a} for the {y} {in_b}.",
        "The {x} {in_a} should be {in_b}, and the {y} from there {in_a}.",
        "Someone mixed up two things: the {x} {in_a} belongs {in_b}, the {y} {in_b} belongs {in_a}.",
        thing_x=first,
        thing_y=second,
        place_a=here,
        place_b=there,
    )
    ask = {"kind": "swap", "first": [first, here], "second": [second, there]}
    return draft(prompt, ask, Placed((one,), (there,)), Placed((other,), (here,)))


def _alone(scene: Scene, kind: str, here: str, there: str) -> str:
    """Put one thing of a kind into a place, and no other of its kind there or into another place."""
    scene.clear(kind, here, there)
    return scene.layout.add(kind, here)


@collect(MOVING, 2, 3, 4)
def keep_company(scene: Scene) -> Draft:
    """As in "Put a mug where the kettle is."."""
    layout = scene.layout
    item, other = scene.pick_some(layout.thing_kinds(), 2)
    scene.only(other, 1)
    goal = layout.where[f"{other} 1"]
    if not layout.fits(item, goal):
        raise Unfit
    scene.clear(item, goal)
    prompt = scene.phrase(
        "Put {a_x} where the {y} is.",
        "There is one {y} in this room. Put {a_x} beside it.",
        "Find out where the {y} is and bring {a_x} there.",
        "I want {a_x} next to the {y}. Leave the {y} where it is.",
        "Could you place {a_x} with the {y}, wherever that is?",
        "{a_x} should lie in the same place as the {y}.",
        thing_x=item,
        thing_y=other,
    )
    ask = {"kind": "keep-company", "object": item, "beside": other}
    return draft(prompt, ask, Placed(tuple(layout.things(item)), (goal,), 1), Placed((f"{other} 1",), (goal,)))


@collect(MOVING, 2, 3, 4, 5)
def light_up(scene: Scene) -> Draft:
    """As in "Lay a book by the desk lamp and switch the lamp on."."""
    layout = scene.layout
    lamp = scene.pick([kind for kind in layout.room.things if "use" in layout.room.catalog[kind].can])
    if not layout.homes(lamp):
        raise Unfit
    (name,) = scene.only(lamp, 1)
    goal = layout.where[name]
    item = scene.kind(of=lambda kind: layout.fits(kind, goal))
    scene.clear(item, goal)
    prompt = scene.phrase(
        "Lay {a_x} by the {y} and switch the {y} on.",
        "I am going to need {a_x} in good light: put one beside the {y} and turn it on.",
        "Put {a_x} next to the {y}, with the light on.",
        "Please turn on the {y} and leave {a_x} where it stands.",
        "Could you switch on the {y} and bring {a_x} to it?",
        thing_x=item,
        thing_y=lamp,
    )
    ask = {"kind": "light-up", "object": item, "lamp": lamp}
    return draft(prompt, ask, Placed(tuple(layout.things(item)), (goal,), 1), Lamps((name,)))
