"""The forms in which people keep conversations, and the one door between them and training rows.

    row = read(record)                      # of any form; `training.rows` says what a row is
    record = write(row, "agentinstruct")

=================  =================================================================================================
`openai`           `messages` of role and content, with optional `weight` and `tool_calls`, and `tools` beside them.
                   A row is one already, but that its tools are text: the action format hermes.
`sharegpt`         `conversations` of `from` (human, gpt, system, ...) and `value`, with optional `loss`
`agentinstruct`    the same with `loss` in every turn and an `id` (AgentTuning, Zeng et al. 2023)
`alpaca`           `instruction`, `input`, `output` and optional `system`: one question and one answer
`chatml`           `text`: for each message `<|im_start|>ROLE`, a line break, the content and `<|im_end|>`
=================  =================================================================================================

Nothing is lost in silence:

- Keys that a form does not know stay, in the row and in its messages.
- `loss` and `weight` are one thing: true is 1, false 0, and what is null or absent stays so.
- What a message cannot say of a record (the ids of tool calls, where `instruction` ends and `input` begins) is in the
  row's `given`, the record as it was. `write` gives it back for as long as the row still says the same; it is the one
  key that is not carried into another form.
- What a form cannot say of a row is refused. Alpaca and ChatML know no weights and no keys in a turn, Alpaca has one
  turn, and a `loss` is true or false.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from envs.errors import did_you_mean
from training.openai_form import Record, Row, read_openai, with_tools, without, write_openai
from training.tool_text import call_block, join_results

__all__ = ["FORMS", "Row", "read", "write"]

_WORDS = {"system": "system", "user": "human", "assistant": "gpt"}
_ROLES = {word: role for role, word in _WORDS.items()}
_ROLES |= {"user": "user", "assistant": "assistant"}
_ROLES |= {"function_call": "assistant", "observation": "user", "tool": "user"}
_CHATML = re.compile(r"<\|im_start\|>(system|user|assistant)\n(.*?)<\|im_end\|>(?:\n|\Z)", re.S)


@dataclass(frozen=True)
class Form:
    """A form: the key by which a record is known to be of it, and how it is read and written."""

    key: str
    read: Callable[[Record], Row]
    write: Callable[[Row], Record]


def read(record: Any) -> Row:
    """Read a record of any form as a row: messages of the roles system, user and assistant, all of text.

    Raises:
        ValueError, KeyError, TypeError: it is no conversation; says why.
    """
    if not isinstance(record, dict):
        raise ValueError(f"not a conversation: {record!r}")
    form = next((form for form in FORMS.values() if record.get(form.key) is not None), None)
    if form is None:
        keys = " nor ".join(dict.fromkeys(form.key for form in FORMS.values()))
        raise ValueError(f"it has the keys {', '.join(record)}, but neither {keys}")
    row = form.read(record)
    for message in row["messages"]:
        _check(message)
    return row if row == record or form.write(row) == record else {**row, "given": record}


def write(row: Row, name: str, index: int = 0) -> Record:
    """Write a row in a form, so that `read` gives the row back.

    Args:
        row: as `read` makes them.
        name: one of `FORMS`.
        index: of the row in its file, for the `id` of agentinstruct where the row has none.

    Raises:
        ValueError: the form cannot say what the row says; says what.
    """
    form = FORMS[name]
    given, row = row.get("given"), {key: value for key, value in row.items() if key != "given"}
    record = form.write(row)
    if given is not None and given.get(form.key) is not None:
        before = form.read(given)
        if before.items() <= row.items():
            record = given | {key: value for key, value in row.items() if key not in before}
    if _meaning(form.read(record)) != _meaning(row):
        raise ValueError(f"written as {name} it would not read the same")
    return _complete(record, index) if name == "agentinstruct" else record


# --- sharegpt and agentinstruct ------------------------------------------------------------------------------------


def _read_sharegpt(record: Record) -> Row:
    messages = [_read_turn(turn) for turn in record["conversations"]]
    return with_tools({**without(record, "conversations"), "messages": messages})


def _read_turn(turn: dict[str, Any]) -> dict[str, Any]:
    word, content = turn["from"], turn["value"]
    if word not in _ROLES:
        raise ValueError(f"no turn is from {word!r}.{did_you_mean(str(word), _ROLES)} Known: {', '.join(_ROLES)}")
    if word == "function_call":
        content = call_block(content)
    elif word in ("observation", "tool"):
        content = join_results([content])
    message = {"role": _ROLES[word], "content": content}
    if "loss" in turn:
        loss = turn["loss"]
        if loss not in (True, False, None):
            raise ValueError(f"a loss is true, false or null, not {loss!r}")
        message["weight"] = None if loss is None else int(loss)
    return message | without(turn, "from", "value", "loss", *message)


def _write_sharegpt(row: Row) -> Record:
    return {"conversations": [_write_turn(m) for m in row["messages"]]} | without(row, "messages", "conversations")


def _write_turn(message: dict[str, Any]) -> dict[str, Any]:
    turn = {"from": _WORDS[message["role"]], "value": message["content"]}
    if "weight" in message:
        weight = message["weight"]
        if weight not in (0, 1, None):
            raise ValueError(f"a turn has the weight {weight}, and a loss is only true or false")
        turn["loss"] = None if weight is None else bool(weight)
    return turn | without(message, "role", "content", "weight", *turn)


def _complete(record: Record, index: int) -> Record:
    """Say the loss of every turn, and an id, as AgentInstruct does."""
    losses = {"assistant": True}
    turns = [{"loss": losses.get(_ROLES[turn["from"]]), **turn} for turn in record["conversations"]]
    return {"conversations": turns, "id": f"{record.get('source', 'row')}_{index}"} | without(record, "conversations")


# --- alpaca and chatml: all that a message has is its text ---------------------------------------------------------


def _read_alpaca(record: Record) -> Row:
    if record.get("history"):
        raise ValueError("its history has earlier turns; only one instruction and one output are read")
    question = "\n\n".join(part for part in (record["instruction"], record.get("input")) if part)
    turns = [("system", record.get("system")), ("user", question), ("assistant", record["output"])]
    messages = [{"role": role, "content": text} for role, text in turns if role != "system" or text]
    return {"messages": messages} | without(record, "instruction", "input", "output", "system", "messages")


def _write_alpaca(row: Row) -> Record:
    said = _plain("alpaca", row["messages"])
    system = said.pop(0)[1] if said and said[0][0] == "system" else None
    if [role for role, _ in said] != ["user", "assistant"]:
        roles = ", ".join(role for role, _ in said)
        raise ValueError(f"alpaca has one user and one assistant turn, and this conversation has {roles or 'none'}")
    record = {"instruction": said[0][1], "input": "", "output": said[1][1]}
    record |= {} if system is None else {"system": system}
    return record | without(row, "messages", *record)


def _read_chatml(record: Record) -> Row:
    found, end = [], 0
    for turn in _CHATML.finditer(record["text"]):
        if turn.start() != end:
            break
        found.append({"role": turn[1], "content": turn[2]})
        end = turn.end()
    if not found or end != len(record["text"]):
        raise ValueError(f"the text is not ChatML from character {end} on: {record['text'][end : end + 60]!r}")
    return {"messages": found} | without(record, "text", "messages")


def _write_chatml(row: Row) -> Record:
    said = _plain("chatml", row["messages"])
    return {"text": "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in said)} | without(
        row, "messages"
    )


def _plain(name: str, messages: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    for number, message in enumerate(messages, 1):
        for key in _said(message).keys() - {"role", "content"}:
            raise ValueError(f"turn {number} has {key} {message[key]!r}, which {name} cannot say")
    return [(message["role"], message["content"]) for message in messages]


def _check(message: dict[str, Any]) -> None:
    role, content, weight = message["role"], message["content"], message.get("weight")
    if role not in _WORDS or not isinstance(content, str):
        raise ValueError(f"a message has a role ({', '.join(_WORDS)}) and a text, not {role!r} and {content!r}")
    if weight is not None and not (isinstance(weight, int | float) and weight >= 0):
        raise ValueError(f"a weight is a number from 0 on, not {weight!r}")


def _meaning(row: Row) -> Row:
    """A row without what says nothing: nulls, and the weight that every message has."""
    return _said(row) | {"messages": [_said(message) for message in row["messages"]]}


def _said(record: Record) -> Record:
    return {key: value for key, value in record.items() if value is not None and (key, value) != ("weight", 1)}


FORMS = {
    "openai": Form("messages", read_openai, write_openai),
    "sharegpt": Form("conversations", _read_sharegpt, _write_sharegpt),
    "agentinstruct": Form("conversations", _read_sharegpt, _write_sharegpt),
    "alpaca": Form("instruction", _read_alpaca, _write_alpaca),
    "chatml": Form("text", _read_chatml, _write_chatml),
}
