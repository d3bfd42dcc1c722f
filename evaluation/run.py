"""Score a policy on a suite: `python -m evaluation.run --suite held-in --policy smollm2`.

The episodes go through the same engine into the same store as collected ones, so the same command again plays what is
owed and scores what is there.
"""

from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path

from rich.markup import escape

from envs.cli import main, parse_options
from envs.errors import UsageError
from envs.format import get_format
from envs.registry import load_tasks
from envs.types import Task
from evaluation.metrics import Score, score, to_json
from evaluation.overall import load_reference, overall, overall_parts
from evaluation.prompts import untrained
from evaluation.suites import Suite, load_suite, tasks_hash
from evaluation.tables import print_parts, score_parts
from evaluation.worlds import check_options, make_world, playable
from rollout.collect import collect_tasks
from rollout.policies import Sampling
from rollout.prices import Price, read_prices
from rollout.store import DEFAULT_STORE, Store

__all__ = ["evaluate", "score_run"]


def evaluate(
    policy: str,
    suite: str | None = None,
    tasks: tuple[str, ...] = (),
    run: str | None = None,
    n: int | None = None,
    samples: int = 1,
    shots: int = 0,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    env_options: tuple[str, ...] = (),
    temperature: float = 0.0,
    top_p: float = Sampling.top_p,
    max_tokens: int = Sampling.max_tokens,
    concurrency: int = 16,
    timeout: float = 600.0,
    allow_other_prompt: bool = False,
    prices: Path | None = None,
    json: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> int:
    """Let a policy play a suite, greedily by default, and print its score.

    The same command again goes on where it was stopped. Exit status 1 when some episodes are invalid (a server or an
    environment failed): they are not scored, are counted, and are owed; below 95% of valid ones the score is marked as
    incomplete. Worlds that cannot be played here are named, with what they lack, and are left out of every number.

    Args:
        policy: expert, random, human, replay:RUN, smollm2, smollm2+ADAPTER_DIR, local:PATH, vllm:MODEL[+ADAPTER_DIR],
            or a model on an OpenAI-compatible server (gpt-4, MODEL@URL).
        suite: which tasks: held-in, novel, held-out, smoke, db-dev, db-test, db-easy-test, db-novel.
        tasks: files with tasks to play as well, or instead of a suite, each FILE.jsonl or LOADER:PATH.
        run: name under which the episodes are kept. By default SUITE-POLICY.
        n: at most so many tasks of each world of the suite, and of each file; by default all.
        samples: attempts at each task; several give pass@k and pass^k, with a temperature above 0.
        shots: demonstrations before each task, the expert's play of other train tasks of the environment.
        seed: of the run; each episode derives its own.
        format: how actions are written, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        env_options: further options, as NAME=VALUE, of those environments that have them: sandbox=docker.
        temperature: of sampling; 0 for the likeliest token always.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one reply.
        concurrency: episodes at a time.
        timeout: seconds after which an episode is abandoned.
        allow_other_prompt: score a checkpoint in another format than that in which it was trained on a world.
        prices: price table (rollout.prices), for the dollars of a success.
        json: also write the score to this file.
        store: the SQLite file that keeps everything.
    """
    get_format(format)
    table = read_prices(prices) if prices else {}
    chosen = _chosen(suite, n)
    options = parse_options(env_options)
    from_files = [task for source in tasks for task in load_tasks(source)[:n]]
    if not chosen.entries and not from_files:
        raise UsageError("nothing to play: give --suite NAME or --tasks FILE.jsonl")
    check_options(options, [*(entry.env for entry in chosen.entries), *(task.env for task in from_files)])
    played, missing = playable(chosen.entries, from_files, options)
    if not played:
        raise UsageError(f"no world of this can be played here: {_reasons(missing)}")
    unseen = [] if allow_other_prompt else untrained(policy, played, format)
    name = suite or "-".join(Path(source).stem for source in tasks)
    run = run or f"{name}-{policy}"
    collect_tasks(
        played,
        policy,
        run=run,
        store=store,
        samples=samples,
        shots=shots,
        seed=seed,
        concurrency=concurrency,
        format=format,
        max_turns=max_turns,
        env_options=options,
        sampling=Sampling(temperature, top_p, max_tokens, seed),
        timeout=timeout,
        make_env=make_world,
    )
    result = score_run(run, played, samples, store, table)
    published = load_reference()
    normalised = overall(result, published)
    heading = f"\n[bold]{escape(policy)}[/] on [bold]{escape(name)}[/]: {escape(chosen.about)}"
    print_parts([heading, *score_parts(result), *overall_parts(normalised, published), *_notes(missing, unseen)])
    if json:
        found = {"suite": suite, "version": chosen.version, "files": tasks, "tasks_hash": tasks_hash(played)}
        found |= {"policy": policy, "run": run, "missing": missing, "untrained": unseen}
        found |= {"completeness": result.completeness, "complete": result.complete, **to_json(result)}
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(dumps(found | {"overall": to_json(normalised)}, indent=2) + "\n", encoding="utf-8")
    return 0 if result.completeness == 1 else 1


def score_run(
    run: str,
    tasks: Sequence[Task],
    samples: int = 1,
    store: Path = DEFAULT_STORE,
    prices: Mapping[str, Price] | None = None,
) -> Score:
    """Score what a stored run has of the first `samples` attempts at `tasks`, and nothing else that it has.

    Raises:
        UsageError: no such run.
    """
    wanted = {(task.env, task.id) for task in tasks}
    with Store(store) as opened:
        episodes = opened.select(run=run)
        asked = (t for t in episodes if (t.task.env, t.task.id) in wanted and t.sample < samples)
        return score(asked, len(wanted) * samples, prices)


def _chosen(suite: str | None, n: int | None) -> Suite:
    if suite is None:
        return Suite("", 0, "tasks from files", (), held_in=False)
    return load_suite(suite) if n is None else load_suite(suite).shrunk(n)


def _reasons(missing: Mapping[str, str]) -> str:
    return "; ".join(f"{env}: {reason}" for env, reason in missing.items())


def _notes(missing: Mapping[str, str], unseen: Sequence[str]) -> list[str]:
    said = []
    if missing:
        said.append(f"[bold red]Not played, and in no number above:[/] {escape(_reasons(missing))}.")
    if unseen:
        said.append(f"Not trained on: {', '.join(unseen)} (no prompt of theirs is in the checkpoint's manifest).")
    return said


if __name__ == "__main__":
    main(evaluate)
