"""The episodes of a training step: groups of attempts at one task, played by the model as it is at that step.

They go through `rollout.collect` into the store, each step as a run of its own. So a step that was interrupted plays
what it still owes, and one that is done again (training goes on from a checkpoint before it) plays nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

from envs.types import Task
from rollout.chat import render
from rollout.collect import collect_tasks
from rollout.local_policy import LocalPolicy
from rollout.policies import Sampling
from rollout.policy import Policy
from rollout.store import Store
from rollout.trajectory import Trajectory

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast
    from trl import GRPOTrainer

__all__ = ["NothingToLearn", "Rollouts", "Sample", "Tally", "to_sample"]

_PATIENCE = 8
"""A step gives up when it has played so many times the tasks that it needs."""


class NothingToLearn(Exception):
    """Too few groups vary: the policy nearly always solves these tasks, or nearly never."""


@dataclass(frozen=True)
class Sample:
    """A trajectory as the trainer takes it. The three lists of the completion have the same length."""

    prompt_ids: list[int]
    completion_ids: list[int]
    """From the policy's first token to its last, with what the environment said in between."""
    env_mask: list[int]
    """1 where the policy wrote the token, 0 where the environment did."""
    logprobs: list[float]
    """Of each token when it was sampled; 0 where the environment wrote it."""
    reward: float


@dataclass
class Tally:
    """What became of the groups that a step played."""

    kinds: Counter[str] = field(default_factory=Counter)
    """varied; uniform: all attempts at the task had the same reward, so there is nothing to learn from (skipped);
    incomplete: an episode was invalid, or its context full from the start (skipped)."""
    rewards: list[float] = field(default_factory=list)
    """Of the complete groups."""
    seconds: float = 0.0

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
        mean = sum(self.rewards) / max(1, len(self.rewards))
        return f"reward {mean:.3f} · groups: {kinds} · played in {self.seconds:.0f} s"


@dataclass
class Rollouts:
    """Plays the groups of a step. As a function of (prompts, trainer) it is TRL's `rollout_func`.

    Args:
        tokenizer: of the policy.
        tasks: to draw from; each step draws anew.
        groups: groups in a step, all with rewards that differ.
        samples: attempts in a group.
        run: name under which the episodes are kept, with the number of the step behind it.
        seed: of the draws of tasks and tokens.
        max_tokens: of one reply.
        context: tokens of a whole conversation.
        collecting: further arguments of `rollout.collect.collect_tasks`, `store` among them.
    """

    tokenizer: "PreTrainedTokenizerFast"
    tasks: Sequence[Task]
    groups: int
    samples: int
    run: str
    seed: int
    max_tokens: int
    context: int
    collecting: dict[str, Any]
    tally: Tally = field(default_factory=Tally)

    def __call__(self, _prompts: list, trainer: "GRPOTrainer") -> dict[str, list]:
        """The samples of all groups, one group after the other, in columns.

        Raises:
            NothingToLearn: too few groups vary.
        """
        step = trainer.state.global_step // trainer.num_iterations
        # At temperature 1 the log-probabilities of the tokens are those of the distribution they were drawn from.
        sampling = Sampling(temperature=1.0, max_tokens=self.max_tokens, seed=self.seed + step)
        model = trainer.accelerator.unwrap_model(trainer.model).get_base_model()  # with the adapter's layers in it
        name = f"{self.run} at step {step}"
        with _policy(model, self.tokenizer, sampling, name=name, context=self.context) as policy:
            groups = self.play(policy, step, sampling)
        rows = [vars(sample) for group in groups for sample in group]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def play(self, policy: Policy, step: int, sampling: Sampling) -> list[list[Sample]]:
        """Play tasks until there are enough groups with rewards that differ (dynamic sampling, as in DAPO).

        Raises:
            NothingToLearn: there are no more tasks, or patience is at its end.
        """
        self.tally, started = Tally(), monotonic()
        order = iter(Random(f"{self.seed}/{step}").sample(self.tasks, len(self.tasks))[: _PATIENCE * self.groups])
        groups: list[list[Sample]] = []
        while len(groups) < self.groups:
            chunk = list(islice(order, self.groups - len(groups)))
            if not chunk:
                raise NothingToLearn(f"{self.groups} groups with rewards that differ are needed; {self.tally}")
            for trajectories in self._attempts(chunk, policy, step, sampling):
                group = [sample for t in trajectories if (sample := to_sample(self.tokenizer, t))]
                rewards = [sample.reward for sample in group]
                if len(group) < self.samples:
                    self.tally.kinds["incomplete"] += 1
                    continue
                self.tally.rewards += rewards
                self.tally.kinds["varied" if len(set(rewards)) > 1 else "uniform"] += 1
                groups += [group] * (len(set(rewards)) > 1)
            self.tally.seconds = monotonic() - started
        return groups

    def _attempts(
        self, tasks: Sequence[Task], policy: Policy, step: int, sampling: Sampling
    ) -> Iterator[list[Trajectory]]:
        """The valid episodes of each task, in the order of the tasks."""
        run, seed = f"{self.run}-{step:04}", self.seed + step
        options = {"samples": self.samples, "seed": seed, "sampling": sampling, "quiet": True, **self.collecting}
        collect_tasks(tasks, policy, run=run, **options)
        found: dict[str, list[Trajectory]] = {task.id: [] for task in tasks}
        with Store(self.collecting["store"]) as store:
            for trajectory in store.select(run, valid=True):
                if trajectory.task.id in found:
                    found[trajectory.task.id].append(trajectory)
        return iter(found.values())


def to_sample(tokenizer: "PreTrainedTokenizerFast", trajectory: Trajectory) -> Sample | None:
    """The ids of a trajectory with what is known of each; None where the policy wrote nothing.

    A trajectory that is not one sequence (`rollout.chat.render` says when) is trained on in the one of its sequences
    in which the policy wrote most: every token of that is still what was shown or sampled.
    """
    sequences = render(tokenizer, trajectory.messages, sampled=[step.token_ids for step in trajectory.steps])
    sampled = (value for step in trajectory.steps for value in step.logprobs)
    known = [(s.ids, [int(w != 0) for w in s.mask], [next(sampled) if w else 0.0 for w in s.mask]) for s in sequences]
    if not known:
        return None
    ids, mask, logprobs = max(known, key=lambda lists: sum(lists[1]))
    start = mask.index(1)
    return Sample(ids[:start], ids[start:], mask[start:], logprobs[start:], trajectory.reward)


@contextmanager
def _policy(model: "PreTrainedModel", *args: Any, **kwargs: Any) -> Iterator[LocalPolicy]:
    """A policy of the model, which is as it was again afterwards."""
    attention, training = model.config._attn_implementation, model.training
    policy = LocalPolicy(model, *args, **kwargs)
    try:
        yield policy
    finally:
        asyncio.run(policy.close())
        model.set_attn_implementation(attention)
        model.train(training)
