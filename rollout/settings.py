"""What the stored settings of a run say about its environments."""

from collections.abc import Mapping
from typing import Any

__all__ = ["env_options"]

_OTHERS = ("policy", "seed", "sampling", "shots", "regraded")
"""Settings of a run that are not options of its environments."""


def env_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options with which a run made its environments."""
    return {name: value for name, value in config.items() if name not in _OTHERS}
