"""The scripted user: answers what is asked, agrees or changes their mind, and never says more than that."""

from collections.abc import Mapping, Sequence
from typing import Any

from envs.wording import says

__all__ = ["ScriptedUser"]

_UNKNOWN = "I don't know. Please go by what I wrote."


class ScriptedUser:
    """Replies by rule.

    Args:
        knows: [{"about": alternatives, "says": reply}]; the first whose topic the question names is told.
        confirms: [{"says": reply, "accepts": bool}], one for each time a summary is shown; the last one repeats.
    """

    def __init__(self, knows: Sequence[Mapping[str, Any]] = (), confirms: Sequence[Mapping[str, Any]] = ()):
        self._knows, self._confirms = knows, confirms or ({"says": "Yes, please go ahead.", "accepts": True},)
        self.asked: list[str] = []
        self.shown: list[tuple[str, bool]] = []
        """(summary, whether it was accepted)"""

    def reply(self, question: str) -> str:
        """Answer a question."""
        self.asked.append(question)
        return next((fact["says"] for fact in self._knows if says(question, fact["about"])), _UNKNOWN)

    def confirm(self, summary: str) -> str:
        """Accept or decline what is about to be done."""
        reply = self._confirms[min(len(self.shown), len(self._confirms) - 1)]
        self.shown.append((summary, reply["accepts"]))
        return reply["says"]
