"""The stored settings of a run: what they say about its environments, and where others differ."""

from collections.abc import Mapping
from typing import Any

__all__ = ["differences", "env_options"]

_OTHERS = ("policy", "seed", "sampling", "shots", "native_tools", "regraded")
"""Settings of a run that are not options of its environments."""


def env_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options with which a run made its environments."""
    return {name: value for name, value in config.items() if name not in _OTHERS}


def differences(stored: dict[str, Any], given: dict[str, Any], prefix: str = "") -> list[str]:
    """One phrase per setting that differs, nested ones by their dotted name."""
    phrases = []
    for key in sorted(stored.keys() | given.keys()):
        then, now = stored.get(key), given.get(key)
        if isinstance(then, dict) and isinstance(now, dict):
            phrases += differences(then, now, f"{prefix}{key}.")
        elif then != now:
            phrases.append(f"{prefix}{key} was {then!r} and is now {now!r}")
    return phrases
