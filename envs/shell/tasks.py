"""Tasks of the shell world, made from (split, index) alone, or written by hand.

`data` of a task has these fields; all may be left out, but for one of `answer`, `changes`, `stopped` and `started`:

    scenario, seed, size   what fills the box: a name of `envs.shell.content.SCENARIOS`, and what it is grown from
    planted                [path, node or None], put in or taken away after that, in order. See `envs.shell.tree`
    answer                 what a question's answer must be, see `envs.shell.grade.Answer`
    changes                path to what must be there at the end, None for nothing, see `envs.shell.state`
    jobs                   name to a process that runs from the start, see `envs.shell.jobs`
    stopped                names of the jobs that must be gone at the end; all others must still run
    started                [{script, arguments}], what Python must run at the end beside the jobs
    steps, say             what the expert does; a task written by hand has a `reference` instead

All that is not in `changes` must be at the end as it was at the start.
"""

import random
from collections.abc import Mapping
from typing import Any

from envs.errors import UsageError, did_you_mean
from envs.shell.content import NOVEL, SCENARIOS, SEEN, grow
from envs.shell.grade import answer_matches, check_answer
from envs.shell.state import check_changes
from envs.shell.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES, Scene, Template, Unfit
from envs.shell.tree import Tree
from envs.types import SPLITS, Generated, Task

__all__ = ["ENV_ID", "check_data", "generated_tasks", "make_from", "make_task", "tree_of"]

ENV_ID = "AgentTuning/Os-v0"
FIELDS = ("scenario", "seed", "size", "planted", "answer", "changes", "jobs", "stopped", "started", "steps", "say")
GOALS = ("answer", "changes", "stopped", "started")
_SIZES = {1: (8, 14), 2: (10, 18), 3: (12, 24), 4: (14, 32), 5: (16, 40)}
_ATTEMPTS = 400
_FIRST_GUESSES = ("0", "1", "7", "-3", "2.5", "yes", "no", "all", "name", "none", "zero", "first", "last")
"""What somebody answers who has not looked. The words of the prompt are others."""


def generated_tasks(split: str) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns."""
    return Generated(make_task, split)


def make_task(split: str, index: int) -> Task:
    """Task `index` of a split. Its dice and its files are seeded with the split's name, so splits share none."""
    templates, scenarios = (NOVEL_TEMPLATES, NOVEL) if split == "novel" else (SEEN_TEMPLATES, SEEN)
    difficulty = index % 5 + 1
    fitting = [template for template in templates if template.difficulty == difficulty]
    template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
    rng = random.Random(f"{split}/{index}")
    for attempt in range(_ATTEMPTS):
        scene = Scene(rng.choice(scenarios), f"{split}/{index}/{attempt}", rng.randint(*_SIZES[difficulty]), rng)
        try:
            return make_from(template, scene, split)
        except Unfit:
            continue
    raise RuntimeError(f"template {template.name} found nothing to ask in {_ATTEMPTS} file systems")


def make_from(template: Template, scene: Scene, split: str) -> Task:
    """The task that a template makes of a scene.

    Raises:
        Unfit: it makes none, or one whose answer is easily guessed.
    """
    draft = template.make(scene)
    if draft.answer and any(answer_matches(word, draft.answer) for word in (*_FIRST_GUESSES, *draft.prompt.split())):
        raise Unfit
    data = {"scenario": scene.scenario.name, "seed": scene.seed, "size": scene.size, "planted": scene.planted}
    rest = {name: getattr(draft, name) for name in FIELDS[4:]}
    data |= {name: list(value) if isinstance(value, tuple) else value for name, value in rest.items() if value}
    return Task(ENV_ID, draft.prompt, data, split, template.difficulty, template.name)


def tree_of(data: Mapping[str, Any]) -> Tree:
    """The files of a task.

    Raises:
        UsageError: a planted node is not what it should be.
    """
    tree = grow(SCENARIOS[data["scenario"]], data["seed"], data["size"]).tree if data.get("scenario") else Tree()
    for path, node in data.get("planted", ()):
        tree.put(path, node)
    return tree


def check_data(task: Task) -> None:
    """Check the form of a task's data.

    Raises:
        UsageError: a field is unknown, missing or of the wrong form.
    """
    data, where = task.data, f"task {task.id} of {ENV_ID}"
    for name in data.keys() - set(FIELDS):
        near = did_you_mean(name, FIELDS)
        raise UsageError(f"{where}: no field {name!r} in its data.{near} Known: {', '.join(FIELDS)}")
    if not any(data.get(name) for name in GOALS):
        raise UsageError(f"{where} asks for nothing: its data needs one of {', '.join(GOALS)}")
    if (scenario := data.get("scenario")) and scenario not in SCENARIOS:
        raise UsageError(f"{where}: no scenario {scenario!r}.{did_you_mean(scenario, SCENARIOS)}")
    if scenario and not (isinstance(data.get("seed"), str) and isinstance(data.get("size"), int)):
        raise UsageError(f"{where}: a scenario needs a seed (text) and a size (a whole number)")
    if not all(isinstance(item, list) and len(item) == 2 for item in data.get("planted", ())):
        raise UsageError(f"{where}: planted must be a list of [path, node]")
    jobs, started = data.get("jobs", {}), data.get("started", ())
    if not all(job.keys() == {"argv", "cwd"} for job in jobs.values()):
        raise UsageError(f"{where}: each of its jobs needs argv and cwd")
    if not all(wanted.keys() == {"script", "arguments"} for wanted in started):
        raise UsageError(f"{where}: each that is to be started needs script and arguments")
    if unknown := set(data.get("stopped", ())) - jobs.keys():
        raise UsageError(f"{where}: no jobs {sorted(unknown)} to be stopped")
    if data.get("answer"):
        check_answer(data["answer"])
    check_changes(data.get("changes", {}), tree_of(data))
