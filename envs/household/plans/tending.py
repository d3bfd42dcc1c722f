"""Plans for tasks of washing, heating, cooling, slicing, opening and closing."""

from envs.household.english import counted
from envs.household.expert import Expert, Request, Steps
from envs.household.plans.moving import bring

__all__ = ["TENDING"]


def treat_and_return(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("treat-and-return", verb=ask["verb"], x=ask["object"], place=ask["at"])
    yield from expert.inspect(ask["at"])
    yield from expert.take(expert.memory.things(ask["object"], at=ask["at"])[0])
    yield from expert.treat(ask["verb"])
    yield from expert.put(ask["at"])


def clean_all(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("clean-all", count=counted(ask["count"], ask["object"]), x=ask["object"])
    done: list[str] = []
    while len(done) < ask["count"]:
        name = yield from expert.find(ask["object"], skip=done)
        home = expert.memory.where(name)
        expert.remark("remember-home", thing=name, place=home)
        yield from expert.take(name)
        yield from expert.treat("clean")
        yield from expert.put(home)
        done.append(name)


def sliced(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("sliced", x=ask["object"], y=ask["to"])
    knife = yield from expert.fetch("knife", "butterknife")
    name = yield from expert.find(ask["object"])
    yield from expert.act(f"slice {name} with {knife}", "slice", thing=name, knife=knife)
    yield from expert.lay_down()
    yield from expert.take(name)
    yield from expert.put(ask["to"])


def hot_and_cold(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("hot-and-cold", x=ask["hot"], y=ask["cool"], place=ask["to"])
    yield from expert.fetch(ask["hot"])
    yield from expert.treat("heat")
    yield from expert.put(ask["to"])
    expert.remark("half-done", x=ask["cool"], place=ask["to"])
    yield from expert.fetch(ask["cool"])
    yield from expert.treat("cool")
    yield from expert.put(ask["to"])


def fetch_and_close(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("fetch-and-close", x=ask["object"], a=ask["from"], b=ask["to"])
    yield from expert.inspect(ask["from"])
    yield from expert.take(expert.memory.things(ask["object"], at=ask["from"])[0])
    yield from expert.close(ask["from"])
    yield from expert.put(ask["to"])


def put_away(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("put-away", x=ask["object"], place=ask["to"])
    yield from bring(expert, ask["object"], 1, ask["to"])
    yield from expert.close(ask["to"])


def close_up(expert: Expert, ask: Request) -> Steps[None]:
    expert.remark("close-up", y=ask["doors"], x=ask["object"], place=ask["to"])
    for door in expert.memory.of_kind(ask["doors"]):
        yield from expert.go(door, "check-door")
        yield from expert.close(door)
    expert.remark("doors-done", y=ask["doors"], x=ask["object"], place=ask["to"])
    yield from bring(expert, ask["object"], 1, ask["to"])
    # Whatever had to be opened in the search is closed again.
    for door in expert.memory.of_kind(ask["doors"]):
        if expert.memory.closed[door] is False:
            yield from expert.close(door)


TENDING = {
    "treat-and-return": treat_and_return,
    "clean-all": clean_all,
    "sliced": sliced,
    "hot-and-cold": hot_and_cold,
    "fetch-and-close": fetch_and_close,
    "put-away": put_away,
    "close-up": close_up,
}
