"""Plans for the six task types of ALFWorld, in our houses and in its own games."""

from envs.household.expert import Expert, Request, Steps
from envs.household.goal import ALFWORLD_GOALS

__all__ = ["CLASSIC"]


def place(expert: Expert, ask: Request) -> Steps[None]:
    """Find, take, treat where that is asked for, and put."""
    expert.remark(ask["kind"], x=ask["object"], y=ask["receptacle"])
    yield from expert.fetch(ask["object"])
    if treatment := ALFWORLD_GOALS[ask["kind"]]:
        yield from expert.treat(treatment[0])
    yield from expert.put(expert.choose(ask["receptacle"]))


def place_two(expert: Expert, ask: Request) -> Steps[None]:
    """Find one after the other; where one lies in a fitting place already, the other is brought there."""
    memory, kind = expert.memory, ask["object"]
    expert.remark(ask["kind"], x=kind, y=ask["receptacle"])
    name = yield from expert.find(kind)
    goal = memory.where(name)
    if goal not in memory.of_kind(ask["receptacle"]):
        yield from expert.take(name)
        goal = expert.choose(ask["receptacle"])
        yield from expert.put(goal)
    while len(memory.things(kind, at=goal)) < 2:
        expert.remark("one-of-two", x=kind, place=goal)
        yield from expert.fetch(kind, away=[goal])
        yield from expert.put(goal)


def look(expert: Expert, ask: Request) -> Steps[None]:
    """Take the thing to the lamp and switch that on."""
    expert.remark(ask["kind"], x=ask["object"], y=ask["receptacle"])
    yield from expert.fetch(ask["object"])
    lamp = yield from expert.find(ask["receptacle"])
    yield from expert.act(f"use {lamp}", "use", thing=lamp)


CLASSIC = dict.fromkeys(ALFWORLD_GOALS, place) | {"pick_two_obj_and_place": place_two, "look_at_obj_in_light": look}
