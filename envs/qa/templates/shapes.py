"""The shapes that templates share; each template gives them its kinds of things and its wording."""

from collections.abc import Callable, Sequence

from envs.qa.english import question_of, singular_predicate
from envs.qa.facts import Entity
from envs.qa.plan import Unfit
from envs.qa.schema import KINDS, Relation
from envs.qa.templates.base import MAX_MEMBERS, Draft, Scene

__all__ = [
    "ask_number",
    "bridge",
    "chain",
    "compare",
    "count_members",
    "extreme",
    "figures",
    "list_members",
    "lookup",
    "meet",
    "members_of",
    "same_kind",
    "that",
    "that_one",
    "unstated",
    "who",
    "yes_or_no",
]

PERSONS = ("person", "explorer")


def lookup(scene: Scene, kinds: Sequence[str], fits: Callable[[Relation], bool]) -> Draft:
    """One value of one thing."""
    entity, relation = scene.subject(kinds, lambda r: not r.is_many and fits(r))
    return scene.draft(scene.ask(relation, entity.mention), ("get", entity.title, relation.name))


def members_of(scene: Scene, kinds: Sequence[str], fits: Callable[[Relation], bool] = lambda _: True):
    """A thing with a relation that has several values, few enough to name."""
    entity, relation = scene.subject(kinds, lambda r: r.is_many and fits(r))
    if not 2 <= len(entity.facts[relation.name]) <= MAX_MEMBERS:
        raise Unfit
    return entity, relation


def list_members(scene: Scene, kinds: Sequence[str]) -> Draft:
    """All values of a relation."""
    entity, relation = members_of(scene, kinds)
    return scene.draft(scene.ask(relation, entity.mention), ("get", entity.title, relation.name))


def count_members(scene: Scene, kinds: Sequence[str]) -> Draft:
    """How many values a relation has."""
    entity, relation = scene.subject(kinds, lambda r: r.is_many)
    plan = ("get", entity.title, relation.name), ("count", "#0")
    return scene.draft(ask_number(scene, relation, entity.mention), *plan)


def ask_number(scene: Scene, relation: Relation, x: str) -> str:
    """A question for the number of values of a relation."""
    return scene.phrase(
        "How many {plural} {members}?",
        "What is the number of {plural} {that} {members}?",
        "Count the {plural} {that} {members}.",
        that=that(relation.of),
        plural=KINDS[relation.of].plural,
        members=relation.members.format(x=x),
    )


def chain(scene: Scene, kinds: Sequence[str], hops: int, last: Callable[[Relation], bool] = lambda _: True):
    """From a thing along one relation after the other: its plan, the last relation, and whose it is as a phrase."""
    entity, relation = scene.subject(kinds, lambda r: not r.is_many and not r.is_literal)
    phrase, plan, used = entity.mention, [("get", entity.title, relation.name)], {relation.name}
    for hop in range(1, hops):
        phrase = relation.phrase.format(x=phrase)
        is_last = hop == hops - 1
        relation = scene.onward(relation, last if is_last else lambda r: not r.is_many and not r.is_literal)
        if relation.name in used or relation.of == entity.kind:
            raise Unfit
        used.add(relation.name)
        plan.append(("get", f"#{hop - 1}", relation.name))
    return plan, relation, phrase


def bridge(scene: Scene, kinds: Sequence[str], hops: int, last: Callable[[Relation], bool] = lambda _: True) -> Draft:
    """A value of a thing that is named only by what it is to another thing, and so on."""
    plan, relation, phrase = chain(scene, kinds, hops, last)
    return scene.draft(scene.ask(relation, phrase), *plan)


def same_kind(scene: Scene, kinds: Sequence[str], of: Sequence[str]) -> tuple[Entity, Entity, Relation]:
    """Two things of a kind, and a relation of both whose values can be compared."""
    a, relation = scene.subject(kinds, lambda r: r.is_ordered and r.of in of)
    b = scene.entity(a.kind, relation)
    if a is b or a.facts[relation.name] == b.facts[relation.name]:
        raise Unfit
    return a, b, relation


def figures(relation: Relation) -> tuple[str, str]:
    """What a comparison rests on, for one thing and for two: "the date", "both dates"."""
    return ("the date", "both dates") if relation.of == "date" else ("the figure", "both figures")


