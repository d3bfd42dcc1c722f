"""Task types of the split `novel` in which one has to look, count or search before one knows what to do."""

from envs.household.goals import Placed
from envs.household.houses.layout import kind_of
from envs.household.templates.base import Draft, Scene, Template, Unfit, collect, draft

__all__ = ["NOVEL_CHOICES"]

NOVEL_CHOICES: list[Template] = []


@collect(NOVEL_CHOICES, 1, 2)
def if_open(scene: Scene) -> Draft:
    """As in "If locker 2 is open, put a rag into crate 1, and if it is closed, onto the workbench."."""
    layout, item = scene.layout, scene.kind()
    door = scene.pick([place for place, opened in layout.doors.items() if opened is not None])
    layout.doors[door] = scene.rng.random() < 0.5
    yes, no = scene.pick_some([place for place in layout.homes(item) if place != door], 2)
    scene.clear(item, yes, no)
    prompt = scene.phrase(
        "If {a} is open, put {a_x} {into_b}. If it is closed, put {a_x} {into_c}.",
        "Is {a} open or closed? Open means that {a_x} goes {into_b}, closed means {into_c}.",
        "Put {a_x} {into_b} if {a} stands open, and {into_c} if it is shut.",
        "Go and see whether {a} is open. If so, bring {a_x} to {b}, if not, to {c}.",
        "{a_x} should be {in_b} when {a} is open, but {in_c} when {a} is closed. Check first.",
        thing_x=item,
        place_a=door,
        place_b=yes,
        place_c=no,
    )
    ask = {"kind": "if-open", "check": door, "object": item, "then": yes, "else": no}
    right, wrong = (yes, no) if layout.doors[door] else (no, yes)
    names = tuple(layout.things(item))
    return draft(prompt, ask, Placed(names, (right,), 1), mistakes=[Placed(names, (wrong,), 1)])


@collect(NOVEL_CHOICES, 3, 4, 5)
def by_number(scene: Scene) -> Draft:
    """As in "Count the clamps on the workbench and put a rag into the locker with that number."."""
    layout = scene.layout
    counted, item = scene.pick_some(layout.thing_kinds(), 2)
    place = scene.pick([place for place in layout.homes(counted) if layout.doors[place] is None])
    kind = scene.pick([k for k in layout.receptacle_kinds() if layout.numbers[k] > 1 and layout.fits(item, k)])
    places = layout.receptacles(kind)
    if place in places:
        raise Unfit
    scene.clear(item, *places)
    scene.clear(counted, place)
    count = scene.rng.randint(1, min(3, len(places)))
    for _ in range(count):
        layout.add(counted, place)
    prompt = scene.phrase(
        "Count the {xs} {in_a} and put {a_y} into the {z} with that number.",
        "How many {xs} are {in_a}? The answer is the number of the {z} that {a_y} has to go to.",
        "Put {a_y} in or on the {z} whose number says how many {xs} there are {in_a}.",
        "{a_y} goes to the {z} with the right number: as many as you see {xs} {in_a}.",
        thing_x=counted,
        thing_y=item,
        thing_z=kind,
        place_a=place,
    )
    ask = {"kind": "by-number", "counted": counted, "at": place, "object": item, "among": kind}
    right, names = f"{kind} {count}", tuple(layout.things(item))
    wrong = tuple(place for place in places if place != right)
    return draft(prompt, ask, Placed(names, (right,), 1), mistakes=[Placed(names, wrong, 1)])


