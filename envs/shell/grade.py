"""Comparing an answer with what was expected. Lenient in form, strict in content; nothing is ever evaluated."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from envs.errors import UsageError
from envs.shell.tree import HOME

__all__ = ["ANSWER_KINDS", "Answer", "answer_matches", "check_answer"]

Answer = Mapping[str, Any]
"""What an answer must be: {kind, value}. The kinds:

    number   a number; thousands separators and 0.005 of difference are forgiven
    text     a word or phrase
    path     an absolute path; it may be given with ~, or as seen from the home
    name     an absolute path of which the end is enough: the file's name
    set      a list of things in any order: {kind: set, of: text | path | name | number, value: [...]}
    list     the same in this order
"""
ANSWER_KINDS = ("number", "text", "path", "name", "set", "list")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_TOLERANCE = 0.005
_LONGEST = 20_000


def check_answer(answer: Answer) -> None:
    """Check the form of an expected answer.

    Raises:
        UsageError: an unknown kind, or a value that does not fit it.
    """
    kind, value = answer.get("kind"), answer.get("value")
    several = kind in ("set", "list")
    single = answer.get("of") if several else kind
    values = value if several else [value]
    wanted = (int, float) if single == "number" else str
    known = kind in ANSWER_KINDS and single in ANSWER_KINDS[:4]
    if not known or not isinstance(values, list) or not values or not all(isinstance(v, wanted) for v in values):
        raise UsageError(
            f"an expected answer must be {{kind, value}} with kind {', '.join(ANSWER_KINDS)} "
            f"(set and list: also of, and a list of values), not {dict(answer)}"
        )


def answer_matches(given: str, answer: Answer) -> bool:
    """Say whether a text gives the expected answer."""
    kind, value = answer["kind"], answer["value"]
    if len(given) > _LONGEST:
        return False
    if kind not in ("set", "list"):
        return _equal(_bare(given), value, kind)
    items = _items(given, spaced=any(" " in str(v) for v in value))
    if kind == "list":
        return len(items) == len(value) and all(map(_equal, items, value, [answer["of"]] * len(value)))
    found = [{i for i, v in enumerate(value) if _equal(item, v, answer["of"])} for item in items]
    return all(found) and set().union(*found) == set(range(len(value)))


def _equal(given: str, value: Any, kind: str) -> bool:
    match kind:
        case "number":
            return bool(_NUMBER.fullmatch(given)) and abs(float(given.replace(",", "")) - value) <= _TOLERANCE
        case "text":
            return given == value
        case "path":
            return posixpath.normpath(posixpath.join(HOME, _from_home(given))) == value
        case "name":
            return bool(given) and f"/{value}".endswith(f"/{posixpath.normpath(_from_home(given)).lstrip('/')}")
    raise UsageError(f"no kind of answer {kind!r}; known are {', '.join(ANSWER_KINDS)}")


def _from_home(path: str) -> str:
    return re.sub(r"^(~|\$HOME)(?=/|$)", HOME, path)


def _bare(text: str) -> str:
    """The text without what people put around a value: white space, quotes, a full stop."""
    text = text.strip()
    if len(text) > 1 and text.endswith(".") and not text.endswith(("/.", "..")):
        text = text[:-1]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1]
    return text.strip()


def _items(text: str, spaced: bool) -> Sequence[str]:
    """The items of a list, one a line or with commas; with spaces between them where no item has a space itself."""
    text = _bare(text)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    parts = re.split(r"[\n,;]" if spaced else r"[\n,;\s]", text)
    bare = (_bare(re.sub(r"^\s*[-*] ", "", part)) for part in parts)
    return [item for item in bare if item and item not in ("-", "*")]
