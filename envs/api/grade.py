"""What makes an episode of the API world a success."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from envs.api.services import ALL_TOOLS
from envs.api.session import Session
from envs.api.user import ScriptedUser
from envs.errors import ToolError
from envs.records import Row, differences
from envs.wording import says

__all__ = ["Record", "problems", "violations"]


@dataclass
class Record:
    """What the agent did that leaves no trace in the services.

    Args:
        calls: (tool, number of summaries shown to the user before it) for each call that worked.
        end: the final tool and its words, None before the end.
    """

    calls: list[tuple[str, int]] = field(default_factory=list)
    end: tuple[str, str] | None = None


def problems(data: Mapping[str, Any], session: Session, user: ScriptedUser, record: Record) -> list[str]:
    """Compare an episode with its task's `data` (see `envs.api.tasks`); empty when all is as it should be."""
    gold = Session(data["world"], data["faults"])
    try:
        _replay(gold, data["steps"])
        wrong = differences(session.start, session.rows(), gold.rows(), session.free)
    finally:
        gold.close()
    return [*wrong, *_unsaid(data["mentions"], session), *_consent(data["consent"], user, record), *_end(data, record)]


def violations(data: Mapping[str, Any], session: Session, user: ScriptedUser, record: Record) -> list[str]:
    """The rules that an episode has broken: consent that is lacking, changes where a rule forbids the whole request."""
    broken = _consent(data["consent"], user, record)
    if data["end"]["tool"] == "decline" and session.rows() != session.start:
        broken.append("something was changed although the request had to be declined")
    return broken


def _replay(gold: Session, steps: list[Mapping[str, Any]]) -> None:
    for step in steps:
        if step["tool"] in ALL_TOOLS:
            try:
                gold.call(step["tool"], step["arguments"])
            except ToolError:
                continue  # a planned fault, or a look-up that finds nothing: the reference goes on, as the expert does


def _unsaid(mentions: list[Mapping[str, Any]], session: Session) -> list[str]:
    """What the free text that the agent wrote should say and does not."""
    wrong, rows = [], session.rows()
    for mention in mentions:
        table, column = mention["table"], mention["column"]
        before = {id: row[column] for id, row in session.start[table].items()}
        found = [row for id, row in rows[table].items() if row[column] != before.get(id) and _fits(row, mention)]
        wrong += [
            f"the {column} of {row['id']} should say {' or '.join(alternatives)}"
            for row in found
            for alternatives in mention["says"]
            if not says(str(row[column]), alternatives)
        ]
    return wrong


def _fits(row: Row, mention: Mapping[str, Any]) -> bool:
    return all(row[column] == value for column, value in mention["where"].items())


def _consent(consent: Mapping[str, Any] | None, user: ScriptedUser, record: Record) -> list[str]:
    """Each call that needs it must come after the user has accepted a summary that names its particulars."""
    if not consent:
        return []
    agreed = [
        number
        for number, (summary, accepted) in enumerate(user.shown, 1)
        if accepted and all(says(summary, alternatives) for alternatives in consent["says"])
    ]
    first = agreed[0] if agreed else None
    without = [name for name, shown in record.calls if name in consent["before"] and (first is None or shown < first)]
    return [f"{name} was called without the user's consent to its particulars" for name in without]


def _end(data: Mapping[str, Any], record: Record) -> list[str]:
    wanted = data["end"]
    if record.end is None or record.end[0] != wanted["tool"]:
        return [f"the episode should end with {wanted['tool']}"]
    text = record.end[1]
    unsaid = [f"the end should say {' or '.join(words)}" for words in wanted["says"] if not says(text, words)]
    return unsaid + [f"the end should not say {word}" for word in wanted["never"] if says(text, [word])]
