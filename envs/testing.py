"""The contract of an environment, as a test that any author can run.

    from envs.testing import check_env
    check_env("Acme/Maze-v0")        # in a test; raises AssertionError with every problem found

`python -m envs.check` is the same from the shell. What is checked: Gymnasium's own checker without a warning; two
copies agree on every observation, reward and info; tasks survive JSON and splits share none; the expert solves every
task; doing nothing and acting at random solve none and crash none; unreadable messages are observations.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

from gymnasium.utils.env_checker import check_env as gymnasium_check

from envs.core import AgentEnv
from envs.registry import env_class
from envs.types import SPLITS, Task, ToolCall

__all__ = ["check_env", "check_task", "env_problems", "play"]

GARBAGE = ("", "\n", "hello", "Thought:", "Action: ", "<tool_call>{}</tool_call>", "\ud800", "\0", "é" * 5000)


def check_env(env: str | type[AgentEnv], n: int = 20, random: int = 20, **options: Any) -> None:
    """Raise AssertionError that lists everything in which an environment breaks the contract.

    Args:
        env: a short name, an id, or an `AgentEnv` class that is not registered yet.
        n: tasks of every split that the expert must solve.
        random: episodes of random actions, spread over the splits.
        options: of the environment's constructor, such as `sandbox="docker"`.
    """
    problems = list(env_problems(env_class(env) if isinstance(env, str) else env, n, random, **options))
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems)


def env_problems(cls: type[AgentEnv], n: int = 20, random: int = 20, **options: Any) -> Iterator[str]:
    """Yield one sentence for each breach of the contract, as it is found."""
    splits = [split for split in SPLITS if len(cls.tasks(split))]
    if not splits:
        yield f"{cls.id} has no tasks of its own: check it with --tasks FILE"
        return
    make = partial(cls, **options)
    yield from _gymnasium_problems(partial(make, split=splits[0]))
    yield from _task_problems(cls, splits, n)
    for split in splits:
        for task in cls.tasks(split)[:n]:
            for problem in check_task(cls, task, **options):
                yield f"{split} task {task.id} ({task.template or 'no template'}): {problem}"
    yield from _random_problems(cls, make, splits, random)


def check_task(cls: type[AgentEnv], task: Task, random: int = 1, **options: Any) -> list[str]:
    """Try one task and return what is wrong with it, empty when all is well.

    The solution must pass in both formats and twice in the same way; doing nothing and `random` episodes of random
    actions must fail; nothing may crash.
    """
    make = partial(cls, **options)
    problems, runs = [], []
    for format in ("react", "hermes", "react"):
        env = make(format=format)
        try:
            runs.append(play(env, task, env.expert()))
        except Exception as error:
            return [f"the solution raises {type(error).__name__}: {error}"]
        finally:
            env.close()
        observation, reward = runs[-1][-1][:2]
        if reward < 1:
            return [f"the solution scores {reward:g} in {format}; the last observation was {observation[-200:]!r}"]
    if runs[0] != runs[2]:
        step, one, other = next((n, a, b) for n, (a, b) in enumerate(zip_longest(runs[0], runs[2])) if a != b)
        problems.append(f"not deterministic: two plays differ at step {step}: {_brief(one)} and {_brief(other)}")
    problems += _idle_problems(make, task)
    for seed in range(random):
        rows = _try(make, task, lambda env, seed=seed: _random_actions(env, seed))
        problems += rows if isinstance(rows, list) else ["random actions solve it"] if rows else []
    return problems


def _brief(row: tuple | None) -> str:
    """What an environment said, and in which state, in a few words."""
    return "the end" if row is None else f"{row[0][-200:]!r} in state {row[3]}"


def play(env: AgentEnv, task: Task, actions: Iterable[str]) -> list[tuple[str, float, dict[str, Any], str]]:
    """Reset on `task` and step through `actions` to the end.

    Returns (observation, reward, info, state key) for the reset and for each step.
    """
    rows = [(env.reset(seed=0, options={"task": task})[0], 0.0, {}, env.state_key())]
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        rows.append((observation, reward, info, env.state_key()))
        if terminated or truncated:
            break
    return rows


def _random_actions(env: AgentEnv, seed: int) -> Iterator[str]:
    env.action_space.seed(seed)
    while True:
        yield env.action_space.sample()


def _try(make: Callable[[], AgentEnv], task: Task, actions: Callable[[AgentEnv], Iterable[str]]) -> bool | list[str]:
    """Whether `actions` solve the task, or the crash as a one-item list."""
    env = make()
    try:
        return play(env, task, actions(env))[-1][1] >= 1
    except Exception as error:
        return [f"actions crash it: {type(error).__name__}: {error}"]
    finally:
        env.close()


def _idle_problems(make: Callable[[], AgentEnv], task: Task) -> list[str]:
    """Doing nothing: never acting at all, and ending at once through each final tool with the emptiest arguments."""
    problems = []
    env = make()
    env.reset(seed=0, options={"task": task})
    if env.score() >= 1:
        problems.append("it is solved before the first action")
    env.close()
    for name, tool in env.tools.items():
        if tool.final:
            call = ToolCall(name, {n: _emptiest(s) for n, s in tool.spec.parameters["properties"].items()})
            rows = _try(make, task, lambda env, call=call: [env.write(call, "I stop here.")])
            problems += rows if isinstance(rows, list) else [f"calling {name} at once solves it"] if rows else []
    return problems


def _emptiest(schema: dict[str, Any]) -> Any:
    if "anyOf" in schema:
        return _emptiest(schema["anyOf"][-1])
    if "enum" in schema:
        return schema["enum"][0]
    empty = {"string": "", "integer": 0, "number": 0.0, "boolean": False, "array": [], "null": None}
    if schema.get("type") in empty:
        return empty[schema["type"]]
    properties = schema.get("properties", {})
    return {name: _emptiest(properties[name]) for name in schema.get("required", [])}


def _gymnasium_problems(make: Callable[[], AgentEnv]) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        env = make()
        try:
            gymnasium_check(env, skip_render_check=True)
        except Exception as error:
            yield f"gymnasium's checker: {type(error).__name__}: {error}"
        finally:
            env.close()
    yield from (f"gymnasium's checker warns: {w.message}" for w in caught)
    env = make()
    for text in GARBAGE:
        env.reset(seed=0)
        try:
            info = env.step(text)[4]
        except Exception as error:
            yield f"the message {text[:20]!r} raises {type(error).__name__}: {error}"
        else:
            if info["error"] is None:
                yield f"the message {text[:20]!r} was taken for an action"
    env.close()


def _task_problems(cls: type[AgentEnv], splits: list[str], n: int) -> Iterator[str]:
    seen: dict[str, str] = {}
    for split in splits:
        tasks: Sequence[Task] = cls.tasks(split)[:n]
        if tasks != cls.tasks(split)[:n]:
            yield f"split {split} gives other tasks when asked again"
        for task in tasks:
            where = f"{split} task {task.id}"
            if Task.from_json(task.to_json()) != task:
                yield f"{where} does not survive JSON"
            if task.env != cls.id or task.split != split or not task.template:
                yield f"{where} must have env {cls.id!r}, split {split!r} and a template"
            if seen.setdefault(task.id, split) != split:
                yield f"{where} is also in {seen[task.id]}"


def _random_problems(
    cls: type[AgentEnv], make: Callable[[], AgentEnv], splits: list[str], episodes: int
) -> Iterator[str]:
    for number in range(episodes):
        split = splits[number % len(splits)]
        tasks = cls.tasks(split)
        task = tasks[number % len(tasks)]
        solved = _try(make, task, lambda env, number=number: _random_actions(env, number))
        if isinstance(solved, list):
            yield f"{split} task {task.id}: random {solved[0]}"
        elif solved:
            yield f"{split} task {task.id}: random actions solve it"
