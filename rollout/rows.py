"""Between a `Trajectory` and its rows in the store: `unpack(pack(t)) == t`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from envs.types import Message, Task
from rollout.chat import prompt_hash
from rollout.trajectory import Step, Stop, Trajectory, Usage, well_formed

__all__ = ["COLUMNS", "STEP_COLUMNS", "Row", "pack", "to_json", "unpack"]

COLUMNS: dict[str, type] = {
    "id": str,
    "run": str,
    "env": str,
    "task_id": str,
    "sample": int,
    "split": str,
    "difficulty": int,
    "template": str,
    "policy": str,
    "format": str,
    "stop": str,
    "valid": int,
    "success": int,
    "reward": float,
    "error": str,
    "turns": int,
    "prompt_tokens": int,
    "completion_tokens": int,
    "seconds": float,
    "task": str,  # JSON
    "messages": str,  # JSON; a system message has the hash of its text under `prompt`
    "cached_tokens": int,
    "served": str,
}
STEP_COLUMNS: dict[str, type] = {
    "trajectory": str,
    "turn": int,
    "thought": str,
    "call": str,  # JSON
    "error": str,
    "state_key": str,
    "finish": str,
    "prompt_tokens": int,
    "completion_tokens": int,
    "token_ids": bytes,  # little-endian int32
    "logprobs": bytes,  # little-endian float64
    "policy_seconds": float,
    "env_seconds": float,
    "cached_tokens": int,
    "origin": str,
    "reasoning": str,
}


@dataclass(frozen=True)
class Row:
    """A trajectory as the database takes it: its row, the rows of its steps, and its system prompts by hash."""

    valid: bool
    trajectory: tuple
    steps: list[tuple]
    prompts: dict[str, str]


def pack(trajectory: Trajectory) -> Row:
    """Turn a trajectory into rows. Unpaired surrogates, which no database can hold, become U+FFFD."""
    t, task, usage = trajectory, trajectory.task, trajectory.usage
    prompts: dict[str, str] = {}
    messages = [_without_prompt(message, prompts) for message in t.messages]
    values = (
        t.id,
        _text(t.run),
        _text(task.env),
        _text(task.id),
        t.sample,
        task.split,
        task.difficulty,
        _text(task.template),
        _text(t.policy),
        t.format,
        t.stop.value,
        t.valid,
        t.success,
        t.reward,
        _text(t.error),
        len(t.steps),
        usage.prompt_tokens,
        usage.completion_tokens,
        t.seconds,
        _text(task.to_json()),
        to_json(messages),
        usage.cached_tokens,
        _text(t.served),
    )
    return Row(t.valid, values, [_pack_step(t.id, step) for step in t.steps], prompts)


def unpack(row: dict[str, Any], steps: Sequence[dict[str, Any]], prompt: Callable[[str], str]) -> Trajectory:
    """Make the trajectory again from its row, its steps' rows in order, and a look-up of prompts by hash."""
    return Trajectory(
        run=row["run"],
        task=Task.from_json(row["task"]),
        sample=row["sample"],
        policy=row["policy"],
        format=row["format"],
        messages=[_with_prompt(message, prompt) for message in json.loads(row["messages"])],
        steps=[_unpack_step(step) for step in steps],
        stop=Stop(row["stop"]),
        reward=row["reward"],
        error=row["error"],
        seconds=row["seconds"],
        served=row["served"],
    )


def to_json(value: Any) -> str:
    """JSON as the store keeps it: readable Unicode."""
    return _text(json.dumps(value, ensure_ascii=False))


def _pack_step(identity: str, step: Step) -> tuple:
    return (
        identity,
        step.turn,
        _text(step.thought),
        None if step.call is None else to_json(step.call),
        step.error,
        _text(step.state_key),
        step.finish,
        step.usage.prompt_tokens,
        step.usage.completion_tokens,
        None if step.token_ids is None else numpy.asarray(step.token_ids, "<i4").tobytes(),
        None if step.logprobs is None else numpy.asarray(step.logprobs, "<f8").tobytes(),
        step.policy_seconds,
        step.env_seconds,
        step.usage.cached_tokens,
        step.origin,
        _text(step.reasoning),
    )


def _unpack_step(row: dict[str, Any]) -> Step:
    return Step(
        turn=row["turn"],
        thought=row["thought"],
        call=None if row["call"] is None else json.loads(row["call"]),
        error=row["error"],
        state_key=row["state_key"],
        finish=row["finish"],
        usage=Usage(row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"]),
        token_ids=None if row["token_ids"] is None else numpy.frombuffer(row["token_ids"], "<i4").tolist(),
        logprobs=None if row["logprobs"] is None else numpy.frombuffer(row["logprobs"], "<f8").tolist(),
        policy_seconds=row["policy_seconds"],
        env_seconds=row["env_seconds"],
        origin=row["origin"],
        reasoning=row["reasoning"],
    )


def _without_prompt(message: Message, prompts: dict[str, str]) -> dict[str, str]:
    if message["role"] != "system":
        return message
    text = _text(message["content"])
    key = prompt_hash(text)
    prompts[key] = text
    return {"role": "system", "prompt": key}


def _with_prompt(message: dict[str, str], prompt: Callable[[str], str]) -> Message:
    if message["role"] != "system":
        return message
    return {"role": "system", "content": prompt(message["prompt"])}


def _text(text: str | None) -> str | None:
    return None if text is None else well_formed(text)
