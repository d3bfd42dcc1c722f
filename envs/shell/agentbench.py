"""Tasks in AgentBench's OS format, graded by AgentBench's rules of 2023 (Liu et al., arXiv 2308.03688).

    python -m rollout.collect --tasks agentbench-os:AgentBench/data/os_interaction/data/dev.json --policy gpt-4

Two forms of a record are read. AgentBench's own has `description`, `create.init` (a script or a list of them), `start`,
and an `evaluation` of `match`, or of `check` (a script or a list) and `example`. A script is bash text, or an object of
`code` or `file` and perhaps `language`; a `file` stands in the folder under `scripts` that belongs to the record's. The
flat form has `id`, `description`, `init`, `start`, `match`, `check` and `example` side by side.
"""

import random
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from envs.core import AgentEnv, Solution
from envs.errors import UsageError, WorldError
from envs.sandbox import Outcome, open_sandbox
from envs.shell.agentbench_records import ENDINGS, read_records, task_data
from envs.shell.env import OsEnv
from envs.types import Task, ToolCall

__all__ = ["AgentbenchOsEnv", "load"]

INIT_SECONDS = 120.0
"""Time for each init script, some of which sleep."""
LONGEST_ARGUMENT = 100_000
"""Bytes of an answer that can be handed to a check; Linux takes at most 128 KiB."""
PROGRAM = "/tmp/agentbench-program"
"""Where a script in C is compiled to."""

RUN = (
    "This command should give the answer.",
    "I can find this out with one command.",
    "Let me work it out in the shell.",
    "I run what answers the question and look at the output.",
)
DO = (
    "This should do what is asked for.",
    "I make the change in the shell.",
    "Let me do it with a short script.",
    "These commands bring about what was asked for.",
)
ANSWER = (
    "The output is the answer: {value}.",
    "That gives {value}.",
    "So the answer is {value}.",
    "The command says {value}, which is what was asked for.",
)
KNOWN = (
    "My answer is {value}.",
    "I answer with {value}.",
    "{value} is what I answer.",
    "I give {value} as the answer.",
)
FINISH = ("It is done.", "Nothing is left to do, I finish.", "That was all.", "The task is carried out, so I end here.")


class AgentbenchOsEnv(OsEnv):
    """A question about a Linux box or a change to it, as root, eight rounds, 800 characters of each output.

    An answer is matched as text or by a regular expression, or handed to a chain of scripts that run in the box after
    the agent: each gets the answer and what the earlier ones printed, and all must exit with 0. As there, `finish` in
    place of an answer hands them the word None, and nothing asks whether an init script succeeded.

    It has no tasks of its own: `load` reads them from a file. It differs from AgentBench in two points: scripts and
    shell begin in the home of root and not in the folder /, and the box's system (/ and /usr) is read-only: the
    episodes of a task that is set up there are invalid.

    Args:
        sandbox: backend of the boxes, see `envs.sandbox.open_sandbox`.
        root: what is in them, see there; for tasks that need programs which the default has not.
        options: as for `AgentEnv`.
    """

    id = "AgentTuning/AgentbenchOs-v0"
    licence = "Apache-2.0 (THUDM/AgentBench)"
    instructions = (
        "You are root at the shell of a Linux box without a network. If a question is asked, find the answer and give "
        "it with answer, the value alone. If something is to be done, do it and call finish. Commands cannot ask for "
        "input, and long output is cut."
    )
    max_turns = 8
    max_observation = 800

    def __init__(self, sandbox: str = "auto", root: str | None = None, **options: Any):
        super().__init__(sandbox, **options)
        self._root = root

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return []

    def setup(self, task: Task) -> None:
        data = task.data
        if missing := {"init", "start", "match", "check", "example"} - data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self.close()
        self._answer = None
        self._box = open_sandbox(self._backend, self._root, user="root")
        self._prepare(task)
        if data["start"] and self._box.run(data["start"]).stop:
            raise WorldError(f"the start script of task {task.id} did not give the shell back; it may need a final &")

    def _prepare(self, task: Task) -> None:
        """Run the init scripts.

        Raises:
            WorldError: the box, not a script, is at fault: it has no compiler, is read-only there, or too slow.
        """
        scripts = [*task.data["init"], *task.data["check"], task.data["example"]]
        if any(script and script[0] == "c" for script in scripts) and self._box.execute(["cc", "--version"]).code != 0:
            raise WorldError(f"task {task.id} has a script in C, and its box has no C compiler (cc)")
        for script in task.data["init"]:
            outcome = self._execute(script, seconds=INIT_SECONDS)
            if outcome.stop == "timeout":
                raise WorldError(f"an init script of task {task.id} did not end within {INIT_SECONDS:g} s")
            if "Read-only file system" in outcome.output:
                raise WorldError(f"an init script of task {task.id} writes to the system: {outcome.output:.200}")

    def score(self) -> float:
        data = self.task.data
        if data["match"]:
            return float(_matches(self._answer, data["match"]))
        arguments = [str(self._answer)]
        if "\0" in arguments[0] or len(arguments[0].encode()) > LONGEST_ARGUMENT:
            return 0.0
        for script in data["check"]:
            outcome = self._execute(script or data["example"], arguments)
            if outcome.code != 0:
                return 0.0
            arguments.append(outcome.output)
        return 1.0

    def solve(self) -> Solution:
        data, rng, seen = self.task.data, random.Random(self.task.id), None
        is_question = bool(data["match"]) or None in data["check"]
        if data["example"]:
            thought = rng.choice(RUN if is_question else DO)
            seen = yield thought, ToolCall("bash", {"command": _command(*data["example"])})
        known = data["match"] and data["match"]["answer"]
        if seen is None and known is None:
            raise UsageError(f"task {self.task.id} of {self.id} has neither an example nor an answer that is known")
        if not is_question:
            yield rng.choice(FINISH), ToolCall("finish")
        elif known is not None:
            yield rng.choice(KNOWN).format(value=known), ToolCall("answer", {"text": known})
        else:
            text = _output(seen)
            yield rng.choice(ANSWER).format(value=text), ToolCall("answer", {"text": text})

    def state_key(self) -> str:
        return AgentEnv.state_key(self)

    def _execute(self, script: Sequence[str], arguments: Sequence[str] = (), seconds: float | None = None) -> Outcome:
        """Run a script in a process of its own, as AgentBench does."""
        language, code = script
        if language == "c":
            built = self._box.execute(["cc", "-x", "c", "-o", PROGRAM, "-"], input=code.encode())
            if built.code != 0:
                return built
        start = {"bash": ["bash", "-c", code, "--"], "python": ["python3", "-c", code], "c": [PROGRAM]}[language]
        return self._box.execute([*start, *arguments], seconds=seconds)


