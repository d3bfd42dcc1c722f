"""What episodes took: actions, tokens, seconds, dollars."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from rollout.prices import Price, dollars
from rollout.trajectory import Trajectory

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """A total, or a mean after division. NaN where it is unknown."""

    turns: float
    """Actions of the policy."""
    prompt_tokens: float
    """Tokens read, the whole conversation at every turn, as the server counted them."""
    completion_tokens: float
    """Tokens written. NaN, as `prompt_tokens`, where nobody counted."""
    seconds: float
    """Wall time of the episodes, one after the other; those that ran side by side took less."""
    dollars: float

    @property
    def tokens(self) -> float:
        """Tokens read and written."""
        return self.prompt_tokens + self.completion_tokens

    def __truediv__(self, n: int) -> "Cost":
        """This cost for each of `n`; NaN for each of none."""
        return Cost(*(value / n if n else math.nan for value in astuple(self)))


def cost_of(episodes: Sequence[Trajectory], prices: Mapping[str, Price]) -> Cost:
    """The total of all episodes. One episode of a policy that `prices` does not name makes the dollars unknown."""
    usages = [(episode.policy, episode.usage) for episode in episodes]
    read, written = (sum(getattr(u, kind) for _, u in usages) for kind in ("prompt_tokens", "completion_tokens"))
    return Cost(
        turns=sum(len(episode.steps) for episode in episodes),
        prompt_tokens=read if written else math.nan,
        completion_tokens=written or math.nan,
        seconds=sum(episode.seconds for episode in episodes),
        dollars=sum(dollars(usage, policy, prices) for policy, usage in usages) if written else math.nan,
    )
