"""Plans for the novel tasks of putting things in order."""

from envs.household.english import counted
from envs.household.expert import Expert, Request, Steps
from envs.household.plans.moving import bring, bring_all

__all__ = ["ORDERING"]


def leave_one(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("leave-one", x=ask["object"], a=ask["from"], b=ask["to"])
    yield from expert.inspect(ask["from"])
    names = expert.memory.things(ask["object"], at=ask["from"])
    expert.remark("keep-one", count=counted(len(names), ask["object"]), thing=names[-1])
    yield from bring_all(expert, names[:-1], ask["to"])


def empty_out(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("empty-out", a=ask["from"], b=ask["to"])
    names = yield from expert.inspect(ask["from"])
    yield from bring_all(expert, names, ask["to"])


def exchange(expert: Expert, ask: Request) -> Steps[None]:
    one, other = ask["places"]
    expert.remark("exchange", a=one, b=other)
    here = yield from expert.inspect(one)
    there = yield from expert.inspect(other)
    yield from bring_all(expert, there, one)
    yield from bring_all(expert, here, other)


def rotate(expert: Expert, ask: Request) -> Steps[None]:
    items, places = ask["items"], ask["places"]
    expert.remark("rotate", x=items[0], y=items[1], z=items[2], a=places[0], b=places[1], c=places[2])
    for number, (item, place) in enumerate(zip(items, places, strict=True)):
        yield from expert.inspect(place)
        yield from expert.take(expert.memory.things(item, at=place)[0])
        yield from expert.put(places[(number + 1) % len(places)])


def one_of_each(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("one-of-each", place=ask["to"], count=counted(len(ask["objects"]), "thing"))
    for kind in ask["objects"]:
        yield from bring(expert, kind, 1, ask["to"])


ORDERING = {
    "leave-one": leave_one,
    "empty-out": empty_out,
    "exchange": exchange,
    "rotate": rotate,
    "one-of-each": one_of_each,
}