def load(path: str | Path) -> list[Task]:
    """Read AgentBench OS records from a file, or from all .json, .jsonl and .jsonl.gz files below a folder.

    Returns:
        One task per record: in the split "train" if its id, or where it has none its file's name, begins with "train",
        as AgentBench's own training data do; all others in "test": a benchmark is not for training.

    Raises:
        UsageError: a file is not JSON, or it has records that cannot be built or graded; names each of them.
    """
    path = Path(path)
    files = [file for file in sorted(path.rglob("*")) if file.name.endswith(ENDINGS)] if path.is_dir() else [path]
    tasks, problems = [], []
    for file in files:
        for number, record in enumerate(read_records(file)):
            try:
                tasks.append(_task(record, file.resolve(), number))
            except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
                reason = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
                description = record.get("description", "") if isinstance(record, dict) else ""
                problems.append(f"{file}, record {number + 1} ({str(description)[:60]!r}): {reason}")
    if problems:
        raise UsageError(f"{path}: {len(problems)} of the records cannot be graded.\n" + "\n".join(problems))
    return tasks


def _task(record: Any, file: Path, number: int) -> Task:
    """One record as a task.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OSError: it cannot be built or graded.
    """
    if not isinstance(record, dict):
        raise UsageError("it is not a JSON object")
    source = f"{file.parent.name}/{file.name.partition('.')[0]}"
    return Task(
        env=AgentbenchOsEnv.id,
        prompt=record["description"],
        data=task_data(record, file),
        split="train" if record.get("id", file.name).startswith("train") else "test",
        difficulty=2,
        template=source,
        id=record.get("id", f"{source}-{number:05d}"),
    )


def _command(language: str, code: str) -> str:
    """A script as a person at the shell would run it."""
    if language == "python":
        return f"python3 -c {shlex.quote(code)}"
    if language == "c":
        return f"printf %s {shlex.quote(code)} | cc -x c -o {PROGRAM} - && {PROGRAM}"
    return code


def _output(seen: str) -> str:
    """What a command printed, without the remarks in brackets that an observation may end with."""
    return (seen.rpartition("\n[")[0] if "\n[" in seen and seen.endswith("]") else seen).strip()


def _matches(answer: str | None, match: Mapping[str, Any]) -> bool:
    if answer is None:
        return False
    answer = answer.strip() if match["strip"] else answer
    if match["answer"] is not None:
        return answer == match["answer"]
    return re.search(match["regex"], answer) is not None
