"""Mixing sources of conversations at an exact ratio (AgentTuning's hybrid tuning, Zeng et al. 2023).

Agent dialogues are long and little of them is trained, so a ratio of conversations, of tokens and of trained tokens are
three different mixtures. The paper's is of conversations, a share eta of 0.2 for the agent's.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from envs.errors import UsageError
from training.rows import Row

__all__ = ["UNITS", "Draw", "Size", "Source", "Unit", "arrange", "mix", "shares"]

Unit = Literal["conversation", "token", "loss_token"]
UNITS: tuple[Unit, ...] = get_args(Unit)


class Size(NamedTuple):
    """How much a row counts, in each unit."""

    conversation: int
    token: int
    loss_token: int


@dataclass(frozen=True)
class Source:
    """Conversations of one kind, the size of each, and the share of the mixture that they shall have."""

    name: str
    rows: Sequence[Row]
    sizes: Sequence[Size]
    share: float = 1.0

    def total(self, unit: Unit) -> int:
        return sum(getattr(row, unit) for row in self.sizes)


class Draw(NamedTuple):
    """What is taken of a source: the places of rows, as often as they are taken."""

    source: Source
    places: list[int]


def mix(sources: Sequence[Source], unit: Unit = "conversation", size: int | None = None, seed: int = 0) -> list[Draw]:
    """Draw from each source so much that the amounts, in the unit, have the ratio of the shares.

    Each amount is exact up to one conversation. Nothing is cut and nothing is drawn by chance more often than else: a
    source is taken whole as often as it fits, and the rest is the beginning of a shuffle.

    Args:
        sources: whose shares add up to 1.
        unit: what the ratio is of.
        size: of the mixture, in the unit. By default so much that each source is used at least once, and the one with
            most to give for its share exactly once.
        seed: of the shuffles.

    Raises:
        UsageError: a source is empty, or the size is so small that one would be left out.
    """
    if empty := [source.name for source in sources if not source.rows]:
        raise UsageError(f"nothing to mix: there are no conversations from {', '.join(empty)}")
    rng = random.Random(seed)
    # The source that is used once comes first. What rounding gives one source too much, the next one gets too little.
    most = {number: source.total(unit) / source.share for number, source in enumerate(sources)}
    whole = max(most.values()) if size is None else size
    drawn, due = {}, 0.0
    for number in sorted(most, key=most.get, reverse=True):
        source = sources[number]
        due += whole * source.share
        places = _draw([getattr(row, unit) for row in source.sizes], due, rng)
        if not places:
            raise UsageError(
                f"a mixture of {whole:g} {unit}s with the share {source.share:g} for {source.name} (see --eta and the "
                "weights of --general) would have none of it: choose a larger --size"
            )
        due -= sum(getattr(source.sizes[place], unit) for place in places)
        drawn[number] = Draw(source, places)
    return [drawn[number] for number in range(len(sources))]


def arrange(draws: Sequence[Draw], seed: int = 0, curriculum: bool = False) -> list[Row]:
    """Shuffle the drawn rows together.

    With a `curriculum`, those that have a `difficulty` then change places among themselves, so that they come from easy
    to hard; the others stay spread among them.
    """
    rng = random.Random(seed)
    rows = [draw.source.rows[place] for draw in draws for place in draw.places]
    rng.shuffle(rows)
    if curriculum:
        graded = [place for place, row in enumerate(rows) if row.get("difficulty") is not None]
        easy_first = sorted((rows[place] for place in graded), key=lambda row: row["difficulty"])
        for place, row in zip(graded, easy_first, strict=True):
            rows[place] = row
    return rows


def shares(draws: Sequence[Draw]) -> list[dict[str, Any]]:
    """What each source has in a mixture: its amount in each unit, and its epochs, the times that its rows are used."""
    return [
        {
            "source": draw.source.name,
            **{unit: sum(getattr(draw.source.sizes[place], unit) for place in draw.places) for unit in UNITS},
            "epochs": len(draw.places) / len(draw.source.rows),
        }
        for draw in draws
    ]


def _draw(sizes: Sequence[int], wanted: float, rng: random.Random) -> list[int]:
    """Places of rows whose sizes add up to `wanted`, as near as the order of the draw allows."""
    passes = max(0, int(wanted // sum(sizes)))
    places, missing = list(range(len(sizes))) * passes, wanted - passes * sum(sizes)
    for place in rng.sample(range(len(sizes)), len(sizes)):
        if sizes[place] >= 2 * missing:  # one more would be farther off
            break
        places.append(place)
        missing -= sizes[place]
    return places
