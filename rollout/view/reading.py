"""A trajectory as a person reads it: the task, then turn by turn thought, action and observation, with its reviews."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from envs.format import get_format
from envs.types import Message
from rollout.reviews import Review, reviewed, written
from rollout.trajectory import Step, Trajectory

__all__ = ["Pair", "Reading", "Turn", "compare", "read"]


@dataclass(frozen=True)
class Turn:
    """One action of the policy, what followed, and what a reviewer said of it."""

    step: Step
    text: str
    """What the policy wrote, whole."""
    arguments: Mapping[str, str]
    """Of the call, as text: strings as they are, everything else as JSON."""
    observation: str | None
    """Without the format's wrapping; None after the last turn."""
    review: Review | None
    """The latest one."""
    cut: bool
    """A correction further up leads elsewhere, so that this turn is not trained on."""
    screenshot: bool

    @property
    def number(self) -> int:
        return self.step.turn

    @property
    def correction(self) -> str | None:
        """What should have been written."""
        return self.review and self.review.text

    @property
    def elsewhere(self) -> bool:
        """Whether the correction makes another call, so that the observation does not answer it."""
        return self.correction is not None and self.review.call != self.step.call


@dataclass(frozen=True)
class Reading:
    """A trajectory, ready to be shown."""

    trajectory: Trajectory
    system: str
    shots: Sequence[Message]
    """The demonstrations before the task."""
    task: str
    """What the policy was asked, with what the world showed at first."""
    turns: Sequence[Turn]
    unread: str | None
    """What the policy wrote last where the machine broke before it was acted on."""
    review: Review | None
    """The latest one of the whole trajectory."""
    screenshot: bool
    """Whether there is one from before the first action."""


@dataclass(frozen=True)
class Pair:
    """One turn of two trajectories side by side; None where one of them has ended."""

    left: Turn | None
    right: Turn | None
    same: bool
    """Whether both made the same call."""


def read(trajectory: Trajectory, reviews: Sequence[Review], pictures: Path) -> Reading:
    """Take a trajectory apart.

    Args:
        reviews: of this trajectory, oldest first.
        pictures: where its screenshots are, if it has any.
    """
    latest = {review.turn: review for review in reviews}
    turns_only = [review for review in reviews if review.turn is not None]
    (kept,) = reviewed([trajectory], turns_only)
    messages, places = trajectory.messages, written(trajectory)
    opening = messages[: places[0]] if places else messages
    shots = [message for message in opening if "shot" in message]
    asked = [message["content"] for message in opening if message["role"] == "user" and "shot" not in message]
    turns = [
        Turn(
            step=step,
            text=messages[place]["content"],
            arguments=_arguments(step),
            observation=_observation(trajectory, place + 1),
            review=latest.get(step.turn),
            cut=step.turn > len(kept.steps),
            screenshot=(pictures / f"{step.turn}.png").is_file(),
        )
        for step, place in zip(trajectory.steps, places, strict=False)  # the last message may have no step
    ]
    return Reading(
        trajectory=trajectory,
        system="\n".join(message["content"] for message in opening if message["role"] == "system"),
        shots=shots,
        task="\n".join(asked) or trajectory.task.prompt,
        turns=turns,
        unread=messages[places[-1]]["content"] if len(places) > len(turns) else None,
        review=latest.get(None),
        screenshot=(pictures / "0.png").is_file(),
    )


def compare(left: Reading, right: Reading) -> list[Pair]:
    """Align two trajectories turn by turn."""
    return [
        Pair(one, other, one is not None and other is not None and one.step.call == other.step.call)
        for one, other in zip_longest(left.turns, right.turns)
    ]


def _arguments(step: Step) -> dict[str, str]:
    given = step.call["arguments"] if step.call else {}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        for name, value in given.items()
    }


def _observation(trajectory: Trajectory, place: int) -> str | None:
    if place >= len(trajectory.messages):
        return None
    before, after = get_format(trajectory.format).observe("\0").split("\0")
    return trajectory.messages[place]["content"].removeprefix(before).removesuffix(after)
