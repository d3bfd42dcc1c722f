"""`python -m envs`: the environments that are installed."""

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.registry import env_class, env_ids, task_loaders
from envs.types import SPLITS

__all__ = ["list_envs"]


def list_envs() -> None:
    """List the installed environments with their tools, and the task-file loaders; sorted by id."""
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    for column in ("tools", "splits", "what it is"):
        table.add_column(column)
    for name in env_ids():
        cls = env_class(name)
        splits = [split for split in SPLITS if len(cls.tasks(split))]
        what = (cls.__doc__ or "").strip().partition("\n")[0]
        table.add_row(name, " ".join(cls.tools), " ".join(splits) or "(from --tasks)", what)
    console = Console()
    console.print(table)
    console.print(f"\ntask files: FILE.jsonl, {', '.join(f'{name}:PATH' for name in task_loaders())}", highlight=False)


if __name__ == "__main__":
    main(list_envs)
