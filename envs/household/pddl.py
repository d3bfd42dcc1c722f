"""Reading ALFWorld's games: a PDDL problem becomes a `House` and an `AlfworldGoal`."""

import re
from collections import defaultdict
from collections.abc import Iterable

from envs.errors import UsageError
from envs.household.goal import ALFWORLD_GOALS, AlfworldGoal
from envs.household.house import House, Item, Receptacle
from envs.household.names import shown_names

__all__ = ["read_problem"]

_FACT = re.compile(r"\((\w+)((?:\s+[\w-]+)+)\s*\)")
_ABILITIES = {
    "pickupable": "take",
    "cleanable": "clean",
    "heatable": "heat",
    "coolable": "cool",
    "sliceable": "slice",
    "toggleable": "use",
    "isreceptacleobject": "contain",
}
_STATES = {"isclean": "clean", "ishot": "hot", "iscool": "cool", "issliced": "sliced", "istoggled": "on"}


def read_problem(problem: str) -> tuple[House, AlfworldGoal]:
    """The house and the goal of a PDDL problem in ALFWorld's domain.

    What can neither be seen nor acted on (chairs, windows, what lies on the floor) is left out.

    Raises:
        UsageError: its initial state is not one of ALFWorld's domain, or its goal is none of ALFWorld's six.
    """
    initial, found, goal = problem.partition("(:goal")
    initial = initial.partition("(:init")[2]
    if not (initial and found):
        raise UsageError("a PDDL problem needs (:init ...) and (:goal ...)")
    try:
        house = _house(initial)
    except (KeyError, ValueError) as error:
        raise UsageError(f"the initial state is not one of ALFWorld's domain: {error!r}") from None
    return house, _goal(goal)


def _house(initial: str) -> House:
    facts: dict[str, list[list[str]]] = defaultdict(list)
    for predicate, arguments in _FACT.findall(initial.lower()):
        facts[predicate].append(arguments.split())
    names = shown_names(argument for rows in facts.values() for row in rows for argument in row)
    stands_at = dict(facts["receptacleatlocation"])
    numbers = {location: number for number, location in enumerate(sorted(set(stands_at.values())))}
    openable, opened = ({each for (each,) in facts[predicate]} for predicate in ("openable", "opened"))
    receptacles = [
        Receptacle(names[each], _word(kind), numbers[stands_at[each]], each in openable, each in opened)
        for each, kind in sorted(facts["receptacletype"])
    ]
    inside, lies_at = _grouped(facts["inreceptacle"]), _grouped(facts["objectatlocation"])
    contents = _grouped((outer, inner) for inner, outer in facts["inreceptacleobject"])
    abilities, states = _marked(facts, _ABILITIES), _marked(facts, _STATES)
    items = []
    for each, kind in sorted(facts["objecttype"]):
        spots = tuple(numbers[location] for location in lies_at[each] if location in numbers)
        usual = sorted({numbers[stands_at[place]] for place in inside[each]})
        if inside[each] or (spots and "slice" in abilities[each]):
            item = Item(
                name=names[each],
                kind=_word(kind),
                inside=tuple(names[place] for place in inside[each]),
                can=tuple(abilities[each]),
                states=tuple(states[each]),
                spots=None if sorted(spots) == usual else spots,
                contents=tuple(names[inner] for inner in contents[each]),
            )
            items.append(item)
    return House(tuple(receptacles), tuple(items), _accepts(facts["cancontain"], receptacles, items))


def _accepts(rows: list[list[str]], receptacles: list[Receptacle], items: list[Item]) -> dict[str, tuple[str, ...]]:
    """What can be put in each kind of receptacle, of the kinds that the house has."""
    present = {item.kind for item in items}
    pairs = _grouped((_word(place), _word(item)) for place, item in rows)
    return {kind: tuple(k for k in pairs[kind] if k in present) for kind in sorted({p.kind for p in receptacles})}


def _word(kind: str) -> str:
    return kind.removesuffix("type")


def _grouped(rows: Iterable[tuple[str, str] | list[str]]) -> dict[str, list[str]]:
    """{first: its seconds, sorted}, empty for any other."""
    groups: dict[str, set[str]] = defaultdict(set)
    for first, second in rows:
        groups[first].add(second)
    return defaultdict(list, {first: sorted(seconds) for first, seconds in groups.items()})


def _marked(facts: dict[str, list[list[str]]], words: dict[str, str]) -> dict[str, list[str]]:
    """{identifier: the words of the predicates that hold of it}, empty for any other."""
    return _grouped((each, word) for predicate, word in words.items() for (each,) in facts[predicate])


def _goal(text: str) -> AlfworldGoal:
    """Find the goal whose formula the text is, white space aside."""
    text = re.sub(r"\s*([()])\s*", r"\1", re.sub(r"\s+", " ", text)).rstrip(")")
    item = re.search(r"\(objectType \?o1? (\w+)Type\b", text)
    place = re.search(r"\((?:receptacleType \?r|objectType \?ot) (\w+)Type\b", text)
    if item and place:
        for kind in ALFWORLD_GOALS:
            for sliced in (False, True):
                if f"(and{_formula(kind, item[1], place[1], sliced)}".rstrip(")") == text:
                    return AlfworldGoal(kind, item[1].lower(), place[1].lower(), sliced)
    raise UsageError(f"the goal is none of ALFWorld's six: {text:.200}")


def _formula(kind: str, object: str, receptacle: str, sliced: bool) -> str:
    """A goal as ALFWorld writes it, without the spaces beside parentheses."""
    fits = {o: f"(objectType ?{o} {object}Type)" for o in ("o", "o1", "o2")}
    slice = {o: f"(sliceable ?{o})(isSliced ?{o})" if sliced else "" for o in fits}
    place = f"(receptacleType ?r {receptacle}Type)"
    if kind == "look_at_obj_in_light":
        return (
            f"(exists(?ot - object ?r - receptacle ?a - agent ?l - location)(and(objectType ?ot {receptacle}Type)"
            "(toggleable ?ot)(isToggled ?ot)(receptacleAtLocation ?r ?l)(atLocation ?a ?l)(inReceptacle ?ot ?r)))"
            f"(exists(?o - object ?a - agent)(and{fits['o']}(holds ?a ?o)))"
        )
    if kind == "pick_two_obj_and_place":
        second = f"(not(= ?o1 ?o2)){slice['o2']}{fits['o2']}{place}(inReceptacle ?o2 ?r)"
        first = f"{slice['o1']}{fits['o1']}{place}(inReceptacle ?o1 ?r)(exists(?o2 - object)(and{second}))"
        return f"(exists(?r - receptacle)(exists(?o1 - object)(and{first})))"
    if treatment := ALFWORLD_GOALS[kind]:
        verb, state = treatment
        wanted = f"{slice['o']}({verb}able ?o){fits['o']}{place}(is{state.title()} ?o)(inReceptacle ?o ?r)"
        return f"(exists(?r - receptacle)(exists(?o - object)(and{wanted})))"
    if sliced:
        wanted = f"{slice['o']}{fits['o']}(inReceptacle ?o ?r){place}"
        return f"(exists(?r - receptacle)(exists(?o - object ?ko - object)(and{wanted})))"
    return f"(exists(?r - receptacle)(exists(?o - object)(and(inReceptacle ?o ?r){fits['o']}{place})))"
