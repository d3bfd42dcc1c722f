"""Does it still work under other words? `python -m evaluation.robustness --suite db-test --policy smollm2`.

The same tasks are played again with the system prompt in other words, in the other action format, and with tools and
tables renamed (`evaluation.perturbations`). What was learned as an ability stays; what was learned as a wording drops.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError, did_you_mean
from envs.format import FORMATS
from evaluation.comparison import Difference, difference, pair_up
from evaluation.metrics import Rate, rate, to_json
from evaluation.perturbations import PERTURBATIONS, RENAMES_TABLES, make_perturbed
from evaluation.suites import load_suite
from evaluation.tables import interval_text, methods_text, percent, points, print_parts, table
from evaluation.worlds import playable
from rollout.collect import Summary, collect_tasks
from rollout.policies import Sampling
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory

__all__ = ["Robustness", "robustness", "spread"]

ORIGINAL = "original"
KINDS = (*PERTURBATIONS, "format")


@dataclass(frozen=True)
class Robustness:
    """Success under the original words and under others."""

    original: Rate
    changes: Mapping[str, Difference]
    """By perturbation, against the original, paired by task and sample."""
    lowest: float
    """Of the success under the original and under each perturbation that all tasks were played in; so `mean`,
    `highest`. Of shares in [0, 1]."""
    mean: float
    highest: float


def robustness(
    suite: str,
    policy: str,
    perturbations: tuple[str, ...] = (),
    n: int | None = None,
    run: str | None = None,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    temperature: float = 0.0,
    top_p: float = Sampling.top_p,
    max_tokens: int = Sampling.max_tokens,
    concurrency: int = 16,
    timeout: float = 600.0,
    json: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> int:
    """Let a policy play a suite as it is and under other words, and print how far its success spreads.

    The same command again goes on where it was stopped. Exit status 1 when some episodes are invalid.

    Args:
        suite: which tasks, as for evaluation.run.
        policy: who plays, as for evaluation.run. A checkpoint may be given prompts that it was not trained on.
        perturbations: of paraphrase-1, paraphrase-2, tools, tables (db alone), format. By default all that apply.
        n: at most so many tasks of each world of the suite; by default all.
        run: each perturbation is kept as a run of this name, ~ and its own. By default SUITE-POLICY.
        seed: of the runs; each episode derives its own.
        format: how actions are written in all but the perturbation format, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        temperature: of sampling; 0 for the likeliest token always.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one reply.
        concurrency: episodes at a time.
        timeout: seconds after which an episode is abandoned.
        json: also write the figures to this file.
        store: the SQLite file that keeps everything.
    """
    for name in perturbations:
        if name not in KINDS:
            raise UsageError(f"no perturbation {name!r}.{did_you_mean(name, KINDS)} Known: {', '.join(KINDS)}")
    chosen = load_suite(suite) if n is None else load_suite(suite).shrunk(n)
    tasks, missing = playable(chosen.entries, [], {})
    with_tables = [task for task in tasks if task.env in RENAMES_TABLES]
    wanted = perturbations or tuple(name for name in KINDS if with_tables or name != "tables")
    run = run or f"{suite}-{policy}"

    def play(name: str) -> Summary:
        return collect_tasks(
            with_tables if name == "tables" else tasks,
            policy,
            run=f"{run}~{name}",
            store=store,
            seed=seed,
            concurrency=concurrency,
            format=next(other for other in FORMATS if other != format) if name == "format" else format,
            max_turns=max_turns,
            env_options={"perturbation": name} if name in PERTURBATIONS else {},
            sampling=Sampling(temperature, top_p, max_tokens, seed),
            timeout=timeout,
            make_env=make_perturbed,
        )

    summaries = [play(name) for name in (ORIGINAL, *wanted)]
    ids = {(task.env, task.id) for task in tasks}
    with Store(store) as opened:
        episodes = {
            name: [t for t in opened.select(f"{run}~{name}") if (t.task.env, t.task.id) in ids]
            for name in (ORIGINAL, *wanted)
        }
    found = spread(episodes.pop(ORIGINAL), episodes)
    notes = [f"[bold red]not played:[/] {escape(env)}: {escape(reason)}" for env, reason in missing.items()]
    print_parts(
        [f"\n[bold]{escape(policy)}[/] on [bold]{suite}[/] under other words", _table(found), *_notes(found), *notes]
    )
    if json:
        json.parent.mkdir(parents=True, exist_ok=True)
        about = {"suite": suite, "policy": policy, "run": run}
        json.write_text(dumps(about | to_json(found), indent=2) + "\n", encoding="utf-8")
    return 1 if any(summary.owed for summary in summaries) else 0


def spread(original: Iterable[Trajectory], perturbed: Mapping[str, Iterable[Trajectory]]) -> Robustness:
    """Compare the episodes under each perturbation with the original ones, paired by task and sample.

    Raises:
        UsageError: nothing can be paired.
    """
    first = [t for t in original if t.valid]
    changes = {name: difference(pair_up(first, episodes)) for name, episodes in perturbed.items()}
    whole = rate(first)
    shares = [whole.share, *(change.after for change in changes.values() if change.n == whole.n)]
    return Robustness(whole, changes, min(shares), sum(shares) / len(shares), max(shares))


def _table(found: Robustness) -> Table:
    made = table("Words", "success", "change", "95% interval", "fixed", "broken", "pairs")
    made.add_row(ORIGINAL, percent(found.original.share), "", interval_text(found.original.interval), "", "", "")
    made.add_section()
    for name, part in found.changes.items():
        interval = interval_text(part.interval, signed=True)
        counts = [str(part.fixed), str(part.broken), str(part.n)]
        made.add_row(name, percent(part.after), points(part.change), interval, *counts)
    return made


def _notes(found: Robustness) -> list[str]:
    played = f"lowest {percent(found.lowest)}, mean {percent(found.mean)}, highest {percent(found.highest)}"
    intervals = [found.original.interval, *(part.interval for part in found.changes.values())]
    return [f"Success over all of these that every task was played in: {played}.\n{methods_text(intervals)}"]


if __name__ == "__main__":
    main(robustness)
