"""What models cost, from a file of the user's. Nothing is priced that the file does not name.

[gpt-4]          # the policy's name; "my-model@http://host/v1" is looked up whole, then as my-model
input = 30.0     # dollars for a million tokens read
output = 60.0    # dollars for a million tokens written
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envs.errors import UsageError
from rollout.trajectory import Usage

__all__ = ["Price", "dollars", "read_prices"]


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens."""

    input: float
    """Of what a model reads, at every turn all of it."""
    output: float
    """Of what it writes."""


def read_prices(path: Path) -> dict[str, Price]:
    """Read a price table, policy names to prices.

    Raises:
        UsageError: no such file, or an entry that is not a price; names it.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"no price table {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    for model, row in rows.items():
        if not isinstance(row, dict) or row.keys() != {"input", "output"} or not all(map(_is_amount, row.values())):
            raise UsageError(
                f"{path}: [{model}] must hold input and output, dollars for a million tokens, and nothing else. "
                "A name with a dot, a colon or an @ stands in quotes"
            )
    return {model: Price(**row) for model, row in rows.items()}


def dollars(usage: Usage, policy: str, prices: Mapping[str, Price]) -> float:
    """What the tokens cost; NaN for a policy that the table does not name."""
    price = prices.get(policy) or prices.get(policy.partition("@")[0])
    if price is None:
        return math.nan
    return (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1e6


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
