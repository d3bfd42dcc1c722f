"""The stages of an experiment: calls of the verbs, with names and files that follow from the round and the stage.

Each is called by `Experiment.stage`, returns what its own file will say, and relies on nothing but the folder.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from envs.errors import UsageError
from envs.registry import resolve
from envs.types import Task, canonical_json
from evaluation.comparison import Difference, difference, pair_up
from evaluation.likelihood import Conversation, likelihood, relative_rise
from evaluation.metrics import score, to_json
from evaluation.statistics import Interval
from rollout.collect import collect
from rollout.selection import select_from_file, select_tasks
from rollout.trajectory import Trajectory
from training.dataset import dataset
from training.dpo import dpo
from training.grpo import grpo
from training.model import model_path
from training.pairs import pairs, read_pairs
from training.rows import read_rows
from training.selfplay.config import Section
from training.selfplay.experiment import Experiment, write_whole
from training.selfplay.frontier import Frontier
from training.selfplay.gate import judge
from training.sft import sft
from training.sources import write_records

__all__ = [
    "Unfinished",
    "change",
    "gate",
    "keep",
    "measure",
    "mix",
    "pair",
    "plan",
    "play",
    "prefer",
    "preflight",
    "prepare",
    "reinforce",
    "rise",
    "train",
]

_FRESH = 2
"""Tasks that nobody has tried, to choose from, for each that a round explores."""


class Unfinished(Exception):
    """A run has episodes that the machine broke. They are owed: the same command again plays them."""


def prepare(experiment: Experiment) -> dict[str, Any]:
    """Write down the tasks that stay the same, and divide the general conversations."""
    wanted, general, counts = experiment.config.tasks, experiment.config.general, {}
    model_path(experiment.config.base)  # refuses a model that is not there, before a teacher is asked
    for name, split, n in (
        ("teacher", "train", wanted.teacher),
        ("dev", "dev", wanted.dev),
        ("novel", "novel", wanted.novel),
    ):
        if n:
            tasks = [task for env in wanted.envs for task in select_tasks(env, split, n, wanted.difficulty)]
            counts[name] = _write_tasks(experiment.folder / f"tasks/{name}.jsonl", tasks)
    if general.data:
        rows = [row for source in general.data for row in read_rows(source)]
        if len(rows) <= general.held_out:
            raise UsageError(
                f"general.held_out: {general.held_out} of {len(rows)} conversations leave none to train on"
            )
        random.Random(experiment.config.seed).shuffle(rows)
        for name, part in (("held-out", rows[: general.held_out]), ("general", rows[general.held_out :])):
            write_records(experiment.folder / f"tasks/{name}.jsonl", part)
            counts[name] = len(part)
    return counts


def play(experiment: Experiment, run: str, policy: str, tasks: Path, options: Section, seed: int) -> dict[str, Any]:
    """Let a policy play the tasks of a file.

    Raises:
        Unfinished: some episodes are invalid.
    """
    given = experiment.config.play.given() | options.given() | {"policy": policy}
    if collect(tasks=str(tasks), run=run, seed=seed, store=experiment.store, **given):
        raise Unfinished(f"run {run!r} has invalid episodes")
    return {"run": run, "policy": policy, **_summed_up(experiment.episodes([run]))}


def plan(experiment: Experiment, number: int, explored: Sequence[str]) -> dict[str, Any]:
    """Choose and write down the tasks of a round, in the light of the runs explored so far."""
    wanted, history = experiment.config.tasks, experiment.episodes(explored)
    explore: list[Task] = []
    retry: list[Task] = []
    for env in wanted.envs:
        frontier = Frontier(t for t in history if t.task.env == resolve(env))
        size = _FRESH * wanted.explore
        fresh = select_tasks(env, "explore", number * size, wanted.difficulty)[(number - 1) * size :]
        chosen = frontier.plan(fresh, wanted.explore, wanted.retry, f"{experiment.config.seed}/{number}/{env}")
        explore += chosen.explore
        retry += chosen.retry
    tried = {(t.task.env, t.task.id) for t in history}
    return {
        "explore": _write_tasks(experiment.folder / f"round-{number}/explore.jsonl", explore),
        "fresh": sum((task.env, task.id) not in tried for task in explore),
        "retry": _write_tasks(experiment.folder / f"round-{number}/retry.jsonl", retry),
    }


def preflight(experiment: Experiment, policy: str) -> dict[str, Any]:
    """Play the beginning of the first exploration, which is then done: are there tasks that are solved sometimes?"""
    tasks = select_from_file(str(experiment.folder / "round-1/explore.jsonl"))
    some = [
        task
        for _, group in groupby(tasks, lambda t: t.env)
        for task in list(group)[: experiment.config.tasks.preflight]
    ]
    beginning = experiment.folder / "round-1/preflight.jsonl"
    _write_tasks(beginning, some)
    played = play(
        experiment, "round-1/explore", policy, beginning, experiment.config.explore, experiment.config.seed + 1
    )
    one, *_, most = played["score"]["pass_at"].values()
    return {"headroom": most - one, "enough": most - one >= experiment.config.gate.headroom, **played}


def keep(experiment: Experiment, name: str, runs: Sequence[str]) -> dict[str, Any]:
    """Filter what was played into agent conversations."""
    out = experiment.folder / name / "agent.jsonl"
    dataset(
        runs=tuple(runs),
        out=out,
        tokenizer=experiment.config.base,
        store=experiment.store,
        **experiment.config.dataset.given(),
    )
    return {"conversations": len(read_rows(out))}


def mix(experiment: Experiment, name: str, size: int) -> dict[str, Any]:
    """Mix agent conversations with general ones into what is trained on, `size` conversations in all."""
    general, out = experiment.config.general, experiment.folder / name / "data.jsonl"
    mixed = {"general": (str(experiment.folder / "tasks/general.jsonl"),), "eta": general.eta} if general.data else {}
    options = {"tokenizer": experiment.config.base, "seed": experiment.config.seed, **experiment.config.dataset.given()}
    dataset(agent=(str(experiment.folder / name / "agent.jsonl"),), out=out, size=size, **mixed, **options)
    return {"conversations": len(read_rows(out))}


def train(experiment: Experiment, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Train the base on the mixture. What the checkpoint is called never comes to mean another."""
    data, model = experiment.folder / name / "data.jsonl", experiment.folder / name / "model"
    sft(data, model, base=experiment.config.base, seed=experiment.config.seed, **options)
    return {"policy": f"local:{model}"}


