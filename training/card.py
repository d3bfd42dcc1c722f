"""The data card of an exported file: who wrote it, under which prompts, what was dropped, and what may be done with it.

A card says what the rows, the runs' settings and `FILE.meta.json` say. What none of them does is "not stated".
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from envs.errors import UsageError, did_you_mean
from envs.registry import env_class
from rollout.chat import prompt_hash
from training.rows import Row

__all__ = ["NOT_STATED", "card", "licences", "origin"]

NOT_STATED = "not stated"


def card(
    title: str,
    form: str,
    sha256: str,
    rows: Sequence[Row],
    about: Mapping[str, Any],
    rights: Mapping[str, str],
    report: Mapping[str, Any] | None,
) -> str:
    """Write the card, in Markdown.

    Args:
        title: name of the file.
        form: in which its conversations are written.
        sha256: of the file.
        rows: what it holds.
        about: how it was made: FILE.meta.json, or its `runs` and `filters` alone.
        rights: the licence of each `origin`.
        report: that of `evaluation.contamination`.
    """
    parts = [
        f"# {title}",
        f"{len(rows):,} conversations in the form `{form}`, written by `python -m training.export` of agenttuning "
        f"{version('agenttuning')}. SHA-256 `{sha256}`.",
        *_section("Who wrote them", _policies(rows)),
        *_section("Runs", _runs(about.get("runs") or {})),
        *_section("System prompts of the agents", _prompts(rows)),
        *_section("What was dropped", _funnels(about)),
        *_section("Mixture", _mixture(about)),
        *_section("Tasks", _tasks(rows)),
        *_section("Licences", _licences(rows, rights)),
        *_section("Contamination", _contamination(report) if report else ["Not measured: no report was given."]),
    ]
    return "\n\n".join(parts) + "\n"


def origin(row: Row) -> str:
    """Where a conversation is from: the id of the environment it was played in, or its source."""
    return row.get("env") or row.get("source") or NOT_STATED


def licences(rows: Iterable[Row], given: Sequence[str]) -> dict[str, str]:
    """The licence of each origin: what the user says (ORIGIN=TEXT), else what the environment declares as `licence`.

    Raises:
        UsageError: an origin that is not in the rows.
    """
    origins = sorted({origin(row) for row in rows})
    rights = {name: _declared(name) for name in origins}
    for spec in given:
        name, equals, text = spec.partition("=")
        if not equals or not text or name not in rights:
            raise UsageError(
                f"a licence is ORIGIN=TEXT, not {spec!r}.{did_you_mean(name, origins)} Origins: {', '.join(origins)}"
            )
        rights[name] = text
    return rights


def _declared(name: str) -> str:
    try:
        return getattr(env_class(name), "licence", NOT_STATED)
    except UsageError:  # a source that is no environment, or one that is not installed here
        return NOT_STATED


def _section(heading: str, parts: Iterable[str]) -> list[str]:
    parts = list(parts)
    return [f"## {heading}", *parts] if parts else []


def _policies(rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter((origin(row), row.get("policy") or NOT_STATED) for row in rows)
    yield _table(["origin", "policy", "conversations"], [(*key, f"{n:,}") for key, n in sorted(counts.items())])


def _runs(runs: Mapping[str, Any]) -> Iterator[str]:
    for name, config in runs.items():
        settings = "\n".join(f"- {key}: {_value(value)}" for key, value in config.items())
        yield f"`{name}`, with the settings\n\n{settings}"


def _prompts(rows: Sequence[Row]) -> Iterator[str]:
    texts = (m["content"] for row in rows if row.get("format") for m in row["messages"] if m["role"] == "system")
    for text, count in Counter(texts).most_common():
        yield f"`{prompt_hash(text)}`, in {count:,} conversations:\n\n{_fence(text)}"


def _funnels(about: Mapping[str, Any]) -> Iterator[str]:
    funnels = [("the runs", about.get("filters")), *((f["source"], f["filters"]) for f in about.get("files", []))]
    for name, funnel in funnels:
        if funnel:
            steps = [(step["filter"], *(f"{step[key]:,}" for key in ("in", "dropped", "out"))) for step in funnel]
            yield f"Of {Path(name).name}, by filters in the order in which they were applied:"
            yield _table(["filter", "in", "dropped", "out"], steps)


def _mixture(about: Mapping[str, Any]) -> Iterator[str]:
    if about.get("shares"):
        keys = ("eta", "unit", "seed", "order", "tokenizer", "max_tokens")
        yield "\n".join(f"- {key}: {_value(about[key])}" for key in keys if about.get(key) is not None)
        heads = list(about["shares"][0])
        yield _table(heads, [[_value(share[head]) for head in heads] for share in about["shares"]])


def _tasks(rows: Sequence[Row]) -> Iterator[str]:
    played = [row for row in rows if row.get("env")]
    counts = Counter((row["env"], row.get("difficulty") or 0, row.get("template") or "") for row in played)
    if counts:
        lines = [
            (env, difficulty or "", template, f"{n:,}") for (env, difficulty, template), n in sorted(counts.items())
        ]
        yield _table(["environment", "difficulty", "template", "conversations"], lines)


def _licences(rows: Sequence[Row], rights: Mapping[str, str]) -> Iterator[str]:
    counts = Counter(map(origin, rows))
    yield _table(["origin", "conversations", "licence"], [(name, f"{counts[name]:,}", rights[name]) for name in rights])


def _contamination(report: Mapping[str, Any]) -> Iterator[str]:
    # The samples themselves stay out: a card that is read by a crawler must not leak the tests.
    yield (
        f"Of {report['samples']:,} tasks in the evaluation suites, {len(report['contaminated']):,} are contaminated by "
        f"{Path(report['data']).name}. By the share of their tokens that it has:"
    )
    heads = list(next(iter(report["bins"].values())))
    lines = ((name, *(f"{one['samples']:,}" for one in by_bin.values())) for name, by_bin in report["bins"].items())
    yield _table(["measure", *heads], lines)
    for env, reason in report.get("not_looked_for", {}).items():
        yield f"Not looked for: {env} ({reason})."


def _table(heads: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows)


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if type(value) is int else str(value) if isinstance(value, str) else json.dumps(value)


def _fence(text: str) -> str:
    """A block of code that the text cannot end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}text\n{text}\n{ticks}"
