"""Whose answer it is: written by the model that was asked, and not given before.

**The model's name.** A server answers with the name asked for, or with what the name stands for. Taken as the same
are: the same name; the same last part of a path (`org/tiny`, `/models/tiny.gguf` and `tiny`); the name with a dated
version behind it, which is `-`, `@` or `:` and at least three digits (`gpt-4` and `gpt-4-0613`, `gpt-4o` and
`gpt-4o-2024-08-06`, but not `gpt-4-turbo` and not `gpt-4o-mini`), where a trailing `-latest` of the name does not
count. Any other (an Azure deployment, a router's alias) has to be said: `MODEL?served=NAME`; then that name and no
other is taken. An answer that names no model claims nothing and is taken.

**The same answer twice.** A completion is known by its id, the second in which it was created, and its text: some
servers draw their ids from a thousand. An answer without an id claims nothing and is taken.
"""

import re
from collections import OrderedDict
from typing import Any

from envs.errors import UsageError
from rollout.answers import Unreadable
from rollout.policy import Reply

__all__ = ["Provenance", "same_model"]

_REMEMBERED = 10_000
_STRANGERS = 10
"""So many answers by another model, and none by the one that was asked, are the user's mistake."""


class Provenance:
    """Checks the answers of one server.

    Args:
        model: the name that is asked for.
        served: the name of the model that has to answer; None for `model`, as `same_model` sees it.
    """

    def __init__(self, model: str, served: str | None = None):
        self._model, self._served = model, served
        self._known, self._strangers = False, 0
        self._seen: OrderedDict[int, None] = OrderedDict()

    def check(self, answer: dict[str, Any], reply: Reply) -> None:
        """Accept `answer`, which was read as `reply`.

        Raises:
            Unreadable: another model wrote it, or it was accepted before.
            UsageError: only other models have answered so far, and often.
        """
        self._check_model(answer.get("model"))
        if not (number := answer.get("id")):
            return
        key = hash((str(number), answer.get("created"), reply.text))
        if key in self._seen:
            raise Unreadable(f"the completion {number!r} was given before, as the answer to another request")
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def _check_model(self, name: Any) -> None:
        if not name:
            return
        if name == self._served or (self._served is None and same_model(self._model, str(name))):
            self._known = True
            return
        self._strangers += 1
        wanted = self._served or self._model
        if not self._known and self._strangers >= _STRANGERS:
            raise UsageError(
                f"the model {wanted!r} was asked for and {name!r} answers, {self._strangers} times by now; if that is "
                f"the same model, write {self._model}@URL?served={name}"
            )
        raise Unreadable(f"the model {wanted!r} was asked for and {name!r} answered")


def same_model(asked: str, answered: str) -> bool:
    """Whether a server that was asked for one name and answers with the other means the same model."""
    asked, answered = (name.rsplit("/", 1)[-1].removesuffix(".gguf") for name in (asked, answered))
    if asked == answered:
        return True
    return re.fullmatch(re.escape(asked.removesuffix("-latest")) + r"([-@:]\d{3,}(-.+)?)?", answered) is not None
