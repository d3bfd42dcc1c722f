"""Self-play without a model: a policy that knows templates by heart, and a training that counts its examples.

Everything between them is real: the SQL world, the store, the filters, the mixture, the gate, the page.
"""

import hashlib
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from evaluation.likelihood import Conversation, Likelihood
from evaluation.statistics import Interval
from rollout import policies
from rollout.policy import Episode, Reply
from rollout.selection import select_tasks
from rollout.store import Store
from tests.tiny_tokenizers import tiny_tokenizer
from training.rows import read_rows
from training.selfplay.config import Config
from training.selfplay.experiment import Experiment, write_whole
from training.selfplay.loop import Loop

__all__ = ["faked", "make_config", "plant"]


class Rote:
    """Solves a task with the chance that its folder gives for the task's template.

    At temperature 0 always the same tasks, and more of them with a higher chance.
    """

    def __init__(self, spec: str, greedy: bool):
        self.name, self._greedy = spec, greedy
        self._skill = json.loads((Path(spec.removeprefix("local:")) / "skill.json").read_text())

    async def act(self, episode: Episode) -> Reply:
        if "solution" not in episode.memory:
            place = hashlib.sha256(episode.task.id.encode()).hexdigest() if self._greedy else episode.seed
            knows = random.Random(place).random() < self._skill.get(episode.task.template, 0.0)
            guess = iter(['Thought: I guess.\nAction: answer\n{"values": ["?"]}'])
            episode.memory["solution"] = (await episode.on_env(episode.env.expert)) if knows else guess
        solution = episode.memory["solution"]
        text = await episode.on_env(lambda: next(solution))
        return Reply(text, prompt_tokens=len(episode.messages) * 10, completion_tokens=len(text))

    async def close(self) -> None:
        pass


def make_policy(spec, sampling, **options):
    if spec.startswith("local:"):
        return Rote(spec, greedy=sampling.temperature == 0)
    return policies.make_policy(spec, sampling, **options)


def count_examples(data: Path, out: Path, **arguments: Any) -> None:
    """In the place of training: each example of a template takes a third of what was not known of it."""
    if (out / "manifest.json").exists():
        return
    examples = Counter(row["template"] for row in read_rows(data) if row.get("template"))
    planted = _planted(out.parent)
    skill = {template: planted.get("skill", 1 - (2 / 3) ** count) for template, count in examples.items()}
    out.mkdir(parents=True, exist_ok=True)
    (out / "skill.json").write_text(json.dumps(skill))
    write_whole(out / "manifest.json", json.dumps(arguments))


def planted_likelihood(policy: str, data: Path, max_tokens: int) -> Likelihood:
    assert data.is_file()
    assert max_tokens
    factor = _planted(Path(policy.removeprefix("local:")).parent).get("nll", 1.0)
    conversations = [Conversation(n, 2.0 * n * (factor + n % 3 / 1e4), 2.0 * n, 0.01 * n) for n in range(5, 25)]
    tokens, some = sum(c.tokens for c in conversations), Interval(0.0, 1.0, "planted")
    return Likelihood(policy, "base", tokens, 2 * factor, some, 2.0, 0.01, some, 0, conversations)


tasks_once = cache(select_tasks)
"""The real ones; making them takes longer than all the rest."""


def plant(out: Path, checkpoint: str, **values: float) -> None:
    """Decide what comes of a training: the `skill` in every template, the factor `nll` of the general likelihood."""
    (out.parent / f"plant-{checkpoint}.json").write_text(json.dumps(values))


def _planted(folder: Path) -> dict[str, float]:
    file = folder.parent.parent / f"plant-{folder.name}.json"
    return json.loads(file.read_text()) if file.exists() else {}


@contextmanager
def faked() -> Iterator[None]:
    """In here the loop trains and measures no model, and looks no suite up."""
    with ExitStack() as patches:
        for name, fake in {
            "training.selfplay.stages.sft": count_examples,
            "training.selfplay.stages.likelihood": planted_likelihood,
            "rollout.collection.make_policy": make_policy,
            "training.dataset.load_tokenizer": lambda base: tiny_tokenizer("chatml"),
            "training.pairs.load_tokenizer": lambda base: tiny_tokenizer("chatml"),
            "training.dataset.guard": lambda tasks: None,
            "training.selfplay.stages.select_tasks": tasks_once,
        }.items():
            patches.enter_context(mock.patch(name, fake))
        yield


def make_config(folder: Path, **changes: Any) -> Config:
    """A small experiment in FOLDER/out, on the SQL world, with general data."""
    folder.mkdir(exist_ok=True)
    general = folder / "general.jsonl"
    chats = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello!"}]
    general.write_text((json.dumps({"messages": chats}) + "\n") * 40)
    settings = {
        "out": folder / "out",
        "base": str(folder),
        "rounds": 2,
        "control": True,
        "tasks": {"envs": ["db"], "difficulty": "1-2"}
        | {"teacher": 17, "explore": 16, "retry": 3, "preflight": 6, "dev": 34, "novel": 6},
        "play": {"concurrency": 8},
        "general": {"data": [str(general)], "held_out": 10},
        "dataset": {"filters": "success,clean,unique,cap=2", "max_tokens": 8192},
    }
    for key, value in changes.items():
        settings[key] = settings[key] | value if isinstance(settings.get(key), dict) else value
    return Config(**settings)


def die_before_writes(out: Path, killed: Path) -> None:
    """From here on this process kills itself before the n-th thing that a stage writes for good.

    n is 1 more than the deaths in that stage so far, which `killed` lists: the stage dies once before each.
    """
    stage, replace, flush = Experiment.stage, Path.replace, Store.flush
    left = []

    def counted_stage(self, name, work):
        left[:] = [name] * (1 + killed.read_text().split().count(name))
        return stage(self, name, work)

    def count() -> None:
        name = left.pop()
        if not left:
            with killed.open("a") as file:
                file.write(f"{name}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_replace(self, target):
        if target.parent != out:  # a report, or the settings
            count()
        return replace(self, target)

    def counted_flush(self):
        if self._pending:
            count()
        flush(self)

    Experiment.stage, Path.replace, Store.flush = counted_stage, counted_replace, counted_flush


def main(folder: Path) -> None:
    """Run an experiment in FOLDER/whole, and the same one in FOLDER/killed in processes that die at every step."""
    with faked():
        Loop(make_config(folder / "whole")).run()
        config, killed = make_config(folder / "killed"), folder / "killed.txt"
        killed.touch()
        status = None
        while status != 0:
            child = os.fork()
            if not child:
                die_before_writes(config.out, killed)
                Loop(config).run()
                os._exit(0)
            _, status = os.waitpid(child, 0)
            assert status in (0, signal.SIGKILL), f"an exception in a child: {status}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
