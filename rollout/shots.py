"""Demonstrations before a task: the expert's play of other train tasks, as a few-shot prompt.

Their messages stand between the system message and the task's first one. In a trajectory each has the key `shot`, the
number of its demonstration from 0, and none has a `Step`; policies, and so servers, see role and content alone.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from envs.core import AgentEnv
from envs.errors import UsageError, WorldError
from envs.types import Message, Task
from rollout.trajectory import well_formed

__all__ = ["demonstrations"]

_DRAWN = 32
"""Train tasks from which the demonstrations of a run are chosen."""


def demonstrations(env: AgentEnv, tasks: Sequence[Task], n: int, seed: int) -> dict[Task, list[Message]]:
    """The messages that stand before each of `tasks`: `n` demonstrations, in the format of `env`.

    They are drawn by `seed` from the train split, short ones first and each of another template. All tasks get the same
    ones, whose prefix a server then computes once, as far as these suit the task: a demonstration is never the task
    itself, and where there is a choice it has the task's system prompt and another template.

    Args:
        env: plays the demonstrations; whoever made it closes it.
        tasks: tasks of `env`.
        n: demonstrations before each.
        seed: equal seeds give equal demonstrations.

    Raises:
        UsageError: the environment has too few train tasks.
        WorldError: the expert fails on one of them.
    """
    pool = _pool(env, seed)
    if len(pool) <= n:
        raise UsageError(f"{n} shots need more than {n} train tasks; {env.id} has {len(pool)}")
    prompts = {shot: env.prompt_of(shot) for shot in pool}
    chosen = {}
    for task in tasks:
        prompt = env.prompt_of(task)
        others = [shot for shot in pool if shot.id != task.id]
        others.sort(key=lambda shot: (prompts[shot] != prompt, shot.template == task.template))
        chosen[task] = others[:n]
    played = {shot: _play(env, shot) for shot in dict.fromkeys(shot for shots in chosen.values() for shot in shots)}
    return {
        task: [message | {"shot": k} for k, shot in enumerate(shots) for message in played[shot]]
        for task, shots in chosen.items()
    }


def _pool(env: AgentEnv, seed: int) -> list[Task]:
    """Drawn train tasks as they are preferred: one of each template before a second, and easy ones first."""
    train = type(env).tasks("train")
    drawn = Random(f"{seed}/{env.id}").sample(range(len(train)), min(_DRAWN, len(train)))
    easy_first = sorted(dict.fromkeys(train[index] for index in drawn), key=lambda task: task.difficulty)
    seen: Counter[str] = Counter()

    def rank(task: Task) -> int:
        seen[task.template] += 1
        return seen[task.template]

    return sorted(easy_first, key=rank)


def _play(env: AgentEnv, task: Task) -> list[Message]:
    """The expert's episode on `task`, without the system message: user, assistant, ..., assistant."""
    prompt, _ = env.reset(seed=0, options={"task": task})
    messages: list[Message] = [{"role": "user", "content": well_formed(prompt)}]
    reward = 0.0
    for action in env.expert():
        messages.append({"role": "assistant", "content": action})
        observation, reward, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            break
        messages.append({"role": "user", "content": well_formed(observation)})
    if reward < 1:
        raise WorldError(f"the expert of {env.id} does not solve its own train task {task.id}")
    return messages
