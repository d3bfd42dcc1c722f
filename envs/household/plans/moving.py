"""Plans for tasks of carrying things."""

from envs.household.english import counted
from envs.household.expert import Expert, Request, Steps

__all__ = ["MOVING", "bring_all"]


def bring_all(expert: Expert, names: list[str], goal: str) -> Steps[None]:
    """Carry things that have been seen to a place, one after the other."""
    for name in names:
        yield from expert.take(name)
        yield from expert.put(goal)


def bring(expert: Expert, kind: str, count: int, goal: str) -> Steps[None]:
    """See to it that so many things of a kind are in a place, which may hold some of them already."""
    while len(expert.memory.things(kind, at=goal)) < count:
        yield from expert.fetch(kind, away=[goal])
        yield from expert.put(goal)


def move_all(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("move-all", x=ask["object"], a=ask["from"], b=ask["to"])
    yield from expert.inspect(ask["from"])
    names = expert.memory.things(ask["object"], at=ask["from"])
    expert.remark("count", count=counted(len(names), ask["object"]), place=ask["from"])
    yield from bring_all(expert, names, ask["to"])


def gather_all(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("gather-all", x=ask["object"], count=counted(ask["count"], ask["object"]), y=ask["to"])
    yield from bring(expert, ask["object"], ask["count"], ask["to"])


def two_errands(expert: Expert, ask: Request) -> Steps[None]:
    (first, here), (second, there) = ask["errands"]
    expert.remark("two-errands", x=first, a=here, y=second, b=there)
    yield from bring(expert, first, 1, here)
    expert.remark("half-done", x=second, place=there)
    yield from bring(expert, second, 1, there)


def sort_out(expert: Expert, ask: Request) -> Steps[None]:
    (first, several, here), (second, some, there) = ask["rules"]
    expert.remark("sort-out", x=first, a=here, y=second, b=there)
    yield from bring(expert, first, several, here)
    expert.remark("half-done", x=second, place=there)
    yield from bring(expert, second, some, there)


def swap(expert: Expert, ask: Request) -> Steps[None]:
    (first, here), (second, there) = ask["first"], ask["second"]
    expert.remark("swap", x=first, a=here, y=second, b=there)
    yield from expert.inspect(here)
    yield from expert.take(expert.memory.things(first, at=here)[0])
    yield from expert.reach(there, "carry", thing=expert.memory.holding)
    other = expert.memory.things(second, at=there)[0]
    yield from expert.put(there)
    yield from expert.take(other)
    yield from expert.put(here)


def keep_company(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("keep-company", x=ask["object"], y=ask["beside"])
    other = yield from expert.find(ask["beside"])
    goal = expert.memory.where(other)
    expert.remark("goal-found", y=other, place=goal, x=ask["object"])
    yield from bring(expert, ask["object"], 1, goal)


def light_up(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("light-up", x=ask["object"], y=ask["lamp"])
    lamp = yield from expert.find(ask["lamp"])
    goal = expert.memory.where(lamp)
    yield from expert.act(f"use {lamp}", "use", thing=lamp)
    expert.remark("goal-found", y=lamp, place=goal, x=ask["object"])
    yield from bring(expert, ask["object"], 1, goal)


MOVING = {
    "move-all": move_all,
    "gather-all": gather_all,
    "two-errands": two_errands,
    "sort-out": sort_out,
    "swap": swap,
    "keep-company": keep_company,
    "light-up": light_up,
}
