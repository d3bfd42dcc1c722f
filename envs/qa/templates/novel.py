"""The templates of the split `novel` alone."""

from envs.qa.plan import Unfit
from envs.qa.schema import KINDS, SEAFARING
from envs.qa.templates.base import Draft, Scene, Template, collect
from envs.qa.templates.shapes import (
    bridge,
    count_members,
    extreme,
    figures,
    list_members,
    lookup,
    meet,
    members_of,
    same_kind,
    that,
    that_one,
    unstated,
)

__all__ = ["NOVEL_TEMPLATES"]

NOVEL_TEMPLATES: list[Template] = []
KIND_NAMES = [kind.name for kind in SEAFARING]
INVENTED_KINDS = [name for name in KIND_NAMES if name != "airport"]


@collect(NOVEL_TEMPLATES, 1)
def register_entry(scene: Scene) -> Draft:
    """As in "On what day was the Gorela Maid launched?"."""
    return lookup(scene, INVENTED_KINDS, lambda _: True)


@collect(NOVEL_TEMPLATES, 1)
def airport_entry(scene: Scene) -> Draft:
    """As in "What is the elevation of Multan International Airport in feet?"."""
    return lookup(scene, ["airport"], lambda _: True)


@collect(NOVEL_TEMPLATES, 2)
def roll(scene: Scene) -> Draft:
    """As in "Name the expeditions carried by the Gorela Maid"."""
    return list_members(scene, INVENTED_KINDS)


@collect(NOVEL_TEMPLATES, 2)
def tally(scene: Scene) -> Draft:
    """As in "How many ships were built by Clayridge Slips?"."""
    return count_members(scene, INVENTED_KINDS)


@collect(NOVEL_TEMPLATES, 3)
def from_the_airport(scene: Scene) -> Draft:
    """As in "What is the currency of the country of Multan International Airport?"."""
    return bridge(scene, ["airport"], 2)


@collect(NOVEL_TEMPLATES, 3)
def from_entry_to_entry(scene: Scene) -> Draft:
    """As in "Which yard built the ship that carried the Dalela Passage of 1901?"."""
    return bridge(scene, INVENTED_KINDS, 2)


@collect(NOVEL_TEMPLATES, 3)
def first_or_last_of_a_roll(scene: Scene) -> Draft:
    """As in "Go through the ships built by Clayridge Slips. Which one is the longest?"."""
    plan, phrase, predicate, _ = extreme(scene, INVENTED_KINDS)
    question = scene.phrase(
        "Go through {set}. Which one {is_}?", "Among {set}, which {is_}?", set=phrase, is_=predicate
    )
    return scene.draft(question, *plan)


@collect(NOVEL_TEMPLATES, 3, graph=False)
def sum_of_two(scene: Scene) -> Draft:
    """As in "Add up the length of the Gorela Maid and the length of the Elgarix"."""
    a, b, relation = same_kind(scene, KIND_NAMES, ("number",))
    first, second = (relation.phrase.format(x=entity.mention) for entity in (a, b))
    question = scene.phrase(
        "Add up {first} and {second}.", "What do {first} and {second} come to together?", first=first, second=second
    )
    gets = [("get", entity.title, relation.name) for entity in (a, b)]
    return scene.draft(question, *gets, ("sum", "#0", "#1"))


@collect(NOVEL_TEMPLATES, 3, graph=False)
def missing_entry(scene: Scene) -> Draft:
    """A figure that the register does not have."""
    return unstated(scene, INVENTED_KINDS)


@collect(NOVEL_TEMPLATES, 4, graph=False)
def days_away(scene: Scene) -> Draft:
    """As in "For how many days was the expedition that charted Berela Rock away?"."""
    island = scene.entity("island")
    question = scene.phrase(
        "For how many days was the expedition that charted {x} away, from departure to return?",
        "{x} was charted on a voyage. How many days lie between its departure and its return?",
        "How many days after casting off was the expedition that charted {x} back in port?",
        x=island.mention,
    )
    plan = [("get", island.title, "charted by"), ("get", "#0", "departure"), ("get", "#0", "return")]
    return scene.draft(question, *plan, ("days", "#1", "#2"))


