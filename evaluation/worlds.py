"""The worlds of a suite on this machine: which of them can be played, and which options each takes."""

import inspect
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import envs
from envs.core import AgentEnv
from envs.errors import UsageError, WorldError, did_you_mean
from envs.registry import env_class
from envs.types import Task
from evaluation.suites import Entry

__all__ = ["check_options", "make_world", "playable"]


def playable(
    entries: Sequence[Entry], tasks: Sequence[Task], options: Mapping[str, Any]
) -> tuple[list[Task], dict[str, str]]:
    """The tasks whose worlds can be played here, and what the other worlds lack. Starts an episode in each world.

    Args:
        entries: of a suite.
        tasks: further ones, from files.
        options: of the environments; each takes those that it has.

    Returns:
        The tasks, the entries' first; and {environment id: a sentence that says what is missing and how to get it}.
    """
    found, missing = [], {}
    for entry in entries:
        try:
            found += entry.tasks()
        except UsageError as error:
            missing[entry.env] = str(error)
    found += tasks
    for env, task in {task.env: task for task in reversed(found)}.items():
        if reason := _obstacle(task, options):
            missing[env] = reason
    return [task for task in found if task.env not in missing], missing


def make_world(env: str, **options: Any) -> AgentEnv:
    """Make an environment with those of the options that it has: those of a suite are for some of its worlds."""
    own = _options_of(env)
    return envs.make(env, **{name: value for name, value in options.items() if name in own})


def check_options(options: Mapping[str, Any], worlds: Sequence[str]) -> None:
    """Look for every option among those of the worlds.

    Raises:
        UsageError: none of them has an option of that name.
    """
    known = {name for env in worlds for name in _options_of(env)} if options else set()
    for name in options:
        if name not in known:
            raise UsageError(f"no environment of these has an option {name!r}.{did_you_mean(name, known)}")


def _options_of(env: str) -> set[str]:
    """The names of an environment's keyword arguments, its own and those that it hands on to its base classes."""
    makers = [cls.__init__ for cls in env_class(env).__mro__ if issubclass(cls, AgentEnv)]
    return {name for maker in makers for name in inspect.signature(maker).parameters} - {"self", "options"}


def _obstacle(task: Task, options: Mapping[str, Any]) -> str | None:
    """Why the world of a task cannot be played here; None when it can."""
    try:
        with closing(make_world(task.env, **options)) as env:
            env.reset(seed=0, options={"task": task})
    except ModuleNotFoundError as error:
        return f"the package {error.name} is not installed: pip install {error.name}"
    except (UsageError, WorldError) as error:
        return str(error)
    return None
