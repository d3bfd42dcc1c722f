"""What makes an episode on one of our sites a success: the site's records, and what was answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from envs.records import Rows, differences
from envs.web.sites import SITES
from envs.web.sites.base import Site
from envs.wording import says as is_said

__all__ = ["LONGEST", "make_site", "problems"]

LONGEST = 300
"""Characters of an answer, so that one which recites the page says nothing."""


def make_site(data: Mapping[str, Any]) -> Site:
    """The site of a task as it is at the start."""
    return SITES[data["site"]](data["seed"], data["size"], data["novel"])


def problems(data: Mapping[str, Any], site: Site, answer: str | None) -> list[str]:
    """Compare an episode with its task's `data` (see `envs.web.tasks`); empty when all is as it should be."""
    gold = make_site(data)
    try:
        for step in data["gold"]:
            gold.do(step["do"], **step["with"])
        wanted = gold.state.rows()
    finally:
        gold.close()
    rows = site.state.rows()
    found = differences(site.start, rows, wanted, site.free)
    for mention in data["mentions"]:
        found += _misworded(site, rows, **mention)
    if data["answer"] is not None:
        text = answer or ""
        found += [f"the answer should be {LONGEST} characters at most"] * (len(text) > LONGEST)
        found += _unfit(text, "the answer", **data["answer"])
    return found


def _misworded(
    site: Site, rows: Rows, table: str, column: str, says: Sequence[Sequence[str]], never: Sequence[str]
) -> list[str]:
    """What the free text that was written in a column should say and does not, or says and should not."""
    before = {id: row[column] for id, row in site.start[table].items()}
    written = {id: str(row[column]) for id, row in rows[table].items() if row[column] != before.get(id)}
    return [problem for id, text in written.items() for problem in _unfit(text, f"the {column} of {id}", says, never)]


def _unfit(text: str, what: str, says: Sequence[Sequence[str]], never: Sequence[str]) -> list[str]:
    unsaid = [f"{what} should say {' or '.join(words)}" for words in says if not is_said(text, words)]
    return unsaid + [f"{what} should not say {word}" for word in never if is_said(text, [word])]
