"""AgentBench's OS records as files hold them: reading them, and turning their two forms into a task's data."""

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from envs.errors import UsageError, did_you_mean

__all__ = ["ENDINGS", "read_records", "task_data"]

ENDINGS = (".json", ".jsonl", ".jsonl.gz")
LANGUAGES = ("bash", "python", "c")
READY_MADE = {
    "integer-match.py": "import sys\n\nsys.exit(int(sys.argv[1]) != int(sys.argv[2]))\n",
    "string-match.py": """\
import re, sys

answer, right = (re.sub("\\r\\n?", "\\n", text).strip() for text in sys.argv[1:3])
sys.exit(answer != right)
""",
    "size-match.py": """\
import re, sys

def size(text):
    number, unit = re.fullmatch(r"(\\d+)\\s*([KMGTP]?)(?:B|Byte)?", text.strip()).groups()
    return int(number) * 1024 ** " KMGTP".index(unit or " ")

sys.exit(size(sys.argv[1]) != size(sys.argv[2]))
""",
}
"""AgentBench's ready-made checks, in our words, for a file of records that comes without its scripts."""


def read_records(file: Path) -> list[Any]:
    """The records of one file: JSON, or JSON lines if it is named so.

    Raises:
        UsageError: it is neither.
    """
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8") as opened:
        text = opened.read()
    try:
        if ".jsonl" in file.suffixes:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        records = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file} is not JSON, or JSON lines as its name says: {error}") from None
    return records if isinstance(records, list) else [records]


def task_data(record: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """The data of a task: {init, start, match, check, example}, every script as [language, code].

    Args:
        record: in either form, see `envs.shell.agentbench`.
        file: where it stands, an absolute path; its scripts are looked for from there.

    Raises:
        UsageError, KeyError, TypeError, AttributeError, OSError: it cannot be built or graded.
    """
    flat = _flat(record)
    start, example = _script(flat.get("start"), file), _script(flat.get("example"), file)
    match, check = _match(flat.get("match")), _scripts(flat.get("check"), file)
    if match is None and not check:
        raise UsageError("it has neither a match nor a check")
    if match is None and None in check and not example:
        raise UsageError("null in its check stands for the example, and it has none")
    return {
        "init": [script for script in _scripts(flat.get("init"), file) if script],
        "start": start and start[1],
        "match": match,
        "check": [] if match else check,
        "example": example,
    }


def _flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of AgentBench's own form in the flat one."""
    if "evaluation" not in record:
        return record
    create, evaluation = record.get("create"), record["evaluation"]
    # Some of AgentBench's records have their check in `create` as well, as a list; it means nothing there either.
    init = create.get("init") if isinstance(create, dict) else None
    example = evaluation.get("example", record.get("example"))
    return {**record, "match": None, "check": None, **evaluation, "init": init, "example": example}


def _match(match: Any) -> dict[str, Any] | None:
    """What an answer must be, as {answer, regex, strip}; one of the first two is None."""
    if match is None:
        return None
    if isinstance(match, str):
        match = {"answer": match}
    full = {"answer": match.get("answer"), "regex": match.get("regex"), "strip": match.get("strip", True)}
    given = [text for text in (full["answer"], full["regex"]) if isinstance(text, str)]
    if len(given) != 1:
        raise UsageError(f"its match must be a text or have an answer or a regex, not {match!r:.80}")
    if full["regex"] is not None:
        try:
            re.compile(full["regex"])
        except re.error as error:
            raise UsageError(f"its regex {full['regex']!r:.80} is none: {error}") from None
    return full


def _scripts(value: Any, file: Path) -> list[list[str] | None]:
    """A script, a list of them, or nothing, as a list."""
    return [_script(v, file) for v in (value if isinstance(value, list) else [] if value is None else [value])]


def _script(value: Any, file: Path) -> list[str] | None:
    """A script as [language, code]; None stays."""
    if value is None:
        return None
    if isinstance(value, str):
        value = {"code": value}
    language = value.get("language", "bash")
    if language not in LANGUAGES:
        raise UsageError(f"no script language {language!r}.{did_you_mean(language, LANGUAGES)} {', '.join(LANGUAGES)}")
    code = _script_file(value["file"], file) if "file" in value else value["code"]
    if not isinstance(code, str):
        raise UsageError(f"a script's code must be text, not {code!r:.80}")
    return [language, code]


def _script_file(name: str, file: Path) -> str:
    """The text of a script: beside the records' file, in the folder that AgentBench keeps for its scripts, or ours.

    AgentBench's `data/1/stock.json` goes with `scripts/1`, and `data/dev.json` with `scripts/dev`.
    """
    above = file.parent.parent
    folders = (file.parent, above.parent / "scripts" / file.parent.name, above / "scripts" / file.stem)
    for folder in folders:
        found = (folder / name).resolve()
        if found.is_file() and found.is_relative_to(folder):
            return found.read_text(encoding="utf-8")
    if (ready := Path(name).name) in READY_MADE:
        return READY_MADE[ready]
    raise UsageError(f"no script {name!r} in {', '.join(map(str, folders))}")