def who(kind: str) -> str:
    """The question word for a thing."""
    return "Who" if kind in PERSONS else "Which"


def that(kind: str) -> str:
    """The relative pronoun for a thing."""
    return "who" if kind in PERSONS else "that"


def compare(scene: Scene, a: str, b: str, relation: Relation, kind: str) -> tuple[str, str]:
    """A question that compares two things, and the operation that decides it.

    Args:
        a: the first as a phrase.
        b: the second as a phrase.
        kind: what they are.
    """
    high = scene.rng.random() < 0.5
    question = scene.phrase(
        "{who} {more}, {a} or {b}? Give {figure} as well.",
        "{who} {more}: {a} or {b}? I also want to know {figure}.",
        "{a} or {b}: {lower} {more}? Answer with the name and {figure}.",
        who=who(kind),
        lower=who(kind).lower(),
        more=relation.more if high else relation.less,
        a=a,
        b=b,
        figure=figures(relation)[0],
    )
    return question, "larger" if high else "smaller"


def yes_or_no(scene: Scene, kinds: Sequence[str]) -> Draft:
    """Whether a comparison is so, and what it rests on."""
    a, b, relation = same_kind(scene, kinds, ("number", "date"))
    direction = scene.pick(("more", "less"))
    predicate = relation.more if direction == "more" else relation.less
    question = scene.phrase(
        "{turned} than {b}? Give {both} after your yes or no.",
        "{turned} than {b}? Say yes or no, then {both}.",
        "Is it true that {a} {predicate} than {b}? Answer yes or no, and give {both}.",
        turned=question_of(a.mention, predicate),
        predicate=predicate,
        a=a.mention,
        b=b.mention,
        both=figures(relation)[1],
    )
    gets = [("get", entity.title, relation.name) for entity in (a, b)]
    return scene.draft(question, *gets, ("truth", direction, "#0", "#1"))


def that_one(relation: Relation, predicate: str, phrase: str) -> str:
    """The first or last of a set as a phrase."""
    return f"the {relation.of} {that(relation.of)} {predicate} among {phrase}"


def extreme(scene: Scene, kinds: Sequence[str]) -> tuple[list, str, str, Relation]:
    """The first or last of a set: its plan, the set as a phrase, the predicate, the set's relation."""
    entity, relation = members_of(scene, kinds, lambda r: not r.is_literal)
    ordered = scene.onward(relation, lambda r: r.is_ordered)
    high = scene.rng.random() < 0.5
    plan = [("get", entity.title, relation.name), ("max" if high else "min", "#0", ordered.name)]
    phrase = relation.phrase.format(x=entity.mention)
    return plan, phrase, ordered.most if high else ordered.least, relation


def meet(scene: Scene, kinds: Sequence[str], single: bool = False) -> tuple[list, str, str, Relation]:
    """What two sets share: its plan, one set as a phrase, what is said of members of the other, the first relation.

    Args:
        single: they share one thing, of which the predicate is then in the singular.
    """
    entity, relation = members_of(scene, kinds, lambda r: not r.is_literal)
    ours = entity.facts[relation.name]
    member = scene.world.facts[scene.pick(ours)]
    back = scene.pick([r for r in KINDS[member.kind].relations if not r.is_literal and r.name in member.facts])
    other = scene.world.facts[scene.pick(member.facts[back.name])]
    ways = [r for r in KINDS[other.kind].relations if r.is_many and member.title in other.facts.get(r.name, ())]
    onto = scene.pick(ways)
    theirs = other.facts[onto.name]
    shared = set(ours) & set(theirs)
    if other is entity or not 2 <= len(theirs) <= 2 * MAX_MEMBERS or len(shared) == len(ours):
        raise Unfit
    if single and len(shared) > 1:
        raise Unfit
    plan = [("get", entity.title, relation.name), ("get", other.title, onto.name), ("both", "#0", "#1")]
    predicate = singular_predicate(onto.members) if single else onto.members
    return plan, relation.phrase.format(x=entity.mention), predicate.format(x=other.mention), relation


def unstated(scene: Scene, kinds: Sequence[str]) -> Draft:
    """A number that the article does not give."""
    entity, relation = scene.pick(scene.world.unstated)
    if entity.kind not in kinds:
        raise Unfit
    return scene.draft(scene.ask(relation, entity.mention), ("unstated", entity.title, relation.name))
