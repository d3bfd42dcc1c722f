"""Tasks of the API world, made from (split, index) alone.

`data` of a task, for those who write their own:

- `world`: `services` (names in `envs.api.services.SERVICES`), `seed`, `size`, `novel`, as `World.grow` takes them;
- `tools`: names of the services' tools that the episode offers;
- `rules`: lines of policy, shown to the agent;
- `steps`: [{`tool`, `arguments`, `thought`}], the expert's play, final call included; the final state of the services
  must be what these leave;
- `end`: `tool` (answer or decline), `says` (a list of alternatives for each thing that must be said), `never` (what
  must not be said);
- `user`: `knows` and `confirms`, as `ScriptedUser` takes them;
- `consent`: None, or `before` (tools that need the user's consent) and `says` (what the summary must name);
- `mentions`: [{`table`, `column`, `where`, `says`}], what new free text must say;
- `faults`: as `Session` takes them.
"""

import random

from envs.api.desks import NOVEL_DESKS, SEEN_DESKS
from envs.api.services import ALL_TOOLS, SERVICES
from envs.api.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.api.templates.base import Scene, Unfit
from envs.errors import UsageError, did_you_mean
from envs.types import SPLITS, Generated, Task

__all__ = ["ENV_ID", "check_data", "generated_tasks", "make_task"]

ENV_ID = "AgentTuning/Api-v0"
_SIZES = {1: (4, 8), 2: (5, 10), 3: (7, 14), 4: (9, 18), 5: (10, 24)}
_ATTEMPTS = 200
_KEYS = ("world", "tools", "rules", "steps", "end", "user", "consent", "mentions", "faults")


def generated_tasks(split: str) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns."""
    return Generated(make_task, split)


def make_task(split: str, index: int) -> Task:
    """Task `index` of a split. Its dice and its world are seeded with the split's name, so splits share none."""
    novel = split == "novel"
    templates, desks = (NOVEL_TEMPLATES, NOVEL_DESKS) if novel else (SEEN_TEMPLATES, SEEN_DESKS)
    difficulty = index % 5 + 1
    fitting = [template for template in templates if template.difficulty == difficulty]
    template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
    rng = random.Random(f"{split}/{index}")
    for attempt in range(_ATTEMPTS):
        desk = desks[rng.choice(template.desks)]
        scene = Scene(desk, f"{split}/{index}/{attempt}", rng.randint(*_SIZES[difficulty]), novel, rng)
        try:
            draft = template.make(scene)
        except Unfit:
            continue
        finally:
            scene.close()
        return Task(ENV_ID, draft.prompt, scene.data(draft, difficulty), split, difficulty, template.name)
    raise RuntimeError(f"template {template.name} found nothing to ask in {_ATTEMPTS} worlds")


def check_data(task: Task) -> None:
    """Refuse a task that cannot be played.

    Raises:
        UsageError: its data lack something, or name a service or a tool that is not there.
    """
    where = f"task {task.id} of {ENV_ID}"
    if missing := sorted(set(_KEYS) - task.data.keys()):
        raise UsageError(f"{where} lacks {missing} in its data")
    if missing := sorted({"services", "seed", "size", "novel"} - task.data["world"].keys()):
        raise UsageError(f"{where} lacks {missing} in its world")
    for kind, known, named in (
        ("service", SERVICES, task.data["world"]["services"]),
        ("tool", ALL_TOOLS, task.data["tools"]),
    ):
        if unknown := [name for name in named if name not in known]:
            raise UsageError(f"{where}: there is no {kind} {unknown[0]!r}.{did_you_mean(unknown[0], known)}")