@collect(NOVEL_CHOICES, 2, 3, 4, 5)
def empty_one(scene: Scene) -> Draft:
    """As in "All lockers but one have something in them. Put a wrench into the empty one."."""
    layout, item = scene.layout, scene.kind()
    kind = scene.pick([k for k in layout.receptacle_kinds() if 1 < layout.numbers[k] < 6 and layout.fits(item, k)])
    places = layout.receptacles(kind)
    scene.clear(item, *places)
    right = scene.pick(places)
    for name in layout.things(at=right):
        layout.where[name] = scene.pick([home for home in layout.homes(kind_of(name)) if home not in places])
    for place in places:
        if place != right and not layout.things(at=place):
            layout.add(scene.pick([k for k in layout.thing_kinds() if layout.fits(k, place) and k != item]), place)
    prompt = scene.phrase(
        "Exactly one {y} is empty. Put {a_x} there.",
        "Find the {y} with nothing in or on it, and put {a_x} into that one.",
        "All the {ys} but one are in use. {a_x} goes to the free one.",
        "Look through the {ys} until you find the empty one: that is the place for {a_x}.",
        "{a_x} belongs in the only {y} that holds nothing.",
        thing_x=item,
        thing_y=kind,
    )
    ask = {"kind": "empty-one", "object": item, "among": kind}
    names, wrong = tuple(layout.things(item)), tuple(place for place in places if place != right)
    return draft(prompt, ask, Placed(names, (right,), 1), mistakes=[Placed(names, wrong, 1)])


@collect(NOVEL_CHOICES, 3, 4)
def either_or(scene: Scene) -> Draft:
    """As in "Put a hammer onto the workbench. If there is none anywhere, a wrench will do."."""
    layout = scene.layout
    first, second = scene.pick_some(layout.thing_kinds(), 2)
    goal = scene.target(second, of=lambda place: layout.fits(first, place))
    scene.clear(first, goal)
    there = scene.rng.random() < 0.5
    if not there:
        scene.only(first, 0)
    prompt = scene.phrase(
        "Put {a_x} {into_a}. If there is no {x} anywhere, {a_y} will do.",
        "I need {a_x} {in_a}, or {a_y} if there is no {x} in the whole room.",
        "Look everywhere for {a_x} and put it {into_a}. Only when there is none, take {a_y} instead.",
        "Is there {a_x} in this room? Then put it {into_a}. If not, put {a_y} there.",
        thing_x=first,
        thing_y=second,
        place_a=goal,
    )
    ask = {"kind": "either-or", "first": first, "second": second, "to": goal}
    right, wrong = (first, second) if there else (second, first)
    mistakes = [Placed(tuple(layout.things(wrong)), (goal,), 1)] if there else []
    return draft(prompt, ask, Placed(tuple(layout.things(right)), (goal,), 1), mistakes=mistakes)


@collect(NOVEL_CHOICES, 2, 3, 4)
def more_common(scene: Scene) -> Draft:
    """As in "Are there more rags or more clamps on the workbench? Put all of the kind with more into crate 1."."""
    layout = scene.layout
    one, other = scene.pick_some(layout.thing_kinds(), 2)
    place = scene.pick([place for place in layout.homes(one) if layout.fits(other, place)])
    goal = scene.target(one, avoid=[place], of=lambda place: layout.fits(other, place))
    scene.clear(one, place, goal)
    scene.clear(other, place, goal)
    names = {kind: tuple(layout.add(kind, place) for _ in range(n)) for kind, n in ((one, 2), (other, 1))}
    pair = scene.pick_some([one, other], 2)
    prompt = scene.phrase(
        "Are there more {xs} or more {ys} {in_a}? Put all of those that are more {into_b}.",
        "Count the {xs} and the {ys} {in_a}, and move the kind of which there are more {into_b}.",
        "Of {xs} and {ys}, one kind is more common {in_a}. Everything of that kind goes {into_b}.",
        "If there are more {xs} than {ys} {in_a}, put the {xs} from there {into_b}, otherwise the {ys}.",
        thing_x=pair[0],
        thing_y=pair[1],
        place_a=place,
        place_b=goal,
    )
    ask = {"kind": "more-common", "kinds": pair, "from": place, "to": goal}
    return draft(prompt, ask, Placed(names[one], (goal,)), mistakes=[Placed(names[other], (goal,))])
