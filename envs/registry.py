"""Finding environments and task files. Ours and anyone's come through the same two entry-point groups.

`agenttuning.envs` maps a versioned id to an `AgentEnv` class, `agenttuning.tasks` a name to a function
`path -> list[Task]`:

    [project.entry-points."agenttuning.envs"]
    "Acme/Maze-v0" = "acme_gym.maze:MazeEnv"
    [project.entry-points."agenttuning.tasks"]
    "acme-csv" = "acme_gym.maze:load_csv"

Listing imports nothing; a class is imported when it is asked for.
"""

import gzip
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import gymnasium

from envs.core import AgentEnv
from envs.errors import UsageError, did_you_mean
from envs.types import Task

__all__ = [
    "env_class",
    "env_ids",
    "load_tasks",
    "make",
    "pick_task",
    "register_with_gymnasium",
    "resolve",
    "task_loaders",
]

_ID = re.compile(r"(?P<namespace>[\w.-]+)/(?P<name>\w[\w-]*?)-v(?P<version>\d+)")


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        if group == "agenttuning.envs" and not _ID.fullmatch(entry.name):
            raise UsageError(f"{entry.dist.name} registers {entry.name!r}; an environment's id is Namespace/Name-v0")
        if entry.name in found and found[entry.name].value != entry.value:
            owners = f"{found[entry.name].dist.name} and {entry.dist.name}"
            raise UsageError(f"two packages register {entry.name!r}: {owners}; uninstall one")
        found[entry.name] = entry
    if not found:
        raise UsageError(f"no entry points of group {group!r}: is agenttuning installed (pip install -e .)?")
    return dict(sorted(found.items()))


def env_ids() -> list[str]:
    """Every registered versioned id, sorted."""
    return list(_entries("agenttuning.envs"))


def task_loaders() -> list[str]:
    """The names that `--tasks NAME:PATH` knows, sorted."""
    return list(_entries("agenttuning.tasks"))


def resolve(name: str) -> str:
    """Turn a short name (`db`, `agentbench-db`) or an id into a versioned id; a short name means the newest version.

    Raises:
        UsageError: nothing or more than one namespace fits; names the nearest.
    """
    ids = env_ids()
    if name in ids:
        return name
    short: dict[str, list[str]] = {}
    for i in sorted(ids, key=lambda i: int(_ID.fullmatch(i)["version"])):
        short.setdefault(_kebab(_ID.fullmatch(i)["name"]), []).append(i)
    fits = short.get(name, [])
    if len({i.split("/")[0] for i in fits}) > 1:
        raise UsageError(f"{name!r} could be {' or '.join(fits)}: give the whole id")
    if not fits:
        near = did_you_mean(name, [*short, *ids])
        raise UsageError(f"no environment {name!r}.{near} Known: {', '.join(short)} (python -m envs lists them)")
    return fits[-1]


def env_class(name: str) -> type[AgentEnv]:
    """Import the class behind a short name or an id.

    Raises:
        UsageError: unknown name, or the entry point cannot be imported; says which package it belongs to.
    """
    name = resolve(name)
    entry = _entries("agenttuning.envs")[name]
    try:
        cls = entry.load()
    except Exception as error:
        raise UsageError(f"{name} (of {entry.dist.name}) cannot be loaded: {type(error).__name__}: {error}") from error
    if not (isinstance(cls, type) and issubclass(cls, AgentEnv)) or getattr(cls, "id", None) != name:
        raise UsageError(f"{entry.value} (of {entry.dist.name}) must be an AgentEnv whose id is {name!r}")
    return cls


def make(name: str, **kwargs) -> AgentEnv:
    """Make an environment: `make("db", split="dev", format="hermes")`. Keyword arguments go to its constructor."""
    cls = env_class(name)
    try:
        env = cls(**kwargs)
    except TypeError as error:
        raise UsageError(f"{cls.id}: {error}") from error
    env.spec = gymnasium.envs.registration.EnvSpec(
        cls.id, entry_point=f"{cls.__module__}:{cls.__name__}", kwargs=kwargs
    )
    return env


def register_with_gymnasium() -> None:
    """Register every environment with Gymnasium, so that `gymnasium.make("AgentTuning/Db-v0")` works too."""
    for name, entry in _entries("agenttuning.envs").items():
        if name not in gymnasium.registry:
            gymnasium.register(name, entry_point=entry.value)


def load_tasks(source: str) -> list[Task]:
    """Read tasks from `FILE.jsonl`, `FILE.jsonl.gz` (one `Task` a line) or `LOADER:PATH`.

    Raises:
        UsageError: no such file or loader, a bad line (with its number), an unknown environment, two tasks with one id.
    """
    loader, _, path = source.partition(":")
    if path and not Path(source).exists():
        if loader not in task_loaders():
            near = did_you_mean(loader, task_loaders())
            raise UsageError(f"no task loader {loader!r}.{near} Known: {', '.join(task_loaders())}")
        if not Path(path).exists():
            raise UsageError(f"no file {path!r} for the task loader {loader!r}")
        tasks = _entries("agenttuning.tasks")[loader].load()(path)
    else:
        tasks = _read_jsonl(Path(source))
    return _checked(source, tasks)


def _read_jsonl(path: Path) -> list[Task]:
    if not path.is_file():
        raise UsageError(f"no task file {str(path)!r}; other forms are LOADER:PATH with {', '.join(task_loaders())}")
    tasks = []
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    tasks.append(Task.from_json(line))
                except UsageError as error:
                    raise UsageError(f"{path}, line {number}: {error}") from None
    return tasks


def pick_task(env: AgentEnv, index: int, tasks: str | None = None) -> Task:
    """Task `index`, from 0, of an environment's split or of a file.

    Raises:
        UsageError: there is none; says how many there are.
    """
    source = load_tasks(tasks) if tasks else env.tasks(env.split)
    if not 0 <= index < len(source):
        where = tasks or f"split {env.split} of {env.id}"
        raise UsageError(f"there is no task {index}: {where} has {len(source)}")
    return source[index]


def _checked(source: str, tasks: Iterable[Task]) -> list[Task]:
    seen: dict[str, Task] = {}
    for task in tasks:
        resolve(task.env)
        if task.id in seen:
            raise UsageError(f"{source}: two tasks have the id {task.id!r}")
        seen[task.id] = task
    if not seen:
        raise UsageError(f"{source}: no tasks in it")
    return list(seen.values())


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
