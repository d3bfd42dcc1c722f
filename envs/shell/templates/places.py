"""What templates ask of a scene: a shelf, the files of one kind in it, a sheet, how a request and a command name it."""

from typing import Any

from envs.shell.content import Column, SheetFile, Shelf
from envs.shell.templates.base import Scene, Unfit, step

__all__ = ["flat_shelf", "is_text", "kind_of", "look_at", "sheet_of", "shelf_with_folders", "untied"]
__all__ += ["values_of", "within"]


def flat_shelf(scene: Scene) -> Shelf:
    """A shelf whose files lie directly in it."""
    return scene.pick([shelf for shelf in scene.world.shelves if not shelf.subfolders])


def shelf_with_folders(scene: Scene) -> Shelf:
    """A shelf whose files lie in its subfolders."""
    return scene.pick([shelf for shelf in scene.world.shelves if shelf.subfolders])


def is_text(path: str) -> bool:
    """Whether a file has lines to be read, going by its name."""
    return path.endswith((".txt", ".md", ".html", ".css", ".py", ".sh", ".csv", ".eml"))


def kind_of(scene: Scene, shelf: Shelf, low: int, high: int) -> tuple[str, list[str]]:
    """A file ending of a shelf with its files, when some but not all files have it and their number is in a range.

    Raises:
        Unfit: there is none.
    """
    everything = scene.tree.below(shelf.path)
    kinds = [(suffix, scene.tree.below(shelf.path, suffix)) for suffix in shelf.suffixes]
    return scene.pick([(s, files) for s, files in kinds if low <= len(files) <= high and len(files) < len(everything)])


def within(scene: Scene, shelf: Shelf) -> str:
    """How a request says where the files of a shelf are: "in ~/photos or below it"."""
    deep = scene.pick((" and its subfolders", " (subfolders included)", " or below it")) if shelf.subfolders else ""
    return f"in {scene.name(shelf.path)}{deep}"


def look_at(scene: Scene, path: str) -> str:
    """A command that shows some of what is in a folder."""
    folder = scene.word(path)
    return scene.pick((f"ls {folder} | head -6", f"ls {folder} | tail -5", f"ls -p {folder} | head -6"))


def sheet_of(scene: Scene) -> tuple[SheetFile, str, dict[str, Any]]:
    """A sheet, its path as a command has it, and the expert's step of looking at its first lines."""
    sheet = scene.pick(scene.world.sheets)
    file = scene.word(sheet.path)
    look = step("header", f"head -{scene.pick((2, 3, 4))} {file}", file=scene.name(sheet.path), nouns=sheet.nouns)
    return sheet, file, look


def values_of(sheet: SheetFile, column: Column) -> list[str]:
    """What the rows of a sheet have in a column."""
    return [row[sheet.index(column)] for row in sheet.rows]


def untied(values: list[float]) -> None:
    """Make sure that the largest of some values has no equal.

    Raises:
        Unfit: it has.
    """
    if len(values) < 2 or sorted(values)[-1] == sorted(values)[-2]:
        raise Unfit
