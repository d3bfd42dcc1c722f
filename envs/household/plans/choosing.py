"""Plans for tasks in which one looks first and then decides."""

from envs.household.english import counted
from envs.household.expert import Expert, NotFound, Request, Steps
from envs.household.plans.moving import bring, bring_all

__all__ = ["CHOOSING"]


def if_present(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("if-present", sign=ask["sign"], place=ask["check"], x=ask["object"])
    yield from expert.inspect(ask["check"])
    present = expert.memory.things(ask["sign"], at=ask["check"])
    goal = ask["then"] if present else ask["else"]
    expert.remark("is-present" if present else "is-absent", sign=ask["sign"], place=ask["check"], goal=goal)
    yield from bring(expert, ask["object"], 1, goal)


def if_open(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("if-open", place=ask["check"], x=ask["object"])
    yield from expert.go(ask["check"], "inspect")
    closed = expert.memory.closed[ask["check"]]
    goal = ask["else"] if closed else ask["then"]
    expert.remark("is-closed" if closed else "is-open", place=ask["check"], goal=goal, x=ask["object"])
    yield from bring(expert, ask["object"], 1, goal)


def fuller_place(expert: Expert, ask: Request) -> Steps[None]:
    one, other = ask["places"]
    expert.remark("fuller-place", a=one, b=other, x=ask["object"])
    first = len((yield from expert.inspect(one)))
    second = len((yield from expert.inspect(other)))
    goal = one if (first > second) == ask["more"] else other
    words = {"first": counted(first, "thing"), "second": counted(second, "thing")}
    expert.remark("compared", a=one, b=other, goal=goal, x=ask["object"], **words)
    yield from bring(expert, ask["object"], 1, goal)


def by_number(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("by-number", x=ask["counted"], place=ask["at"], y=ask["object"], z=ask["among"])
    yield from expert.inspect(ask["at"])
    count = len(expert.memory.things(ask["counted"], at=ask["at"]))
    goal = f"{ask['among']} {count}"
    expert.remark("counted", count=counted(count, ask["counted"]), place=ask["at"], goal=goal)
    yield from bring(expert, ask["object"], 1, goal)


def empty_one(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("empty-one", x=ask["object"], y=ask["among"])
    for place in expert.memory.of_kind(ask["among"]):
        if not (yield from expert.inspect(place)):
            break
    expert.remark("is-empty", place=place, x=ask["object"])
    yield from bring(expert, ask["object"], 1, place)


def either_or(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("either-or", x=ask["first"], y=ask["second"], place=ask["to"])
    try:
        yield from expert.find(ask["first"])
    except NotFound:
        expert.remark("none-anywhere", x=ask["first"], y=ask["second"])
        yield from bring(expert, ask["second"], 1, ask["to"])
    else:
        yield from bring(expert, ask["first"], 1, ask["to"])


def more_common(expert: Expert, ask: Request) -> Steps[None]:
    one, other = ask["kinds"]
    expert.remark("more-common", x=one, y=other, place=ask["from"])
    yield from expert.inspect(ask["from"])
    first, second = (expert.memory.things(kind, at=ask["from"]) for kind in ask["kinds"])
    more = first if len(first) > len(second) else second
    kind = one if more is first else other
    words = {"first": counted(len(first), one), "second": counted(len(second), other)}
    expert.remark("counted-both", kind=kind, goal=ask["to"], **words)
    yield from bring_all(expert, more, ask["to"])


CHOOSING = {
    "if-present": if_present,
    "if-open": if_open,
    "fuller-place": fuller_place,
    "by-number": by_number,
    "empty-one": empty_one,
    "either-or": either_or,
    "more-common": more_common,
}
