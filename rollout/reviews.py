"""What people say of stored trajectories: accept, reject, or what the model should have written instead.

Reviews are kept beside the trajectories, which stay as they were; the latest one of a turn, or of a whole trajectory,
counts. `reviewed` applies them to a copy, as `training.dataset` does:

    with Store() as store:
        store.add_review(correction(store.get(identity), turn=2, text="Thought: ...", tools=tools))
        trajectories = reviewed(store.select("teacher"), store.reviews("teacher"))
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import envs
from envs.errors import ModelError, UsageError, did_you_mean
from envs.format import get_format
from envs.tool import Tool
from rollout.settings import env_options
from rollout.trajectory import Step, Trajectory, well_formed

__all__ = ["REJECTED", "Review", "correction", "offered_tools", "reviewed", "written"]

Verdict = Literal["accept", "reject", "correct"]
REJECTED = "rejected"
"""The error of a step that a reviewer rejected: like any mistake of the model, it is context and not trained."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Review:
    """One person's word on a trajectory, or on a turn of it.

    Raises:
        UsageError: an unknown verdict, or a text without a correction or the other way round.
    """

    trajectory: str
    """Its id."""
    verdict: Verdict
    turn: int | None = None
    """1 for the first action; None for the whole trajectory."""
    note: str = ""
    text: str | None = None
    """Of a correction: the whole message that the assistant should have written."""
    call: dict[str, Any] | None = None
    """Of a correction: {name, arguments} that its text asks for."""
    created: str = field(default_factory=_now)
    """UTC, ISO 8601."""

    def __post_init__(self):
        if self.verdict not in (verdicts := get_args(Verdict)):
            near = did_you_mean(self.verdict, verdicts)
            raise UsageError(f"no verdict {self.verdict!r}.{near} Verdicts: {', '.join(verdicts)}")
        parts = (self.turn, self.text, self.call)
        if any(part is None for part in parts) if self.verdict == "correct" else self.text is not None:
            raise UsageError("a correction, and nothing else, has a turn, a text and the call that it makes")


def correction(trajectory: Trajectory, turn: int, text: str, tools: Mapping[str, Tool], note: str = "") -> Review:
    """Read what should have been written at a turn.

    Args:
        tools: what the episode offered; `offered_tools` tells.

    Raises:
        UsageError: the message could not have been an action of the episode: it cannot be read, there is no such tool,
            or the arguments are wrong.
    """
    text = well_formed(text)
    try:
        _, call = get_format(trajectory.format).parse(text, {name: tool.spec for name, tool in tools.items()})
        if call.name not in tools:
            raise UsageError(
                f"There is no tool {call.name!r}.{did_you_mean(call.name, tools)} Tools: {', '.join(tools)}"
            )
        if isinstance(tools[call.name], Tool):
            tools[call.name].check(call.arguments)
    except ModelError as error:
        raise UsageError(str(error)) from None
    asked = {"name": call.name, "arguments": call.arguments}
    return Review(trajectory.id, "correct", turn, note, text, asked)


def offered_tools(trajectory: Trajectory, config: Mapping[str, Any]) -> dict[str, Tool]:
    """The tools that an episode offered.

    Args:
        config: that of its run.

    Raises:
        UsageError: the environment is not installed, or cannot be made here.
    """
    with closing(envs.make(trajectory.task.env, **env_options(config))) as env:
        return env.tools_of(trajectory.task)


def reviewed(trajectories: Iterable[Trajectory], reviews: Iterable[Review]) -> list[Trajectory]:
    """What reviewers made of the trajectories, in the order given; those without a review are passed on as they are.

    A rejected trajectory is dropped. A rejected turn stays as context: its step's error is `REJECTED`. A corrected turn
    says what it should have said, without sampled tokens and without error. Where the corrected call is not the one
    that ran, what followed answers a question that was not asked: it is cut off, and the trajectory counts as solved,
    since a person vouches for its end.

    Args:
        reviews: oldest first, as `Store.reviews` has them.
    """
    latest = {(review.trajectory, review.turn): review for review in reviews}
    of_turns: dict[str, list[Review]] = {}
    for (identity, turn), review in latest.items():
        if turn is not None:
            of_turns.setdefault(identity, []).append(review)
    kept = [t for t in trajectories if (t.id, None) not in latest or latest[t.id, None].verdict != "reject"]
    return [_apply(t, of_turns[t.id]) if t.id in of_turns else t for t in kept]


def written(trajectory: Trajectory) -> list[int]:
    """For each turn, the place in `messages` of what the policy wrote. Demonstrations are passed over."""
    return [
        place
        for place, message in enumerate(trajectory.messages)
        if message["role"] == "assistant" and "shot" not in message
    ]


def _apply(trajectory: Trajectory, reviews: Iterable[Review]) -> Trajectory:
    messages, steps, places = list(trajectory.messages), list(trajectory.steps), written(trajectory)
    for review in sorted(reviews, key=lambda review: review.turn):
        index = review.turn - 1
        if review.verdict == "reject":
            steps[index] = replace(steps[index], error=REJECTED)
        if review.verdict == "correct":
            ran, place = steps[index].call, places[index]
            messages[place] = {**messages[place], "content": review.text}
            steps[index] = _corrected(steps[index], review, trajectory.format)
            if review.call != ran:
                return replace(trajectory, messages=messages[: place + 1], steps=steps[: review.turn], reward=1.0)
    return replace(trajectory, messages=messages, steps=steps)


def _corrected(step: Step, review: Review, format: str) -> Step:
    thought, _ = get_format(format).parse(review.text, {})  # the tools have no part in how a thought is read
    fields = {"thought": thought, "call": review.call, "error": None, "finish": "stop"}
    if review.call != step.call:
        fields["state_key"] = ""  # where this call would have led is not known
    return replace(step, **fields, token_ids=None, logprobs=None)
