"""Facts as prose: the article about one thing, in words and an order of its own."""

import random
from dataclasses import dataclass

from envs.qa.english import join_words, sentence
from envs.qa.facts import Entity, Facts
from envs.qa.schema import KINDS, Kind

__all__ = ["Article", "write_article"]

FUSED = 0.6
"""Share of the sentences that could state two facts and do."""
PARAGRAPH = (2, 4)
"""Sentences of one paragraph."""
_Part = tuple[tuple[str, ...], str, dict[str, str]]
"""The relations that a sentence states, its pattern, and the values to fill in."""


@dataclass(frozen=True)
class Article:
    """A text, and in which of its sentences each relation is stated."""

    text: str
    statements: dict[str, str]


def write_article(facts: Facts, entity: Entity, seed: str) -> Article:
    """Write the article about a thing. The seed chooses words, order and paragraphs, never the facts."""
    rng, kind = random.Random(f"{seed}/{entity.title}"), KINDS[entity.kind]
    parts = _statements(facts, entity, kind, rng)
    for filler in rng.sample(kind.fillers, min(len(kind.fillers), rng.randint(0, 3))):
        parts.insert(rng.randint(0, len(parts)), ((), filler, {}))
    lines = [sentence(rng.choice(kind.openings).format(s=entity.mention, type=entity.type))]
    statements: dict[str, str] = {}
    named = False
    for relations, pattern, values in parts:
        # After a sentence about something else, "it" would be that.
        subject = _called(kind, entity, pattern, rng) if named else entity.mention
        lines.append(sentence(pattern.format(s=subject, **values)))
        statements |= dict.fromkeys(relations, lines[-1])
        named = bool(relations)
    return Article(_layout(lines, kind, rng), statements)


def _statements(facts: Facts, entity: Entity, kind: Kind, rng: random.Random) -> list[_Part]:
    """What to state and how, in order."""
    said = {
        name: join_words([facts.say(kind.relation(name), value) for value in values])
        for name, values in entity.facts.items()
    }
    found: list[_Part] = []
    taken: set[str] = set()
    for fusion in rng.sample(kind.fusions, len(kind.fusions)):
        if said.keys() >= set(fusion.relations) and not taken & set(fusion.relations) and rng.random() < FUSED:
            taken |= set(fusion.relations)
            found.append((fusion.relations, rng.choice(fusion.states), {r: said[r] for r in fusion.relations}))
    for relation in kind.relations:
        if relation.name in said and relation.name not in taken:
            found.append(((relation.name,), rng.choice(relation.states), {"v": said[relation.name]}))
    if rng.random() < 0.5:
        rng.shuffle(found)
    return found


def _called(kind: Kind, entity: Entity, pattern: str, rng: random.Random) -> str:
    """How a later sentence names its subject; a pronoun only where it comes first, as the grammatical subject."""
    first = pattern.startswith("{s}")
    names = [name for name in kind.called if first or name not in ("{pronoun}", "it", "she")]
    surname = entity.title.rpartition(" ")[2]
    return rng.choice([entity.mention, *names]).format(pronoun=entity.pronoun, surname=surname)


def _layout(lines: list[str], kind: Kind, rng: random.Random) -> str:
    """The sentences as paragraphs, or in a register as entries."""
    if kind.register:
        return "\n".join(lines) if rng.random() < 0.5 else "\n- ".join(lines)
    paragraphs, start = [], 0
    while start < len(lines):
        end = start + rng.randint(*PARAGRAPH)
        paragraphs.append(" ".join(lines[start:end]))
        start = end
    return "\n".join(paragraphs)
