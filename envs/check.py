"""`python -m envs.check`: the contract of an environment or of a task file, as a contributor runs it."""

from collections.abc import Iterator
from typing import Annotated

import tyro
from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from envs.registry import env_class, load_tasks
from envs.testing import check_task, env_problems

__all__ = ["check"]


def check(
    env: Annotated[str | None, tyro.conf.Positional] = None,
    tasks: str | None = None,
    n: int = 20,
    random: int = 20,
) -> int:
    """Check that an environment or a file of tasks keeps the contract, and name what does not.

    Every solution must pass and be graded the same twice; doing nothing and random actions must fail; nothing may
    crash.

    Args:
        env: a short name or an id, e.g. db; see python -m envs for the list.
        tasks: a file of tasks instead, FILE.jsonl or LOADER:PATH; all of them are checked.
        n: tasks of every split whose solution is played.
        random: episodes of random actions (per task with --tasks: 1).

    Returns:
        0 when all is well, 1 when there are problems.
    """
    if (env is None) == (tasks is None):
        raise UsageError("give either an environment (python -m envs.check db) or --tasks FILE")
    console = Console(soft_wrap=True)
    problems = 0
    for problem in _file_problems(tasks, console) if tasks else env_problems(env_class(env), n, random):
        problems += 1
        console.print(f"[red]✗[/] {problem}", highlight=False)
    what = tasks or f"{env_class(env).id}: {n} tasks of every split, {random} random episodes"
    console.print(f"{what}: {f'{problems} problems' if problems else 'all is well'}", highlight=False)
    return int(problems > 0)


def _file_problems(source: str, console: Console) -> Iterator[str]:
    tasks = load_tasks(source)
    console.print(f"{len(tasks)} tasks from {source}", highlight=False)
    for task in tasks:
        for problem in check_task(env_class(task.env), task):
            yield f"task {task.id}: {problem}"


if __name__ == "__main__":
    main(check)
