"""The templates of every split but `novel`."""

from envs.qa.english import plural_predicate
from envs.qa.plan import Unfit
from envs.qa.schema import BUSINESS, KINDS, REAL
from envs.qa.templates.base import Draft, Scene, Template, collect
from envs.qa.templates.shapes import (
    ask_number,
    bridge,
    chain,
    compare,
    count_members,
    extreme,
    list_members,
    lookup,
    meet,
    members_of,
    same_kind,
    that,
    that_one,
    unstated,
    yes_or_no,
)

__all__ = ["SEEN_TEMPLATES"]

SEEN_TEMPLATES: list[Template] = []
INVENTED_KINDS = [kind.name for kind in BUSINESS]
REAL_KINDS = [kind.name for kind in REAL]
ALL_KINDS = [*INVENTED_KINDS, *REAL_KINDS]


@collect(SEEN_TEMPLATES, 1)
def figure(scene: Scene) -> Draft:
    """As in "How heavy is Zotello Max in grams?"."""
    return lookup(scene, INVENTED_KINDS, lambda relation: relation.is_literal)


@collect(SEEN_TEMPLATES, 1)
def link(scene: Scene) -> Draft:
    """As in "Who founded Kelvane Group?"."""
    return lookup(scene, INVENTED_KINDS, lambda relation: not relation.is_literal)


@collect(SEEN_TEMPLATES, 1)
def real_fact(scene: Scene) -> Draft:
    """As in "What is the currency of Peru?"."""
    return lookup(scene, REAL_KINDS, lambda _: True)


@collect(SEEN_TEMPLATES, 2)
def members(scene: Scene) -> Draft:
    """As in "Which products does Kelvane Group make?"."""
    return list_members(scene, ALL_KINDS)


@collect(SEEN_TEMPLATES, 2)
def number_of_members(scene: Scene) -> Draft:
    """As in "How many countries border Peru?"."""
    return count_members(scene, ALL_KINDS)


@collect(SEEN_TEMPLATES, 2, graph=False)
def two_facts(scene: Scene) -> Draft:
    """As in "What are the price and the weight of Zotello Max?"."""
    ending = " of {x}"
    entity, first = scene.subject(INVENTED_KINDS, lambda r: not r.is_many and r.phrase.endswith(ending))
    second = scene.pick([r for r in KINDS[entity.kind].relations if r.name in entity.facts and not r.is_many])
    if first is second or not second.phrase.endswith(ending):
        raise Unfit
    question = scene.phrase(
        "What are {first} and {second} of {x}?",
        "I need two things about {x}: {first} and {second}.",
        "Please tell me {first} of {x}, and also {second}.",
        first=first.phrase.removesuffix(ending),
        second=second.phrase.removesuffix(ending),
        x=entity.mention,
    )
    gets = [("get", entity.title, relation.name) for relation in (first, second)]
    return scene.draft(question, *gets, ("all", "#0", "#1"))


@collect(SEEN_TEMPLATES, 3)
def two_hops(scene: Scene) -> Draft:
    """As in "Where was the founder of Kelvane Group born?"."""
    return bridge(scene, INVENTED_KINDS, 2)


@collect(SEEN_TEMPLATES, 3)
def two_real_hops(scene: Scene) -> Draft:
    """As in "What is the currency of the country whose capital is Lima?"."""
    return bridge(scene, REAL_KINDS, 2)


@collect(SEEN_TEMPLATES, 3)
def members_of_a_link(scene: Scene) -> Draft:
    """As in "Which products did the designer of Zotello Max design?"."""
    return bridge(scene, INVENTED_KINDS, 2, lambda relation: relation.is_many)


@collect(SEEN_TEMPLATES, 3)
def extreme_of_a_set(scene: Scene) -> Draft:
    """As in "Which of the products of Kelvane Group is the heaviest?"."""
    plan, phrase, predicate, _ = extreme(scene, ALL_KINDS)
    question = scene.phrase("Which of {set} {is_}?", "Of {set}, which one {is_}?", set=phrase, is_=predicate)
    return scene.draft(question, *plan)


