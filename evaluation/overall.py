"""AgentTuning's normalised overall, and other models' scores on the same tasks beside ours.

A group's overall is the mean over its tasks of score / weight (Zeng et al. 2023, 2310.12823). The weights stand in a
named file that never changes, and are never made from the models that are compared: 1 is an average model of then. One
task with a small weight can dominate it, so the scores themselves are always shown.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from envs.errors import UsageError, did_you_mean
from evaluation.metrics import Score, grouped
from evaluation.tables import table

__all__ = ["REFERENCE", "Overall", "Reference", "ReferenceTask", "load_reference", "normalised", "overall"]
__all__ += ["overall_parts"]

REFERENCE = "agenttuning-v1"


@dataclass(frozen=True)
class ReferenceTask:
    """A task of a reference: by what a score of it is divided, and who scored what on it."""

    name: str
    group: str
    """The tasks of one overall: held-in, held-out, general."""
    weight: float
    scores: tuple[float, ...]
    """Of 100, in the order of `Reference.models`."""
    env: str = ""
    """Our environment that plays the same task; none where there is no such environment."""
    metric: str = "success"
    """What of our episodes compares: success or reward."""
    differs: str = ""
    """What is not the same in the reference."""


@dataclass(frozen=True)
class Reference:
    """A named set of weights and of published scores. Its name carries its version."""

    name: str
    about: str
    weights: str
    """Where the weights are from."""
    models: tuple[str, ...]
    tasks: tuple[ReferenceTask, ...]


@dataclass(frozen=True)
class Overall:
    """A run's scores on the tasks of a reference, as they are and normalised."""

    reference: str
    scores: Mapping[str, float]
    """Of 100, by the task's name; only tasks that were played."""
    groups: Mapping[str, float]
    """By group, the mean of score / weight over these tasks alone."""


def load_reference(name: str = REFERENCE) -> Reference:
    """Read a reference.

    Raises:
        UsageError: there is none of that name; names the nearest.
    """
    files = {path.stem: path for path in Path(__file__).parent.glob("*-v*.toml")}
    if name not in files:
        raise UsageError(f"no reference {name!r}.{did_you_mean(name, files)} Known: {', '.join(sorted(files))}")
    row = tomllib.loads(files[name].read_text(encoding="utf-8"))
    tasks = tuple(ReferenceTask(**task | {"scores": tuple(task["scores"])}) for task in row["tasks"])
    return Reference(name, row["about"], row["weights"], tuple(row["models"]), tasks)


def overall(score: Score, reference: Reference) -> Overall:
    """The overalls of a run over those tasks of the reference that it has played."""
    played = [task for task in reference.tasks if task.env in score.by_world]
    rates = {"success": {env: rate.share for env, rate in score.by_world.items()}, "reward": score.reward}
    scores = {task.name: 100 * rates[task.metric][task.env] for task in played}
    return Overall(reference.name, scores, normalised(scores, reference))


def normalised(scores: Mapping[str, float], reference: Reference) -> dict[str, float]:
    """Group to the mean of score / weight over the tasks that `scores` has.

    Args:
        scores: of 100, by the name of a task of the reference.
        reference: the weights.
    """
    groups = grouped((task for task in reference.tasks if task.name in scores), lambda task: task.group)
    return {
        group: sum(scores[task.name] / task.weight for task in tasks) / len(tasks) for group, tasks in groups.items()
    }


def overall_parts(found: Overall, reference: Reference) -> list[RenderableType]:
    """The run among the reference's models, and what is not the same; nothing when it played none of the tasks."""
    played = [task for task in reference.tasks if task.name in found.scores]
    if not played:
        return []
    groups = grouped(played, lambda task: task.group)
    differs = [f"{task.name}: {task.differs}." for task in played]
    return [
        *(_table(group, tasks, found, reference) for group, tasks in groups.items()),
        f"The other rows are those of {reference.about}. They are context, no comparison: {' '.join(differs)}\n"
        f"An overall is the mean of score / weight over these tasks alone, by the weights of {reference.name} "
        f"({reference.weights}).",
    ]


def _table(group: str, tasks: Sequence[ReferenceTask], found: Overall, reference: Reference) -> Table:
    made = table(f"Published {group}, of 100", *(task.name for task in tasks), "overall")

    def add(name: str, scores: Mapping[str, float], style: str = "") -> None:
        raw = (f"{score:.1f}" for score in scores.values())
        made.add_row(name, *raw, f"{normalised(scores, reference)[group]:.2f}", style=style)

    add("this run", {task.name: found.scores[task.name] for task in tasks}, "bold")
    made.add_section()
    for position, model in enumerate(reference.models):
        add(model, {task.name: task.scores[position] for task in tasks})
    return made
