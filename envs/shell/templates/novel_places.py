"""What the templates of the `novel` split plant, and what they take of a scene to do so."""

from collections.abc import Sequence

from envs.shell.content import SettingsFile
from envs.shell.templates.base import Scene
from envs.shell.tree import HOME

__all__ = ["WEEKDAYS", "crontab", "dependencies", "new_path", "option", "stems", "text_files"]

WEEKDAYS = {"*": "0123456", "1-5": "12345", "0": "0", "6": "6", "1,4": "14", "0,3": "03", "2,5": "25", "0,6": "06"}
"""How a crontab writes weekdays, and which they are."""
_TEXTS = (".txt", ".md", ".csv", ".eml", ".py", ".sh", ".html")


def new_path(scene: Scene, *names: str) -> str:
    """A path in the scenario's folder where there is nothing yet, ending in one of some names."""
    root = f"{HOME}/{scene.scenario.root}"
    return scene.pick([path for name in names if (path := f"{root}/{name}") not in scene.tree])


def stems(scene: Scene, low: int, high: int) -> list[str]:
    """Between `low` and `high` of the scenario's words in random order, fit to be names of files."""
    words = [word.replace(" ", "-") for word in scene.some(scene.scenario.words, low, high)]
    scene.rng.shuffle(words)
    return words


def text_files(scene: Scene, least: int) -> tuple[str, list[str]]:
    """A folder that holds at least so many files, all of text and none in a subfolder, with these files."""
    folders = [(folder, scene.tree.below(folder)) for folder in scene.tree.folders(HOME)]
    return scene.pick([(f, files) for f, files in folders if len(files) >= least and _is_plain(scene, f, files)])


def _is_plain(scene: Scene, folder: str, files: Sequence[str]) -> bool:
    return files == scene.tree.below(folder, deep=False) and all(path.endswith(_TEXTS) for path in files)


def option(scene: Scene) -> tuple[SettingsFile, str, list[str]]:
    """A configuration with one of its keys and the values that this key may have, in random order."""
    settings = scene.pick(scene.world.settings)
    (_, key), values = scene.pick([item for item in settings.options.items() if len(item[1]) > 1])
    return settings, key, scene.rng.sample(values, len(values))


def dependencies(scene: Scene, things: Sequence[str], chained: bool) -> dict[str, list[str]]:
    """For each thing the earlier ones that it needs, one to three; `chained` makes each need the one just before it."""
    needs: dict[str, list[str]] = {things[0]: []}
    for number, thing in enumerate(things[1:], 1):
        chosen = set(scene.rng.sample(things[:number], scene.rng.randint(1, min(3, number))))
        needs[thing] = sorted(chosen | {things[number - 1]} if chained else chosen)
    return needs


def crontab(scene: Scene) -> tuple[str, dict[str, tuple[str, str]]]:
    """A planted crontab, and for each of its scripts the time of day and the weekdays as they are written there."""
    file = new_path(scene, "crontab.txt", "nightly.cron", "planned-jobs.txt")
    lines, jobs = ["# minute hour day month weekday command"], {}
    for stem in stems(scene, 6, 8):
        script, days = f"{scene.pick(('send', 'check', 'pack'))}-{stem}.sh", scene.pick(sorted(WEEKDAYS))
        minute, hour = scene.rng.randrange(5, 60, 5), scene.rng.randrange(1, 24)
        jobs[script] = (f"{hour:02}:{minute:02}", days)
        lines.append(f"{minute} {hour} * * {days} bin/{script}")
    scene.plant(file, {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    return file, jobs
