"""The six task types of ALFWorld, in houses of our own."""

from envs.household.goal import ALFWORLD_GOALS, AlfworldGoal
from envs.household.houses.layout import kind_of
from envs.household.simulator import APPLIANCES
from envs.household.templates.base import Draft, Scene, Template, Unfit

__all__ = ["CLASSIC"]

_ALFWORLD = {
    "pick_and_place_simple": ("put some {x} on {y}.", "put a {x} in {y}."),
    "pick_clean_then_place_in_recep": ("put a clean {x} in {y}.", "clean some {x} and put it in {y}."),
    "pick_heat_then_place_in_recep": ("put a hot {x} in {y}.", "heat some {x} and put it in {y}."),
    "pick_cool_then_place_in_recep": ("put a cool {x} in {y}.", "cool some {x} and put it in {y}."),
    "pick_two_obj_and_place": ("put two {x} in {y}.", "find two {x} and put them in {y}."),
    "look_at_obj_in_light": ("look at {x} under the {y}.", "examine the {x} with the {y}."),
}
"""ALFWorld's own words."""

_PEOPLE = {
    "pick_and_place_simple": (
        "Put {a_x} {into_y}, please.",
        "There should be {a_x} {in_y}. Can you see to it?",
        "Find {a_x} and put it {into_y}.",
        "I would like to have {a_x} {in_y}.",
        "Go and look for {a_x}. It belongs {in_y}.",
        "Could you bring {a_x} to {y}? I need it there.",
    ),
    "pick_clean_then_place_in_recep": (
        "Wash {a_x} and put it {into_y}.",
        "Please put {a_x} {into_y}, but clean it first.",
        "I need a clean {x} {in_y}.",
        "Could you rinse {a_x} for me? Then it goes {into_y}.",
        "Find {a_x}, clean it, and leave it {in_y}.",
        "Only a clean {x} may go {into_y}. Get me one there.",
    ),
    "pick_heat_then_place_in_recep": (
        "Heat {a_x} and put it {into_y}.",
        "Please warm up {a_x}, then put it {into_y}.",
        "I want a hot {x} {in_y}.",
        "Could you make {a_x} hot and leave it {in_y}?",
        "Find {a_x}, heat it up, and bring it to {y}.",
        "Put {a_x} {into_y}. It has to be hot by then.",
    ),
    "pick_cool_then_place_in_recep": (
        "Cool {a_x} and put it {into_y}.",
        "Please chill {a_x}, then put it {into_y}.",
        "I want a cold {x} {in_y}.",
        "Could you cool down {a_x} and leave it {in_y}?",
        "Find {a_x}, make it cold, and bring it to {y}.",
        "Put {a_x} {into_y}. It has to be cold by then.",
    ),
    "pick_two_obj_and_place": (
        "Put two {xs} {into_y}, both in the same place.",
        "Two {xs} should be together {in_y}, please.",
        "Find two {xs} and leave both of them together {in_y}.",
        "I need two {xs} side by side {in_y}.",
        "Could you get two {xs} and put them {into_y}, next to each other?",
        "Look for two {xs}. Both belong {in_y}, in one place.",
    ),
    "look_at_obj_in_light": (
        "Take {a_x} to {y} and look at it in its light.",
        "I want to see {a_x} under {y}. Switch it on.",
        "Hold {a_x} under {y} with the light on, please.",
        "Could you examine {a_x} by the light of {y}?",
        "Find {a_x} and have a look at it under {y}.",
        "Turn {y} on while you hold {a_x} beside it.",
    ),
}
"""The same as people say it."""


def _draft(scene: Scene, kind: str, item: str, place: str) -> Draft:
    goal = AlfworldGoal(kind, item, place).to_data()
    if scene.rng.random() < 0.5:
        return Draft("Your task is to: " + scene.pick(_ALFWORLD[kind]).format(x=item, y=place), goal, goal)
    return Draft(scene.phrase(*_PEOPLE[kind], thing_x=item, kind_y=place), goal, goal)


def _destination(scene: Scene, item: str, avoid: str | None = None) -> str:
    """A kind of receptacle for things of a kind, none of which is in one yet."""
    layout = scene.layout
    here = {kind_of(layout.where[name]) for name in layout.things(item)} | {avoid}
    return scene.pick([kind for kind in layout.receptacle_kinds() if layout.fits(item, kind) and kind not in here])


def _place(kind: str, able: str):
    def make(scene: Scene) -> Draft:
        item = scene.kind(able)
        return _draft(scene, kind, item, _destination(scene, item, avoid=APPLIANCES.get(able)))

    return make


def _two(scene: Scene) -> Draft:
    item = scene.kind()
    place = _destination(scene, item)
    if len(scene.layout.things(item)) < 2:
        scene.only(item, 2)
        scene.clear(item, *scene.layout.receptacles(place))
    return _draft(scene, "pick_two_obj_and_place", item, place)


def _look(scene: Scene) -> Draft:
    layout = scene.layout
    lamp = scene.pick([kind for kind in layout.room.things if "use" in layout.room.catalog[kind].can])
    if not layout.homes(lamp):
        raise Unfit
    scene.only(lamp, 1)
    return _draft(scene, "look_at_obj_in_light", scene.kind(), lamp)


_MAKE = {
    "pick_and_place_simple": ((1, 2, 3, 4, 5), _place("pick_and_place_simple", "take")),
    "pick_clean_then_place_in_recep": ((1, 2, 3, 4, 5), _place("pick_clean_then_place_in_recep", "clean")),
    "pick_heat_then_place_in_recep": ((1, 2, 3, 4, 5), _place("pick_heat_then_place_in_recep", "heat")),
    "pick_cool_then_place_in_recep": ((1, 2, 3, 4, 5), _place("pick_cool_then_place_in_recep", "cool")),
    "pick_two_obj_and_place": ((3, 4, 5), _two),
    "look_at_obj_in_light": ((1, 2, 3, 4, 5), _look),
}
CLASSIC: list[Template] = [Template(kind, *_MAKE[kind]) for kind in ALFWORLD_GOALS]
