"""The errors of the environment floor.

There are three kinds of error and no fourth::

    ModelError            the model's mistake: its text becomes the next observation, the episode goes on
    ├── FormatError       the message does not follow the action format
    ├── UnknownToolError  the named tool does not exist
    ├── ArgumentsError    the arguments do not fit the tool's schema
    └── ToolError         the tool ran and refused or failed (raise this one in your tools)
    WorldError            the machine's failure: the episode is invalid, never scored, and owed again
    UsageError            the user's mistake: raised at once, before any work, naming what would be right
"""

import difflib
from collections.abc import Iterable

__all__ = ["ArgumentsError", "FormatError", "ModelError", "ToolError", "UnknownToolError", "UsageError", "WorldError"]
__all__ += ["did_you_mean"]


class ModelError(Exception):
    """A mistake of the model. `kind` is the word under which it is counted; `str(error)` is shown to the model."""

    kind = "model"


class FormatError(ModelError):
    """The message does not follow the action format."""

    kind = "format"


class UnknownToolError(ModelError):
    """The message calls a tool that this environment does not have."""

    kind = "unknown_tool"


class ArgumentsError(ModelError):
    """The arguments do not fit the tool's JSON Schema."""

    kind = "arguments"


class ToolError(ModelError):
    """A tool ran and could not do what was asked: a syntax error in SQL, a missing file, a closed door."""

    kind = "tool"


class WorldError(Exception):
    """The machine under the environment failed (a crashed browser, a lost container). Not the model's fault."""


class UsageError(ValueError):
    """The caller asked for something that cannot be. The command line prints it and exits with status 2."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest of `known`, or an empty string when none is near."""
    known = list(known)
    folded = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.5)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
