"""Which of the worlds that a checkpoint is scored on it was trained on, by the system prompts in its manifest."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import envs
from envs.errors import UsageError
from envs.format import FORMATS
from envs.types import Task
from evaluation.metrics import grouped
from rollout.chat import prompt_hash
from rollout.manifest import Manifest

__all__ = ["untrained"]

_TRAIN_TASKS = 20
"""Train tasks whose prompts are looked for beside those of the tasks to play, which may be of unseen services."""


def untrained(policy: str, tasks: Sequence[Task], format: str) -> list[str]:
    """The environments, sorted, of which the policy's manifest has no prompt; none for a policy without a manifest.

    Raises:
        UsageError: the checkpoint was trained on one of the environments, but in another format.
    """
    folder = Path(path) if (path := _checkpoint(policy)) else None
    if folder is None or not (folder / "manifest.json").exists():  # no checkpoint of ours: nothing to hold it to
        return []
    trained, unseen = set(Manifest.read(folder).prompts), []
    for env, asked in grouped(tasks, lambda task: task.env).items():
        known = [name for name in FORMATS if trained & _hashes(env, asked, name)]
        if not known:
            unseen.append(env)
        elif format not in known:
            raise UsageError(
                f"{path} was trained on {env} with the {' and the '.join(known)} system prompt, not the {format} one. "
                f"Give --format {known[0]}, or --allow-other-prompt to score it all the same"
            )
    return unseen


def _checkpoint(policy: str) -> str:
    """The folder that a policy's spec may name; empty where it names none."""
    kind, _, rest = policy.partition(":")
    if kind == "local":
        return rest
    model, _, adapter = (rest if kind == "vllm" else policy).partition("+")
    return adapter or (model if kind == "vllm" else "")


def _hashes(env: str, asked: Iterable[Task], format: str) -> set[str]:
    with closing(envs.make(env, format=format)) as world:
        known = world.tasks("train")[:_TRAIN_TASKS]
        return {prompt_hash(prompt) for prompt in {world.prompt_of(task) for task in (*asked, *known)}}
