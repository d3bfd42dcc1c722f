"""What the world knows about its facts: kinds of things, their relations, and the words for both."""

from dataclasses import dataclass

__all__ = ["Fusion", "Kind", "Relation"]


@dataclass(frozen=True)
class Relation:
    """Something that an article may state of its subject.

    Args:
        name: as the knowledge graph shows it.
        of: what the values are: "date", "number", "text", or the name of a kind.
        states: sentences of an article; `{s}` is the subject, `{v}` the value or the list of values.
        asks: questions; `{x}` is the subject.
        phrase: the value as a noun phrase, "the founder of {x}", in the plural when there may be many.
        look: a word that statements of it are likely to contain.
        members: where there may be several values, what is said of them, "were made by {x}".
        more, less, most, least: comparisons of numbers and dates as predicates: "has more staff", "was built first".
        units: words that may follow the number in an answer.
    """

    name: str
    of: str
    states: tuple[str, ...]
    asks: tuple[str, ...]
    phrase: str
    look: str
    members: str = ""
    more: str = ""
    less: str = ""
    most: str = ""
    least: str = ""
    units: tuple[str, ...] = ()

    @property
    def is_literal(self) -> bool:
        """Whether the values are not things with articles of their own."""
        return self.of in ("date", "number", "text")

    @property
    def is_many(self) -> bool:
        """Whether there may be several values."""
        return bool(self.members)

    @property
    def is_ordered(self) -> bool:
        """Whether values can be compared."""
        return bool(self.more)


@dataclass(frozen=True)
class Fusion:
    """One sentence that states several relations, by their names: "{s} was born on {born} in {birthplace}."."""

    relations: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Args:
        name: in the singular, with a space where it has two words.
        plural: in the plural.
        called: how an article calls its subject after it was named; `{pronoun}` is the subject's own.
        openings: first sentences; `{s}` is the subject, `{type}` what it is, with its article.
        relations: what articles state, in the order in which they usually do.
        fusions: sentences that state several of them.
        fillers: sentences that state none of them.
        register: whether its articles are lists of entries rather than prose.
    """

    name: str
    plural: str
    called: tuple[str, ...]
    openings: tuple[str, ...]
    relations: tuple[Relation, ...]
    fusions: tuple[Fusion, ...] = ()
    fillers: tuple[str, ...] = ()
    register: bool = False

    def relation(self, name: str) -> Relation:
        """The relation of this name."""
        return next(relation for relation in self.relations if relation.name == name)
