"""What models cost, from a file of the user's. Nothing is priced that the file does not name.

[gpt-4]          # the policy's name; "my-model@http://host/v1" is looked up whole, then as my-model
input = 30.0         # dollars for a million tokens read
output = 60.0        # dollars for a million tokens written
cached_input = 15.0  # of those read, for those that the server says it had in its cache; by default as input
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envs.errors import UsageError
from rollout.trajectory import Usage

__all__ = ["Price", "dollars", "format_dollars", "price_of", "read_prices"]


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens."""

    input: float
    """Of what a model reads, at every turn all of it."""
    output: float
    """Of what it writes."""
    cached_input: float | None = None
    """Of what it reads and had computed before; None for no discount."""

    def of(self, usage: Usage) -> float:
        """The dollars of so many tokens."""
        cached_input = self.input if self.cached_input is None else self.cached_input
        read = (usage.prompt_tokens - usage.cached_tokens) * self.input + usage.cached_tokens * cached_input
        return (read + usage.completion_tokens * self.output) / 1e6


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
        keys = row.keys() - {"cached_input"} if isinstance(row, dict) else None
        if keys != {"input", "output"} or not all(map(_is_amount, row.values())):
            raise UsageError(
                f"{path}: [{model}] must hold input and output, dollars for a million tokens, may hold cached_input, "
                "and nothing else. A name with a dot, a colon or an @ stands in quotes"
            )
    return {model: Price(**row) for model, row in rows.items()}


def price_of(policy: str, prices: Mapping[str, Price]) -> Price | None:
    """The policy's entry, looked up whole and then without its @URL; None where the table names neither."""
    return prices.get(policy) or prices.get(policy.partition("@")[0])


def dollars(usage: Usage, policy: str, prices: Mapping[str, Price]) -> float:
    """What the tokens cost; NaN for a policy that the table does not name."""
    price = price_of(policy, prices)
    return math.nan if price is None else price.of(usage)


def format_dollars(amount: float) -> str:
    """`$12.50`, or `$0.0125` below a dollar."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
