"""Tasks in which one has to look before one knows what to do. The wrong choice loses the task."""

from envs.household.goals import Placed
from envs.household.templates.base import Draft, Scene, Template, Unfit, collect, draft

__all__ = ["CHOOSING"]

CHOOSING: list[Template] = []


@collect(CHOOSING, 1, 2, 3, 4)
def if_present(scene: Scene) -> Draft:
    """As in "If there is an egg in the fridge, put an apple into the microwave, otherwise into the sink basin."."""
    layout = scene.layout
    sign, item = scene.pick_some(layout.thing_kinds(), 2)
    looked_at = scene.pick(list(layout.homes(sign)))
    places = [place for place in layout.homes(item) if place != looked_at]
    yes, no = scene.pick_some(places, 2)
    scene.clear(item, yes, no)
    scene.clear(sign, looked_at)
    present = scene.rng.random() < 0.5
    if present:
        layout.add(sign, looked_at)
    right, wrong = (yes, no) if present else (no, yes)
    prompt = scene.phrase(
        "If there is {a_x} {in_a}, put {a_y} {into_b}. Otherwise put {a_y} {into_c}.",
        "Look {in_a}. Is there {a_x}? Then {a_y} goes {into_b}, else {into_c}.",
        "Put {a_y} {into_b} if you find {a_x} {in_a}, and {into_c} if you do not.",
        "Where {a_y} has to go depends on {a}: {into_b} if there is {a_x} there, {into_c} if not.",
        "Check {a} for {a_x}. If you see one, put {a_y} {into_b}, if not, put it {into_c}.",
        thing_x=sign,
        thing_y=item,
        place_a=looked_at,
        place_b=yes,
        place_c=no,
    )
    ask = {"kind": "if-present", "sign": sign, "check": looked_at, "object": item, "then": yes, "else": no}
    names = tuple(layout.things(item))
    return draft(prompt, ask, Placed(names, (right,), 1), mistakes=[Placed(names, (wrong,), 1)])


@collect(CHOOSING, 2, 3, 4)
def fuller_place(scene: Scene) -> Draft:
    """As in "Put a pen onto the side table that has more things on it, 1 or 2."."""
    layout, item = scene.layout, scene.kind()
    one, other = scene.pick_some(list(layout.homes(item)), 2)
    scene.clear(item, one, other)
    more = scene.rng.random() < 0.5
    if len(layout.things(at=one)) == len(layout.things(at=other)):
        kind = scene.pick([kind for kind in layout.thing_kinds() if layout.fits(kind, one) and kind != item])
        layout.add(kind, one)
    right, wrong = (one, other) if (len(layout.things(at=one)) > len(layout.things(at=other))) == more else (other, one)
    if max(len(layout.things(at=place)) for place in (one, other)) > 8:
        raise Unfit
    prompt = scene.phrase(
        "Compare {a} and {b}: put {a_x} where there are {more} things.",
        "Which has {more} things in or on it, {a} or {b}? That is where {a_x} has to go.",
        "Put {a_x} {into_a} or {into_b}, whichever of the two holds {more} things now.",
        "Count what is {in_a} and what is {in_b}. {a_x} goes to the place with {more} things.",
        "I want {a_x} in the {emptier} one of these two: {a}, {b}.",
        thing_x=item,
        place_a=one,
        place_b=other,
        more="more" if more else "fewer",
        emptier="fuller" if more else "emptier",
    )
    ask = {"kind": "fuller-place", "object": item, "places": [one, other], "more": more}
    names = tuple(layout.things(item))
    return draft(prompt, ask, Placed(names, (right,), 1), mistakes=[Placed(names, (wrong,), 1)])
