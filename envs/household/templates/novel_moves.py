"""Task types of the split `novel`: carrying, cleaning and putting in order."""

from envs.household.english import a, join, number, spoken
from envs.household.goals import Placed
from envs.household.houses.layout import kind_of
from envs.household.templates.base import Draft, Scene, Template, Unfit, collect, draft

__all__ = ["NOVEL_MOVES"]

NOVEL_MOVES: list[Template] = []


@collect(NOVEL_MOVES, 1, 2, 3, 4)
def leave_one(scene: Scene) -> Draft:
    """As in "Leave one hammer on the workbench and put the others into the tool chest."."""
    layout, item = scene.layout, scene.kind()
    source = scene.pick(list(layout.homes(item)))
    scene.clear(item, source)
    names = tuple(layout.add(item, source) for _ in range({1: 2, 2: 2, 3: 3, 4: 4}[scene.difficulty]))
    goal = scene.target(item)
    prompt = scene.phrase(
        "Leave exactly one {x} {in_a} and put the others from there {into_b}.",
        "Only one {x} is needed {in_a}. Every other {x} that lies there goes {into_b}.",
        "There are too many {xs} {in_a}. Keep one there, the rest belongs {in_b}.",
        "Please move the {xs} from {a} to {b}, but let a single one stay.",
        "I want all the {xs} of {a} {in_b}, except one.",
        thing_x=item,
        place_a=source,
        place_b=goal,
    )
    ask = {"kind": "leave-one", "object": item, "from": source, "to": goal}
    return draft(prompt, ask, Placed(names, (source,), 1), Placed(names, (goal,), len(names) - 1))


@collect(NOVEL_MOVES, 1, 2, 3, 4)
def empty_out(scene: Scene) -> Draft:
    """As in "Empty crate 1: whatever is in it goes onto the workbench."."""
    layout = scene.layout
    source, goal = scene.pick_some(layout.receptacles(), 2)
    count = {1: 1, 2: 2, 3: 3, 4: 4}[scene.difficulty]
    fitting = [kind for kind in layout.thing_kinds() if layout.fits(kind, source) and layout.fits(kind, goal)]
    for kind in scene.pick_some(fitting, max(count - len(layout.things(at=source)), 0)):
        layout.add(kind, source)
    names = tuple(layout.things(at=source))
    if len(names) != count or any(kind not in fitting for kind in map(kind_of, names)):
        raise Unfit
    prompt = scene.phrase(
        "Empty {a}: whatever is {in_a} goes {into_b}.",
        "Nothing may be left {in_a}. Put it all {into_b}.",
        "Please clear out {a} and move what you find to {b}.",
        "I need {a} empty. Everything from there can go {into_b}.",
        "Could you take everything from {a} and put it {into_b}?",
        place_a=source,
        place_b=goal,
    )
    return draft(prompt, {"kind": "empty-out", "from": source, "to": goal}, Placed(names, (goal,)))


@collect(NOVEL_MOVES, 3, 4)
def exchange(scene: Scene) -> Draft:
    """As in "Exchange the contents of locker 1 and locker 2."."""
    layout = scene.layout
    one, other = scene.pick_some(layout.receptacles(), 2)
    for place in (one, other):
        if not layout.things(at=place):
            fitting = [kind for kind in layout.thing_kinds() if layout.fits(kind, one) and layout.fits(kind, other)]
            layout.add(scene.pick(fitting), place)
    here, there = (tuple(layout.things(at=place)) for place in (one, other))
    if len(here) + len(there) > (3 if scene.difficulty == 3 else 4):
        raise Unfit
    for name in here + there:
        if layout.fixed(kind_of(name)) or not {one, other} <= layout.homes(kind_of(name)).keys():
            raise Unfit
    prompt = scene.phrase(
        "Exchange what is {in_a} for what is {in_b}.",
        "Everything {in_a} should be {in_b}, and everything that is {in_b} now should be {in_a}.",
        "Swap the whole contents of {a} and {b}, please.",
        "{a} and {b} got mixed up: all that is {in_a} belongs {in_b} and the other way round.",
        "Could you let {a} and {b} change contents? All of it, both ways.",
        place_a=one,
        place_b=other,
    )
    return draft(prompt, {"kind": "exchange", "places": [one, other]}, Placed(here, (other,)), Placed(there, (one,)))


