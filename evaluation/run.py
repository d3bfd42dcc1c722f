"""Score a policy on a suite: `python -m evaluation.run --suite db-test --policy smollm2`.

The episodes go through the same engine into the same store as collected ones, so the same command again plays what is
owed and scores what is there.
"""

from collections.abc import Sequence
from contextlib import closing
from itertools import groupby
from json import dumps
from pathlib import Path

from rich.markup import escape

import envs
from envs.cli import main
from envs.errors import UsageError
from envs.types import Task
from evaluation.metrics import Score, score, to_json
from evaluation.suites import load_suite
from evaluation.tables import print_parts, score_parts
from rollout.chat import prompt_hash
from rollout.collect import collect_tasks
from rollout.manifest import Manifest
from rollout.policies import Sampling
from rollout.store import DEFAULT_STORE, Store

__all__ = ["evaluate", "score_run"]


def evaluate(
    suite: str,
    policy: str,
    run: str | None = None,
    n: int | None = None,
    samples: int = 1,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    temperature: float = 0.0,
    top_p: float = Sampling.top_p,
    max_tokens: int = Sampling.max_tokens,
    concurrency: int = 16,
    timeout: float = 600.0,
    allow_other_prompt: bool = False,
    json: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> int:
    """Let a policy play a suite, greedily by default, and print its score.

    The same command again goes on where it was stopped. Exit status 1 when some episodes are invalid (a server or an
    environment failed): they are not scored, are counted, and are owed.

    Args:
        suite: which tasks: db-dev, db-test, db-easy-test, db-novel.
        policy: expert, random, human, replay:RUN, smollm2, smollm2+ADAPTER_DIR, local:PATH, or the name of a model on
            an OpenAI-compatible server (gpt-4).
        run: name under which the episodes are kept. By default SUITE-POLICY.
        n: at most so many tasks of each entry of the suite; by default all.
        samples: attempts at each task; several give pass@k and pass^k, with a temperature above 0.
        seed: of the run; each episode derives its own.
        format: how actions are written, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        temperature: of sampling; 0 for the likeliest token always.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one reply.
        concurrency: episodes at a time.
        timeout: seconds after which an episode is abandoned.
        allow_other_prompt: score a checkpoint even on a system prompt that it was not trained on.
        json: also write the score to this file.
        store: the SQLite file that keeps everything.
    """
    chosen = load_suite(suite) if n is None else load_suite(suite).shrunk(n)
    tasks = chosen.tasks()
    if not allow_other_prompt:
        _check_prompts(policy, tasks, format)
    run = run or f"{suite}-{policy}"
    collect_tasks(
        tasks,
        policy,
        run=run,
        store=store,
        samples=samples,
        seed=seed,
        concurrency=concurrency,
        format=format,
        max_turns=max_turns,
        sampling=Sampling(temperature, top_p, max_tokens, seed),
        timeout=timeout,
    )
    result = score_run(run, tasks, samples, store)
    print_parts([f"\n[bold]{escape(policy)}[/] on [bold]{suite}[/]: {chosen.about}", *score_parts(result)])
    if json:
        json.parent.mkdir(parents=True, exist_ok=True)
        about = {"suite": suite, "policy": policy, "run": run}
        json.write_text(dumps(about | to_json(result), indent=2) + "\n", encoding="utf-8")
    return 1 if result.invalid else 0


def score_run(run: str, tasks: Sequence[Task], samples: int = 1, store: Path = DEFAULT_STORE) -> Score:
    """Score what a stored run has of the first `samples` attempts at `tasks`, and nothing else that it has.

    Raises:
        UsageError: no such run.
    """
    wanted = {(task.env, task.id) for task in tasks}
    with Store(store) as opened:
        episodes = opened.select(run=run)
        return score(t for t in episodes if (t.task.env, t.task.id) in wanted and t.sample < samples)


def _check_prompts(policy: str, tasks: Sequence[Task], format: str) -> None:
    """Refuse a checkpoint that never saw the system prompt it would be scored on."""
    path = policy.removeprefix("local:") if policy.startswith("local:") else policy.partition("+")[2]
    folder = Path(path)
    if not path or not (folder / "manifest.json").exists():  # no checkpoint of ours: nothing to hold it to
        return
    trained = Manifest.read(folder)
    for env, asked in groupby(sorted(tasks, key=lambda task: task.env), key=lambda task: task.env):
        with closing(envs.make(env, format=format)) as world:
            prompts = {world.prompt_of(task) for task in asked}
        if not all(prompt_hash(prompt) in trained.prompts for prompt in prompts):
            raise UsageError(
                f"{path} was not trained on the {format} system prompt of {env} (its format is {trained.format}). "
                "Give that --format, or --allow-other-prompt to score it all the same"
            )


if __name__ == "__main__":
    main(evaluate)
