"""Let a policy play tasks and keep every episode: `python -m rollout.collect --env db --policy gpt-4`.

The same command again plays what is still owed: the plan minus the valid episodes in the store. What it will take is
said before by `--estimate 20`, and bounded by `--max-cost`, `--max-tokens-total` and `--max-hours`.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from envs.cli import main, parse_options
from envs.errors import UsageError
from envs.types import Task
from rollout.budget import Bounds
from rollout.collection import collect_tasks
from rollout.estimate import project, spread
from rollout.policies import Sampling
from rollout.prices import read_prices
from rollout.selection import select_from_file, select_tasks
from rollout.store import DEFAULT_STORE, Store
from rollout.summary import Summary
from rollout.trajectory import trajectory_id

__all__ = ["Summary", "collect", "collect_tasks", "select_tasks"]


def collect(
    policy: str,
    env: str | None = None,
    tasks: str | None = None,
    split: str | None = None,
    difficulty: str | None = None,
    n: int | None = None,
    first: int = 0,
    samples: int = 1,
    enough: int | None = None,
    shots: int = 0,
    run: str | None = None,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    env_options: tuple[str, ...] = (),
    temperature: float = Sampling.temperature,
    top_p: float = Sampling.top_p,
    max_tokens: int = Sampling.max_tokens,
    concurrency: int | None = None,
    live: int | None = None,
    timeout: float = 600.0,
    call_timeout: float | None = None,
    env_timeout: float | None = None,
    max_cost: float | None = None,
    max_tokens_total: int | None = None,
    max_hours: float | None = None,
    prices: Path | None = None,
    estimate: int | None = None,
    cache: Path | None = None,
    ray: str | None = None,
    log: Path | None = None,
    screenshots: bool = False,
    store: Path = DEFAULT_STORE,
) -> int:
    """Let a policy play tasks and keep every episode in the store.

    The same command again goes on where it was stopped. Exit status 1 when episodes are owed (a server or an
    environment failed, or a bound was reached), or when something was left behind: a process, a file, a connection.

    Args:
        policy: expert, random, human, replay:RUN, smollm2, smollm2+ADAPTER_DIR, local:PATH, vllm:MODEL[+ADAPTER_DIR],
            or a model on an OpenAI-compatible server (gpt-4, MODEL@URL).
        env: environment, by short name or id (python -m envs lists them). With --tasks: only its tasks.
        tasks: FILE.jsonl, or LOADER:PATH, with tasks to play instead of the environment's own.
        split: train, explore, dev, test or novel. By default train; with --tasks all.
        difficulty: only tasks of this difficulty, 1 to 5, or of a range as in 1-2.
        n: tasks to play. By default 100; with --tasks all.
        first: index at which to begin counting tasks.
        samples: attempts at each task.
        enough: successes of a task after which its other attempts are not begun, or cut.
        shots: demonstrations before each task, the expert's play of other train tasks of the environment.
        run: name under which the episodes are kept. By default ENV-POLICY-SPLIT.
        seed: of the run; each episode derives its own.
        format: how actions are written, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        env_options: further options of the environment itself, as NAME=VALUE: sandbox=docker.
        temperature: of sampling; 0 for the likeliest token always.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one reply.
        concurrency: calls of the model in flight. By default found by feedback.
        live: episodes alive at a time, each with an environment. By default found by feedback.
        timeout: seconds after which an episode is abandoned.
        call_timeout: seconds after which a call of the model is, and its episode with it.
        env_timeout: seconds after which a step of the environment is, and its episode with it.
        max_cost: dollars that all sessions of the run may take; at the bound no further episode begins.
        max_tokens_total: tokens, in and out, that they may take.
        max_hours: hours that they may take.
        prices: price table (rollout.prices), for dollars.
        estimate: play only so many of the tasks, and say what all of them will take.
        cache: a file of answers, so that no request is paid for twice (rollout.response_cache).
        ray: play in Ray workers: a number of them here, or the address of a cluster (auto, HOST:PORT).
        log: a file to add a JSON line to for each event (rollout.meter).
        screenshots: keep a picture of every turn beside the store, where the world has something to see.
        store: the SQLite file that keeps everything.
    """
    if tasks:
        chosen = select_from_file(tasks, env, split, n, difficulty, first)
        run = run or f"{Path(tasks).stem}-{policy}"
    elif env:
        chosen = select_tasks(env, split or "train", 100 if n is None else n, difficulty, first)
        run = run or f"{env}-{policy}-{split or 'train'}"
    else:
        raise UsageError("nothing to play: give --env NAME (python -m envs lists them) or --tasks FILE.jsonl")
    play = partial(
        collect_tasks,
        policy=policy,
        run=run,
        store=store,
        enough=enough,
        shots=shots,
        seed=seed,
        format=format,
        max_turns=max_turns,
        env_options=parse_options(env_options),
        sampling=Sampling(temperature, top_p, max_tokens, seed),
        concurrency=concurrency,
        live=live,
        timeout=timeout,
        call_timeout=call_timeout,
        env_timeout=env_timeout,
        bounds=Bounds(max_cost, max_tokens_total, max_hours),
        prices=read_prices(prices) if prices else {},
        cache=cache,
        ray=ray,
        log=log,
        screenshots=screenshots,
    )
    if estimate is None:
        return 0 if play(chosen, samples=samples).clean else 1
    drawn = spread(chosen, estimate, seed)
    summary = play(drawn, samples=1)
    _print_estimate(summary, drawn, [(task, sample) for task in chosen for sample in range(samples)])
    return 0 if summary.clean else 1


def _print_estimate(summary: Summary, drawn: Sequence[Task], plan: Sequence[tuple[Task, int]]) -> None:
    """What the whole plan will take, from the episodes of the tasks that were drawn of it."""
    with Store(summary.store) as database:
        owed = set(database.owed(summary.run, plan))
        missing = {task for task, sample in owed if sample == 0}
        ids = [trajectory_id(summary.run, task.env, task.id, 0) for task in drawn if task not in missing]
        sample = [database.get(identity) for identity in ids]
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if len(sample) < 2:
        console.print(f"An estimate needs at least 2 valid episodes, not {len(sample)}.")
        return
    console.print(project(sample, summary.spent, len(owed), summary.figures.most_live, summary.price).table())
    console.print("The episodes are kept. To play the others: the same command without --estimate.")


if __name__ == "__main__":
    main(collect)