def pair(experiment: Experiment, name: str, runs: Sequence[str]) -> dict[str, Any]:
    """Pair successes and failures of a round."""
    out = experiment.folder / name / "pairs.jsonl"
    pairs(
        runs=list(runs),
        out=out,
        tokenizer=experiment.config.base,
        store=experiment.store,
        **experiment.config.pairs.given(),
    )
    return {"pairs": len(read_pairs(out))}


def prefer(experiment: Experiment, name: str, champion: str) -> dict[str, Any]:
    """Train the checkpoint that holds the place to prefer the successes."""
    before, model = experiment.folder / champion / "model", experiment.folder / name / "model"
    dpo(
        experiment.folder / name / "pairs.jsonl",
        model,
        base=str(before),
        seed=experiment.config.seed,
        **experiment.config.dpo.given(),
    )
    return {"policy": f"local:{model}"}


def reinforce(experiment: Experiment, name: str, champion: str, number: int) -> dict[str, Any]:
    """Train the checkpoint that holds the place on the rewards of its own attempts."""
    before, model = experiment.folder / champion / "model", experiment.folder / name / "model"
    options = {
        "difficulty": experiment.config.tasks.difficulty,
        "store": experiment.store,
        **experiment.config.grpo.given(),
    }
    seed = experiment.config.seed + number
    early = grpo(experiment.config.tasks.envs[0], base=str(before), out=model, run=f"{name}/grpo", seed=seed, **options)
    return {"policy": f"local:{model}", "ended_early": bool(early)}


def measure(experiment: Experiment, policy: str) -> dict[str, Any]:
    """The likelihood of the general conversations that are held out, and the KL from the base."""
    return to_json(
        likelihood(policy, experiment.folder / "tasks/held-out.jsonl", max_tokens=experiment.config.general.max_tokens)
    )


def gate(
    experiment: Experiment, name: str, champion: str, start: dict[str, Any] | None, now: dict[str, Any] | None
) -> dict[str, Any]:
    """Judge a checkpoint against the one in place; `start` and `now` are results of `measure`."""
    dev = change(experiment, "dev", champion, name)
    novel = change(experiment, "novel", champion, name) if experiment.config.tasks.novel else None
    verdict = judge(experiment.config.gate, dev, novel, rise(start, now) if start and now else None)
    return {"against": champion, **asdict(verdict), "dev": to_json(dev), "novel": novel and to_json(novel)}


def change(experiment: Experiment, suite: str, before: str, after: str) -> Difference:
    """What changed on the tasks of a suite between two checkpoints, each world weighing the same."""
    pairs = pair_up(experiment.episodes([f"{before}/{suite}"]), experiment.episodes([f"{after}/{suite}"]))
    return difference(pairs, by_world=True)


def rise(before: dict[str, Any], after: dict[str, Any]) -> tuple[float, Interval]:
    """By what share the general negative log-likelihood rose between two results of `measure`."""
    conversations = [[Conversation(**row) for row in result["conversations"]] for result in (before, after)]
    return relative_rise(*conversations)


def _write_tasks(path: Path, tasks: Sequence[Task]) -> int:
    write_whole(path, "\n".join(task.to_json() for task in tasks))
    return len(tasks)


def _summed_up(trajectories: Sequence[Trajectory]) -> dict[str, Any]:
    won = [t for t in trajectories if t.success]
    paths = {(t.task.env, t.task.id, canonical_json([step.call for step in t.steps])) for t in won}
    return {
        "score": to_json(score(trajectories)),
        "solved_tasks": len({(t.task.env, t.task.id) for t in won}),
        "unique_paths": len(paths),
        "tokens": sum(t.usage.prompt_tokens + t.usage.completion_tokens for t in trajectories),
    }