@collect(NOVEL_TEMPLATES, 4, graph=False)
def still_away(scene: Scene) -> Draft:
    """Whether one voyage began after another had ended."""
    relation = KINDS["expedition"].relation("departure")
    a, b = scene.entity("expedition", relation), scene.entity("expedition", relation)
    if a is b or abs(int(a.title[-4:]) - int(b.title[-4:])) > 2:
        raise Unfit
    question = scene.phrase(
        "Was {a} back in port before {b} cast off? Give {both} after your yes or no.",
        "Did {a} return before the departure of {b}? Say yes or no, then {both}.",
        a=a.mention,
        b=b.mention,
        both=figures(relation)[1],
    )
    gets = [("get", a.title, "return"), ("get", b.title, "departure")]
    return scene.draft(question, *gets, ("truth", "less", "#0", "#1"))


@collect(NOVEL_TEMPLATES, 4, graph=False)
def total_of_a_roll(scene: Scene) -> Draft:
    """As in "For the ships built by Clayridge Slips, what is the sum of the length in metres of each?"."""
    entity, relation = members_of(scene, INVENTED_KINDS, lambda r: not r.is_literal)
    number = scene.onward(relation, lambda r: r.of == "number" and r.is_ordered)
    question = scene.phrase(
        "Take {set} and add up, over all of them, {number}.",
        "For {set}, what is the sum of {number}?",
        set=relation.phrase.format(x=entity.mention),
        number=number.phrase.format(x="each"),
    )
    return scene.draft(question, ("get", entity.title, relation.name), ("total", "#0", number.name))


@collect(NOVEL_TEMPLATES, 4)
def on_both_rolls(scene: Scene) -> Draft:
    """As in "Out of the expeditions led by Ada Ulmsen, pick those that sailed aboard the Gorela Maid"."""
    plan, phrase, predicate, relation = meet(scene, INVENTED_KINDS)
    question = scene.phrase(
        "Out of {set}, pick those {that} {are}.",
        "Name those of {set} {that} {are}.",
        set=phrase,
        that=that(relation.of),
        are=predicate,
    )
    return scene.draft(question, *plan)


@collect(NOVEL_TEMPLATES, 4)
def three_entries(scene: Scene) -> Draft:
    """As in "In which city are the slipways of the shipyard that built the ship that carried ...?"."""
    return bridge(scene, KIND_NAMES, 3)


@collect(NOVEL_TEMPLATES, 5)
def entry_of_the_first_or_last(scene: Scene) -> Draft:
    """As in "Who led the expedition that was the last to cast off among those carried by the Gorela Maid?"."""
    plan, phrase, predicate, relation = extreme(scene, INVENTED_KINDS)
    last = scene.onward(relation, lambda r: not r.is_many and r.name != plan[1][2])
    return scene.draft(scene.ask(last, that_one(relation, predicate, phrase)), *plan, ("get", "#1", last.name))


@collect(NOVEL_TEMPLATES, 5)
def entry_on_both_rolls(scene: Scene) -> Draft:
    """As in "What was the day of return of the only one of the expeditions ...?"."""
    plan, phrase, predicate, relation = meet(scene, INVENTED_KINDS, single=True)
    last = scene.onward(relation, lambda r: not r.is_many)
    thing = f"the only one of {phrase} {that(relation.of)} {predicate}"
    return scene.draft(scene.ask(last, thing), *plan, ("get", "#2", last.name))


@collect(NOVEL_TEMPLATES, 5)
def tally_of_tallies(scene: Scene) -> Draft:
    """As in "How many lighthouses stand on the islands charted by the Dalela Passage of 1901, all told?"."""
    entity, relation = members_of(scene, INVENTED_KINDS, lambda r: not r.is_literal)
    further = scene.onward(relation, lambda r: r.is_many)
    question = scene.phrase(
        "How many {plural} are there in all if one counts {further}?",
        "Count {further}, all together.",
        plural=KINDS[further.of].plural,
        further=further.phrase.format(x=relation.phrase.format(x=entity.mention)),
    )
    plan = [("get", entity.title, relation.name), ("get", "#0", further.name), ("count", "#1")]
    return scene.draft(question, *plan)


@collect(NOVEL_TEMPLATES, 5, graph=False)
def missing_entry_of_a_link(scene: Scene) -> Draft:
    """A figure that the register does not have, of a thing that has to be found first."""
    entity, relation = scene.subject(INVENTED_KINDS, lambda r: not r.is_many and not r.is_literal)
    last = scene.onward(relation, lambda r: r.of == "number" and r.is_ordered)
    question = scene.ask(last, relation.phrase.format(x=entity.mention))
    return scene.draft(question, ("get", entity.title, relation.name), ("unstated", "#0", last.name))
