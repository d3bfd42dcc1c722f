"""How well a run calls functions, from its stored episodes: `python -m evaluation.calls --run RUN`.

Right calls are those of the world's own expert, whom the same task is given; rules are those of the world, in which the
stored messages are played again. No model is asked.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

from rich.table import Table

import envs
from envs.cli import main
from envs.core import AgentEnv
from envs.errors import FormatError, UsageError
from envs.types import canonical_json
from evaluation.metrics import to_json
from evaluation.tables import percent, print_parts, table
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory

__all__ = ["CallScore", "call_score", "calls"]


@dataclass(frozen=True)
class CallScore:
    """Rates over the valid episodes of a run; NaN where there is nothing to count.

    The final call of an episode is left out of the comparison with the expert: its words are graded, not its form.
    """

    episodes: int
    json_valid: float
    """Share of the policy's messages that could be read as a call."""
    right_tool: float
    """Share of the expert's calls whose tool the policy called, each call matched once."""
    right_arguments: float
    """Share of the expert's calls that the policy made with equal arguments; prose of several words counts as equal."""
    needless: float
    """Mean calls of an episode that match none of the expert's by tool and arguments."""
    missing: float
    """Mean calls of the expert in an episode that the policy did not make."""
    in_policy: float
    """Share of episodes that break no rule of their world."""


def calls(run: str, json: Path | None = None, store: Path = DEFAULT_STORE) -> int:
    """Print how well the calls of a stored run fit: form, tool, arguments, needless and missing ones, rules.

    Args:
        run: name of a run in the store.
        json: also write the figures to this file.
        store: the SQLite file that keeps everything.
    """
    with Store(store) as opened:
        found = call_score(opened.select(run=run))
    if not found.episodes:
        raise UsageError(f"run {run!r} has no valid episode to look at")
    print_parts([_table(found)])
    if json:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(dumps({"run": run} | to_json(found), indent=2) + "\n", encoding="utf-8")
    return 0


def call_score(trajectories: Iterable[Trajectory]) -> CallScore:
    """Score the calls of one run's episodes."""
    messages = unreadable = expected = tools = same = made_in_all = kept = episodes = 0
    for trajectory in trajectories:
        if not trajectory.valid:
            continue
        episodes += 1
        messages += len(trajectory.steps)
        unreadable += sum(step.error == FormatError.kind for step in trajectory.steps)
        with closing(envs.make(trajectory.task.env, format=trajectory.format)) as env:
            gold = _expert_calls(env, trajectory)
            kept += not _violations(env, trajectory)
            finals = {name for name, t in env.tools.items() if t.final}
        made = [step.call for step in trajectory.steps if step.call and step.call["name"] not in finals]
        gold = [call for call in gold if call["name"] not in finals]
        expected, made_in_all = expected + len(gold), made_in_all + len(made)
        tools += (_multiset(gold, _tool) & _multiset(made, _tool)).total()
        same += (_multiset(gold, _shape) & _multiset(made, _shape)).total()
    return CallScore(
        episodes=episodes,
        json_valid=_ratio(messages - unreadable, messages),
        right_tool=_ratio(tools, expected),
        right_arguments=_ratio(same, expected),
        needless=_ratio(made_in_all - same, episodes),
        missing=_ratio(expected - same, episodes),
        in_policy=_ratio(kept, episodes),
    )


def _expert_calls(env: AgentEnv, trajectory: Trajectory) -> list[Mapping[str, Any]]:
    """What the expert calls on the same task."""
    env.reset(seed=0, options={"task": trajectory.task})
    made = []
    for message in env.expert():
        *_, terminated, truncated, info = env.step(message)
        made.append(info["call"])
        if terminated or truncated:
            break
    return made


def _violations(env: AgentEnv, trajectory: Trajectory) -> list[str]:
    """The rules that the stored messages break when they are played again."""
    env.reset(seed=0, options={"task": trajectory.task})
    for message in trajectory.messages:
        if message["role"] == "assistant" and "shot" not in message:
            *_, terminated, truncated, _ = env.step(message["content"])
            if terminated or truncated:
                break
    return env.violations()


def _multiset(made: Iterable[Mapping[str, Any]], key) -> Counter:
    return Counter(key(call) for call in made)


def _tool(call: Mapping[str, Any]) -> str:
    return call["name"]


def _shape(call: Mapping[str, Any]) -> str:
    given = {k: v for k, v in call["arguments"].items() if v is not None}
    return canonical_json([call["name"], {k: "(prose)" if _is_prose(v) else v for k, v in given.items()}])


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) > 3


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _table(found: CallScore) -> Table:
    made = table("Function calls", "")
    made.add_row("Messages that are well-formed calls", percent(found.json_valid))
    made.add_row("Expert's calls whose tool was called", percent(found.right_tool))
    made.add_row("Expert's calls made with equal arguments", percent(found.right_arguments))
    made.add_row("Needless calls of an episode, mean", f"{found.needless:.2f}")
    made.add_row("Missing calls of an episode, mean", f"{found.missing:.2f}")
    made.add_row("Episodes that break no rule", percent(found.in_policy))
    made.add_section()
    made.add_row("Episodes", str(found.episodes))
    return made


if __name__ == "__main__":
    main(calls)
