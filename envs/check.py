"""`python -m envs.check`: the contract of an environment or of a task file, as a contributor runs it."""

from collections.abc import Iterator
from random import Random
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape

from envs.cli import main, parse_options
from envs.errors import UsageError
from envs.registry import env_class, load_tasks, make
from envs.testing import check_task, env_problems

__all__ = ["check"]


def check(
    env: Annotated[str | None, tyro.conf.Positional] = None,
    tasks: str | None = None,
    n: int | None = None,
    random: int = 20,
    seed: int = 0,
    env_options: tuple[str, ...] = (),
) -> int:
    """Check that an environment or a file of tasks keeps the contract, and name what does not.

    Every solution must pass and be graded the same twice; doing nothing and random actions must fail; nothing may
    crash.

    Args:
        env: a short name or an id, e.g. db; see python -m envs for the list.
        tasks: a file of tasks instead, FILE.jsonl or LOADER:PATH.
        n: tasks of every split whose solution is played, 20 by default; with --tasks so many drawn by --seed, else all.
        random: episodes of random actions (per task with --tasks: 1).
        seed: draws the tasks of a file when --n asks for fewer than there are.
        env_options: options of the environment itself, as NAME=VALUE: sandbox=docker.

    Returns:
        0 when all is well, 1 when there are problems.
    """
    if (env is None) == (tasks is None):
        raise UsageError("give either an environment (python -m envs.check db) or --tasks FILE")
    options = parse_options(env_options)
    console = Console(soft_wrap=True)
    if tasks:
        what, found = tasks, _file_problems(tasks, n, seed, options, console)
    else:
        n = 20 if n is None else n
        make(env, **options).close()
        what = f"{env_class(env).id}: {n} tasks of every split, {random} random episodes"
        found = env_problems(env_class(env), n, random, **options)
    problems = 0
    for problem in found:
        problems += 1
        console.print(f"[red]✗[/] {escape(problem)}", highlight=False)
    console.print(f"{what}: {f'{problems} problems' if problems else 'all is well'}", highlight=False)
    return int(problems > 0)


def _file_problems(source: str, n: int | None, seed: int, options: dict[str, Any], console: Console) -> Iterator[str]:
    tasks = load_tasks(source)
    chosen = tasks if n is None or n >= len(tasks) else Random(seed).sample(tasks, n)
    console.print(f"{len(chosen)} of {len(tasks)} tasks from {source}", highlight=False)
    for task in chosen:
        for problem in check_task(env_class(task.env), task, **options):
            yield f"task {task.id}: {problem}"


if __name__ == "__main__":
    main(check)
