"""Has the training file seen the tests? `python -m evaluation.contamination --data data.jsonl --out report.json`.

Two measures, since each sees what the other misses:

*Token overlap*, after Llama 2 (Touvron et al. 2023, arXiv 2307.09288, appendix A.6). A sample is a task's instruction
and its first observation. A token of it is contaminated when it lies in a token n-gram longer than 10 that also occurs
in a message of the training file. Case and white space do not count, nor do n-grams without a letter (dates, to a
tokenizer that splits digits), and a shorter sample is one n-gram. The bins are clean (under 20% of the tokens), not
clean (20% or more), not dirty (under 80%) and dirty (80% or more); they overlap.

*Instance keys* (`evaluation.instances`): a conversation on the very task, one that starts in the same state, however it
is worded, or one that has the same goal in a world that all tasks share.

Worlds that generate their tasks word them alike, so samples overlap with training data by construction: what a sample
shares with *other* instances of its world (other samples, and conversations whose rows name that world and another
state) is its template's. The bins are given with templates, Llama 2's own measure, and beyond them: of the tokens that
are the sample's own, the share that the training file has all the same. The second one decides.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import envs
from envs.cli import main
from envs.errors import UsageError
from envs.types import Task
from evaluation.instances import goal_key
from evaluation.json_lines import read_json_lines
from evaluation.metrics import Rate, grouped, rate, to_json
from evaluation.overlap import Conversation, Finding, Overlap, Sample, conversation
from evaluation.suites import load_suite, suite_names
from evaluation.tables import interval_text, percent, print_parts, table
from evaluation.worlds import playable
from rollout.store import DEFAULT_STORE, Store
from rollout.student import STUDENTS, student_path
from rollout.trajectory import Trajectory

__all__ = ["BINS", "Bin", "Tokens", "bins", "contamination", "examine", "is_contaminated", "read_conversations"]

BINS: dict[str, Callable[[float], bool]] = {
    "clean": lambda share: share < 0.2,
    "not clean": lambda share: share >= 0.2,
    "not dirty": lambda share: share < 0.8,
    "dirty": lambda share: share >= 0.8,
}
"""By the share of a sample's tokens that are contaminated."""
MEASURES = {"overlap": "with templates", "beyond": "beyond templates"}
_UNPLACED = (
    "{} conversations name an environment but no initial state (`state` in their rows), so nobody knows on which "
    "instance they are: what they share by their templates counts as contamination."
)
_BATCH = 500
"""Conversations whose tokens are held at a time."""
_SHOWN = 10


class Tokens:
    """What a tokenizer makes of texts when case and white space do not count.

    Args:
        folder: holds a `tokenizer.json`.

    Raises:
        UsageError: it does not.
    """

    def __init__(self, folder: Path):
        from tokenizers import Tokenizer

        if not (folder / "tokenizer.json").is_file():
            raise UsageError(f"no tokenizer.json in {str(folder)!r}; give {' or '.join(STUDENTS)}, or a model folder")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True).values()
        self.wordless = {number for number in vocabulary if not any(map(str.isalpha, self._tokenizer.decode([number])))}

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """The ids of each text."""
        # With a blank before it, the beginning of a text is encoded as its middle would be.
        normal = [f" {goal_key(text)}" for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(normal, add_special_tokens=False)]


@dataclass(frozen=True)
class Bin:
    """The samples of one bin, and how a run does on them."""

    samples: int
    success: Rate | None


def contamination(
    data: Path,
    suite: tuple[str, ...] = (),
    out: Path | None = None,
    run: str | None = None,
    tokenizer: str = "smollm2",
    store: Path = DEFAULT_STORE,
) -> int:
    """Look in a training file for the tasks of suites: for their words, and for the instances themselves.

    Exit status 1 when there is something that templates do not explain: an instance, or 20% or more of a sample.

    Args:
        data: the training file, JSON lines (.jsonl or .jsonl.gz) as training.dataset writes them.
        suite: which suites to look for. By default all.
        out: also write the report to this file, with every sample that is contaminated.
        run: a stored run on these suites, whose success is then told for each bin.
        tokenizer: smollm2, or a folder with a tokenizer.json.
        store: the SQLite file that holds the run.
    """
    tokens = Tokens(student_path(tokenizer) if tokenizer in STUDENTS else Path(tokenizer))
    episodes = _episodes(run, store) if run else []
    conversations = read_conversations(data)
    conversations = chain([next(conversations)], conversations)  # a file of another kind is refused before any work
    console = Console(highlight=False)
    suites, missing = _tasks(suite or suite_names())
    overlap = examine(_samples(suites, console), conversations, tokens)
    found = overlap.findings()
    contaminated = [finding for finding in found if is_contaminated(finding)]
    by_suite = {name: _counts(tasks, found) for name, tasks in suites.items()}
    by_bin = {name: bins(found, name, episodes) for name in MEASURES}
    print_parts(
        [
            _suite_table(by_suite),
            *([_bin_table(by_bin)] if run else []),
            *(_named(contaminated) or ["Clean: no instance, and no sample shares 20% of its tokens beyond templates."]),
            *([_UNPLACED.format(overlap.unplaced)] if overlap.unplaced else []),
            *(f"[bold red]not looked for:[/] {escape(env)}: {escape(reason)}" for env, reason in missing.items()),
        ],
        console,
    )
    if out:
        about = {"data": str(data), "tokenizer": tokenizer, "run": run, "clean": not contaminated}
        about |= {"suites": by_suite, "unplaced": overlap.unplaced, "not_looked_for": missing}
        about |= {"bins": {name: {k: to_json(b) for k, b in by_name.items()} for name, by_name in by_bin.items()}}
        about |= {"contaminated": [_record(finding, suites) for finding in contaminated]}
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if contaminated else 0