@collect(SEEN_TEMPLATES, 3, graph=False)
def comparison(scene: Scene) -> Draft:
    """As in "Which is heavier, Zotello Max or Docino 5? Give the figure as well"."""
    a, b, relation = same_kind(scene, ALL_KINDS, ("number", "date"))
    question, operation = compare(scene, a.mention, b.mention, relation, a.kind)
    gets = [("get", entity.title, relation.name) for entity in (a, b)]
    return scene.draft(question, *gets, (operation, "#0", "#1"))


@collect(SEEN_TEMPLATES, 3, graph=False)
def verdict(scene: Scene) -> Draft:
    """As in "Is Zotello Max heavier than Docino 5? Give both figures after your yes or no"."""
    return yes_or_no(scene, ALL_KINDS)


@collect(SEEN_TEMPLATES, 3, graph=False)
def unstated_figure(scene: Scene) -> Draft:
    """A figure that no document gives."""
    return unstated(scene, INVENTED_KINDS)


@collect(SEEN_TEMPLATES, 4)
def three_hops(scene: Scene) -> Draft:
    """As in "What is the population of the birthplace of the founder of Kelvane Group?"."""
    return bridge(scene, INVENTED_KINDS, 3)


@collect(SEEN_TEMPLATES, 4, graph=False)
def comparison_of_links(scene: Scene) -> Draft:
    """As in "Which has more employees, the company that makes Zotello Max or the company that makes Docino 5?"."""
    a, relation = scene.subject(INVENTED_KINDS, lambda r: not r.is_many and not r.is_literal)
    ordered = scene.onward(relation, lambda r: r.is_ordered)
    b = scene.entity(a.kind, relation)
    if a.facts[relation.name] == b.facts[relation.name]:
        raise Unfit
    first, second = (relation.phrase.format(x=entity.mention) for entity in (a, b))
    question, operation = compare(scene, first, second, ordered, relation.of)
    plan = [("get", a.title, relation.name), ("get", "#0", ordered.name)]
    plan += [("get", b.title, relation.name), ("get", "#2", ordered.name)]
    return scene.draft(question, *plan, (operation, "#1", "#3"))


@collect(SEEN_TEMPLATES, 4, graph=False)
def difference(scene: Scene) -> Draft:
    """As in "What is the difference between the weight of Zotello Max and the weight of Docino 5?"."""
    a, b, relation = same_kind(scene, ALL_KINDS, ("number",))
    question = scene.phrase(
        "Take {first} and {second}: what is the difference?",
        "What is the difference between {first} and {second}?",
        "By how much do {first} and {second} differ?",
        first=relation.phrase.format(x=a.mention),
        second=relation.phrase.format(x=b.mention),
    )
    gets = [("get", entity.title, relation.name) for entity in (a, b)]
    return scene.draft(question, *gets, ("difference", "#0", "#1"))


@collect(SEEN_TEMPLATES, 4, graph=False)
def days_between(scene: Scene) -> Draft:
    """As in "How many days passed from the release date of Docino 5 to the release date of Zotello Max?"."""
    a, b, relation = same_kind(scene, INVENTED_KINDS, ("date",))
    early, late = sorted((a, b), key=lambda entity: entity.facts[relation.name])
    question = scene.phrase(
        "How many days passed from {first} to {second}?",
        "Count the days from {first} to {second}.",
        "{second} came some days after {first}. How many?",
        first=relation.phrase.format(x=early.mention),
        second=relation.phrase.format(x=late.mention),
    )
    gets = [("get", entity.title, relation.name) for entity in (early, late)]
    return scene.draft(question, *gets, ("days", "#0", "#1"))


@collect(SEEN_TEMPLATES, 4)
def shared_members(scene: Scene) -> Draft:
    """As in "Which of the products of Kelvane Group were designed by Ada Ulmsen?"."""
    plan, phrase, predicate, _ = meet(scene, ALL_KINDS)
    question = scene.phrase("Which of {set} {are}?", "Of {set}, which {are}?", set=phrase, are=predicate)
    return scene.draft(question, *plan)


@collect(SEEN_TEMPLATES, 4)
def number_of_shared_members(scene: Scene) -> Draft:
    """As in "How many of the products of Kelvane Group were designed by Ada Ulmsen?"."""
    plan, phrase, predicate, _ = meet(scene, ALL_KINDS)
    question = scene.phrase("How many of {set} {are}?", "Of {set}, how many {are}?", set=phrase, are=predicate)
    return scene.draft(question, *plan, ("count", "#2"))