@collect(NOVEL_MOVES, 3, 4)
def rotate(scene: Scene) -> Draft:
    """As in "The doll in the crib goes to the play mat, the rattle from there into the toy chest, ..."."""
    layout = scene.layout
    items = scene.pick_some(layout.thing_kinds(), 3)
    shared = [place for place in layout.receptacles() if all(layout.fits(item, place) for item in items)]
    places = scene.pick_some(shared, 3)
    for item in items:
        scene.clear(item, *places)
    names = [layout.add(item, place) for item, place in zip(items, places, strict=True)]
    prompt = scene.phrase(
        "Let three things change places: the {x} {in_a} goes {into_b}, the {y} {in_b} goes {into_c}, "
        "and the {z} {in_c} goes {into_a}.",
        "Move the {x} from {a} to {b}, the {y} from {b} to {c}, and the {z} from {c} to {a}.",
        "The {x} {in_a} belongs {in_b}, the {y} that is {in_b} belongs {in_c}, and the {z} {in_c} belongs {in_a}. "
        "Please put them right.",
        "Three things are one place off. {x_cap}: from {a} to {b}. {y_cap}: from {b} to {c}. {z_cap}: from {c} to {a}.",
        **{f"thing_{letter}": item for letter, item in zip("xyz", items, strict=True)},
        **{f"place_{letter}": place for letter, place in zip("abc", places, strict=True)},
        **{f"{letter}_cap": spoken(item).capitalize() for letter, item in zip("xyz", items, strict=True)},
    )
    ask = {"kind": "rotate", "items": items, "places": places}
    goals = [*places[1:], places[0]]
    return draft(prompt, ask, *(Placed((name,), (goal,)) for name, goal in zip(names, goals, strict=True)))


@collect(NOVEL_MOVES, 3, 4)
def clean_all(scene: Scene) -> Draft:
    """As in "Wash both bibs and put each back where it was."."""
    layout, item = scene.layout, scene.kind("clean")
    names = scene.only(item, 2 if scene.difficulty < 4 else 3)
    count = "both" if len(names) == 2 else f"all {number(len(names))}"
    prompt = scene.phrase(
        "Wash {count} {xs} and put each back where you found it.",
        "Clean {count} {xs} in this room. In the end each has to be where it is now.",
        "I want {count} {xs} washed and returned to their places.",
        "Could you clean {count} {xs}? Bring every one back to the place it came from.",
        thing_x=item,
        count=count,
    )
    ask = {"kind": "clean-all", "object": item, "count": len(names)}
    return draft(prompt, ask, *(Placed((name,), (layout.where[name],), states=("clean",)) for name in names))


@collect(NOVEL_MOVES, 3, 4, 5)
def one_of_each(scene: Scene) -> Draft:
    """As in "Pack a rag, a drill and a paint can into crate 1."."""
    layout = scene.layout
    goal = scene.pick(layout.receptacles())
    items = scene.pick_some([kind for kind in layout.thing_kinds() if layout.fits(kind, goal)], 3)
    for item in items:
        scene.clear(item, goal)
    prompt = scene.phrase(
        "Pack {these} {into_a}.",
        "I need {these} together {in_a}.",
        "Bring the following to {a}: {these}.",
        "Please get {these} and put them all {into_a}.",
        "Could you collect {these} for me? They go {into_a}.",
        place_a=goal,
        these=join([a(spoken(item)) for item in items]),
    )
    ask = {"kind": "one-of-each", "objects": items, "to": goal}
    return draft(prompt, ask, *(Placed(tuple(layout.things(item)), (goal,), 1) for item in items))