def examine(samples: Sequence[Sample], conversations: Iterable[Conversation], tokens: Tokens) -> Overlap:
    """Compare samples with training conversations, which are read once and not kept."""
    conversations = iter(conversations)
    overlap = Overlap(samples, tokens.encode(sample.text for sample in samples), tokens.wordless)
    while batch := list(islice(conversations, _BATCH)):
        ids = iter(tokens.encode(text for given in batch for text in given.texts))
        for given in batch:
            overlap.add(given, list(islice(ids, len(given.texts))))
    return overlap


def is_contaminated(finding: Finding) -> bool:
    """Whether there is something that templates do not explain."""
    return finding.leak is not None or not BINS["clean"](finding.beyond)


def bins(found: Sequence[Finding], measure: str, episodes: Sequence[Trajectory] = ()) -> dict[str, Bin]:
    """Sort samples into the bins by `overlap` or `beyond`, with the success of a run's valid episodes on them."""
    sorted_in = {}
    for name, holds in BINS.items():
        inside = {(f.sample.task.env, f.sample.task.id) for f in found if holds(getattr(f, measure))}
        own = [t for t in episodes if (t.task.env, t.task.id) in inside]
        sorted_in[name] = Bin(len(inside), rate(own) if own else None)
    return sorted_in


def read_conversations(path: Path) -> Iterator[Conversation]:
    """Read a training file line by line.

    Raises:
        UsageError: no such file, nothing in it, or a line that is no conversation (with its number).
    """
    where = None
    for where, row in read_json_lines(path):
        try:
            found = conversation(row)
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{where}: not a conversation with messages: {error!r}") from None
        yield found
    if where is None:
        raise UsageError(f"{path} holds no conversations")


def _tasks(names: Sequence[str]) -> tuple[dict[str, list[Task]], dict[str, str]]:
    """The tasks of each suite that can be begun here, and what the other worlds lack."""
    suites, missing = {}, {}
    for name in names:
        suites[name], lacking = playable(load_suite(name).entries, [], {})
        missing |= lacking
    return suites, missing


def _samples(suites: Mapping[str, Sequence[Task]], console: Console) -> list[Sample]:
    """Begin an episode on every task, for its first observation."""
    different = {(task.env, task.id): task for tasks in suites.values() for task in tasks}
    samples = []
    for env_id, tasks in grouped(different.values(), lambda task: task.env).items():
        with closing(envs.make(env_id)) as env:
            console.print(f"beginning {len(tasks)} tasks of {env_id}")
            samples += [Sample(task, env.reset(seed=0, options={"task": task})[0]) for task in tasks]
    return samples


def _episodes(run: str, store: Path) -> list[Trajectory]:
    with Store(store) as opened:
        return list(opened.select(run, valid=True))


def _counts(tasks: Sequence[Task], found: Sequence[Finding]) -> dict[str, Any]:
    """Of one suite: its samples, the instances given away, and the samples in each bin."""
    held = {(task.env, task.id) for task in tasks}
    own = [finding for finding in found if (finding.sample.task.env, finding.sample.task.id) in held]
    counts = {measure: {name: inside.samples for name, inside in bins(own, measure).items()} for measure in MEASURES}
    return {"samples": len(own), "instances": sum(finding.leak is not None for finding in own), **counts}


def _suite_table(by_suite: Mapping[str, Mapping[str, Any]]) -> Table:
    made = table("Suite", "samples", "instances", *BINS)
    for measure, words in MEASURES.items():
        for name, counts in by_suite.items():
            numbers = [counts["samples"], counts["instances"], *counts[measure].values()]
            made.add_row(f"{name}, {words}", *map(str, numbers))
        made.add_section()
    return made


def _bin_table(by_measure: Mapping[str, Mapping[str, Bin]]) -> Table:
    made = table("Success by bin", "samples", "rate", "95% interval", "episodes")
    for measure, by_bin in by_measure.items():
        for name, inside in by_bin.items():
            known = inside.success
            scored = [percent(known.share), interval_text(known.interval), str(known.n)] if known else ["-", "-", "0"]
            made.add_row(f"{name}, {MEASURES[measure]}", str(inside.samples), *scored)
        made.add_section()
    return made


def _named(contaminated: Sequence[Finding]) -> list[str]:
    """One line for each of the worst, an empty list where there are none."""
    worst = sorted(contaminated, key=lambda f: (f.leak is None, -f.beyond))
    lines = [
        f"  {f.sample.task.env} {f.sample.task.id}: {f.beyond:.0%} of its tokens" + (f"; {f.leak}" if f.leak else "")
        for f in worst[:_SHOWN]
    ]
    more = [f"  and {len(worst) - _SHOWN} more"] * (len(worst) > _SHOWN)
    heading = f"[bold red]{len(worst)} samples are contaminated:[/]"
    return ["\n".join([heading, *map(escape, lines), *more])] if worst else []


def _record(finding: Finding, suites: Mapping[str, Sequence[Task]]) -> dict[str, Any]:
    task = finding.sample.task
    held_by = [name for name, tasks in suites.items() if any((t.env, t.id) == (task.env, task.id) for t in tasks)]
    shares = {measure: round(getattr(finding, measure), 4) for measure in MEASURES}
    return {
        "env": task.env,
        "task": task.id,
        "suites": held_by,
        **shares,
        "leak": finding.leak,
        "text": finding.sample.text,
    }


if __name__ == "__main__":
    main(contamination)