@collect(SEEN_TEMPLATES, 5, graph=False)
def age_at_founding(scene: Scene) -> Draft:
    """The age of a founder on a day in the life of the company or of one of its products."""
    company = scene.entity("company", KINDS["company"].relation("founder"))
    if scene.rng.random() < 0.5:
        start, day, phrase = company, "founding date", "founded {x}"
        plan = [("get", company.title, "founder")]
    else:
        start, day, phrase = scene.entity("product"), "release date", "founded the company that makes {x}"
        plan = [("get", start.title, "maker"), ("get", "#0", "founder")]
    when = KINDS[start.kind].relation(day).phrase.format(x=start.mention)
    question = scene.phrase(
        "How old, in full years, was the person who {phrase} on {when}?",
        "On {when}, what was the age in full years of the person who {phrase}?",
        "How many full years old was the one who {phrase} on {when}?",
        phrase=phrase.format(x=start.mention),
        when=when,
    )
    last = len(plan)
    plan += [("get", f"#{last - 1}", "date of birth"), ("get", start.title, day)]
    return scene.draft(question, *plan, ("years", f"#{last}", f"#{last + 1}"))


@collect(SEEN_TEMPLATES, 5)
def link_of_the_extreme(scene: Scene) -> Draft:
    """As in "Who designed the product that is the heaviest among the products of Kelvane Group?"."""
    plan, phrase, predicate, relation = extreme(scene, ALL_KINDS)
    last = scene.onward(relation, lambda r: not r.is_many and r.name != plan[1][2])
    return scene.draft(scene.ask(last, that_one(relation, predicate, phrase)), *plan, ("get", "#1", last.name))


@collect(SEEN_TEMPLATES, 5)
def link_of_the_shared_member(scene: Scene) -> Draft:
    """As in "What is the weight of the only one of the products of Kelvane Group that was designed by ...?"."""
    plan, phrase, predicate, relation = meet(scene, ALL_KINDS, single=True)
    last = scene.onward(relation, lambda r: not r.is_many)
    thing = f"the only one of {phrase} {that(relation.of)} {predicate}"
    return scene.draft(scene.ask(last, thing), *plan, ("get", "#2", last.name))


@collect(SEEN_TEMPLATES, 5)
def number_after_hops(scene: Scene) -> Draft:
    """As in "How many people graduated from the alma mater of the founder of Kelvane Group?"."""
    plan, relation, phrase = chain(scene, INVENTED_KINDS, 3, lambda r: r.is_many)
    return scene.draft(ask_number(scene, relation, phrase), *plan, ("count", "#2"))


@collect(SEEN_TEMPLATES, 5, graph=False)
def beyond(scene: Scene) -> Draft:
    """As in "Which of the products of Kelvane Group are heavier than Docino 5?"."""
    entity, relation = members_of(scene, INVENTED_KINDS, lambda r: not r.is_literal)
    ordered = scene.onward(relation, lambda r: r.is_ordered)
    bar = scene.entity(relation.of, ordered)
    if bar.title in entity.facts[relation.name]:
        raise Unfit
    question = scene.phrase(
        "Which of {set} {are} than {bar}?",
        "Of {set}, which {are} than {bar}?",
        set=relation.phrase.format(x=entity.mention),
        are=plural_predicate(ordered.more),
        bar=bar.mention,
    )
    plan = [("get", bar.title, ordered.name), ("get", entity.title, relation.name)]
    return scene.draft(question, *plan, ("beyond", "#1", ordered.name, "#0"))


@collect(SEEN_TEMPLATES, 5, graph=False)
def unstated_figure_of_a_link(scene: Scene) -> Draft:
    """A figure that no document gives of a thing that has to be found first."""
    entity, relation = scene.subject(INVENTED_KINDS, lambda r: not r.is_many and not r.is_literal)
    last = scene.onward(relation, lambda r: r.of == "number" and r.is_ordered)
    question = scene.ask(last, relation.phrase.format(x=entity.mention))
    return scene.draft(question, ("get", entity.title, relation.name), ("unstated", "#0", last.name))
