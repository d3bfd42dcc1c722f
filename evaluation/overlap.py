"""What samples of an evaluation share with training conversations: tokens, and instances. Nothing is read here."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.types import Task
from evaluation.instances import goal_key, has_own_world, initial_state, world_of
from evaluation.ngrams import Ngrams

__all__ = ["Conversation", "Finding", "Overlap", "Sample", "conversation"]

N = 11
"""Tokens of an n-gram: "longer than 10"."""


@dataclass(frozen=True)
class Sample:
    """A task of an evaluation, as an agent meets it."""

    task: Task
    text: str
    """Its instruction and the first observation."""


@dataclass(frozen=True)
class Conversation:
    """A training conversation. What its row does not say is empty."""

    texts: tuple[str, ...]
    """Its messages, without the system message and without demonstrations."""
    env: str = ""
    task: str = ""
    """Id of its task."""
    state: str = ""
    """`initial_state` of its task."""


@dataclass(frozen=True)
class Finding:
    """What one sample shares with the training conversations. Shares are of tokens, in [0, 1]."""

    sample: Sample
    overlap: float
    """Of all its tokens: in n-grams that any conversation has."""
    beyond: float
    """Of its own tokens, those in n-grams that no other instance of its world has, be it a sample or a conversation: in
    n-grams that a conversation has all the same. 0 where all of its words are its template's."""
    leak: str | None
    """How which conversation, counted from 1, is known to be on this very instance; None where none is."""


def conversation(row: Mapping[str, Any]) -> Conversation:
    """Read a row of a training file (`training.rows`).

    Raises:
        KeyError, TypeError: it is no such row.
    """
    texts = tuple(m["content"] for m in row["messages"] if m["role"] != "system" and "shot" not in m)
    return Conversation(texts, row.get("env", ""), row.get("task", ""), row.get("state", ""))


class Overlap:
    """Samples that are compared with training conversations, as these come.

    Args:
        samples: of the evaluation.
        ids: the tokens of each one's text, at least one.
        wordless: ids of tokens that say nothing, as `Ngrams` takes them.
    """

    def __init__(self, samples: Sequence[Sample], ids: Sequence[Sequence[int]], wordless: Collection[int] = ()):
        self._samples, self._states = samples, [initial_state(sample.task) for sample in samples]
        self._held = frozenset(self._states)
        self._tasks_met: dict[tuple[str, str], int] = {}
        self._states_met: dict[str, int] = {}
        self._goals_met: dict[tuple[str, str], int] = {}
        self._count = 0
        self.unplaced = 0
        """Conversations that name an environment and no state: nobody knows on which instance they are."""
        lengths = [min(N, len(tokens)) for tokens in ids]
        self._parts = []
        for n in sorted(set(lengths)):
            numbers = [number for number, length in enumerate(lengths) if length == n]
            ngrams = Ngrams([ids[number] for number in numbers], n, wordless)
            worlds = [world_of(samples[number].task.env) for number in numbers]
            self._parts.append(_Part(ngrams, numbers, worlds, [self._states[number] for number in numbers]))

    def add(self, given: Conversation, ids: Sequence[Sequence[int]]) -> None:
        """Compare one more conversation.

        Args:
            given: the conversation.
            ids: the tokens of each of its texts.
        """
        self._count += 1
        self.unplaced += bool(given.env and not given.state)
        world = world_of(given.env)
        self._tasks_met.setdefault((given.env, given.task), self._count)
        if given.state:
            self._states_met.setdefault(given.state, self._count)
        if given.texts:
            self._goals_met.setdefault((world, goal_key(given.texts[0])), self._count)
        same_state = given.state if given.state in self._held else ""
        for part in self._parts:
            part.add(world if given.state else "", same_state, ids)

    def findings(self) -> list[Finding]:
        """What has been found so far, in the order of the samples."""
        found = {number: shares for part in self._parts for number, shares in part.shares()}
        return [
            Finding(sample, *found[number], self._leak(sample.task, self._states[number], sample.text))
            for number, sample in enumerate(self._samples)
        ]

    def _leak(self, task: Task, state: str, text: str) -> str | None:
        if number := self._tasks_met.get((task.env, task.id)):
            return f"conversation {number} is on the task"
        if number := self._states_met.get(state):
            return f"conversation {number} starts in its state"
        number = None if has_own_world(task) else self._goals_met.get((world_of(task.env), goal_key(text)))
        return number and f"conversation {number} has its goal"


class _Part:
    """The samples with n-grams of one length, and who else has these n-grams."""

    def __init__(self, ngrams: Ngrams, numbers: Sequence[int], worlds: Sequence[str], states: Sequence[str]):
        self._ngrams, self._samples = ngrams, list(zip(numbers, worlds, states, strict=True))
        self._seen: dict[str, np.ndarray] = defaultdict(self._nothing)
        """In conversations on other instances than the samples', by world; "" where nobody knows on which they are."""
        self._seen_in: dict[str, np.ndarray] = defaultdict(self._nothing)
        """In conversations that start in the state of a sample."""
        self._shared = {world: self._in_several(world) for world in set(worlds)}
        """In samples of several instances."""

    def add(self, world: str, same_state: str, ids: Sequence[Sequence[int]]) -> None:
        seen = self._seen_in[same_state] if same_state else self._seen[world]
        for text in ids:
            seen[self._ngrams.find(text)] = True

    def shares(self) -> Iterator[tuple[int, tuple[float, float]]]:
        """For each sample its number, and its `overlap` and `beyond`."""
        anywhere = self._any([*self._seen.values(), *self._seen_in.values()])
        own, elsewhere = {}, {}
        for world, shared in self._shared.items():
            own[world] = ~self._any([shared, *(seen for name, seen in self._seen.items() if name == world)])
            elsewhere[world] = self._any([seen for name, seen in self._seen.items() if name != world])
        for place, (number, world, state) in enumerate(self._samples):
            met = self._any([elsewhere[world], *(seen for name, seen in self._seen_in.items() if name == state)])
            of_its_own = self._ngrams.share(place, own[world])
            beyond = self._ngrams.share(place, met & own[world]) / of_its_own if of_its_own else 0.0
            yield number, (self._ngrams.share(place, anywhere), beyond)

    def _in_several(self, world: str) -> np.ndarray:
        """Which n-grams are in samples of this world that start in different states."""
        in_state: dict[str, set[int]] = defaultdict(set)
        for place, (_, its_world, state) in enumerate(self._samples):
            if its_world == world:
                in_state[state].update(self._ngrams.of(place))
        counts = np.bincount([n for inside in in_state.values() for n in inside], minlength=len(self._ngrams))
        return counts > 1

    def _any(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.logical_or.reduce([self._nothing(), *arrays])

    def _nothing(self) -> np.ndarray:
        return np.zeros(len(self._ngrams), dtype=bool)
