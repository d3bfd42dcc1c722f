"""Tasks of the web world, made from (split, index) alone.

`data` of a task, for those who write their own:

- `site`, `seed`, `size`, `novel`: which site, and its content;
- `start`: the path at which the episode begins;
- `gold`: [{`do`, `with`}], operations that leave the site as it must be at the end;
- `mentions`: [{`table`, `column`, `says`, `never`}], what new free text must say (alternatives for each thing) and
  must not;
- `answer`: None where no answer is asked for, else its `says` and `never`;
- `steps`: the expert's play, as `envs.web.expert.solve` takes it.
"""

import random

from envs.errors import UsageError, did_you_mean
from envs.types import SPLITS, Generated, Task
from envs.web.sites import SITES
from envs.web.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.web.templates.base import Scene, Unfit

__all__ = ["ENV_ID", "check_data", "generated_tasks", "make_task"]

ENV_ID = "AgentTuning/Web-v0"
_SIZES = {1: (1, 1), 2: (1, 1), 3: (1, 2), 4: (1, 3), 5: (2, 4)}
_LARGE = 10
"""Size of one site in twenty from difficulty 4 on: thousands of items."""
_ATTEMPTS = 60
_KEYS = ("site", "seed", "size", "novel", "start", "gold", "mentions", "answer", "steps")


def generated_tasks(split: str) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns."""
    return Generated(make_task, split)


def make_task(split: str, index: int) -> Task:
    """Task `index` of a split. Its dice and its site are seeded with the split's name, so splits share none."""
    novel = split == "novel"
    templates = NOVEL_TEMPLATES if novel else SEEN_TEMPLATES
    difficulty = index % 5 + 1
    fitting = [template for template in templates if template.difficulty == difficulty]
    template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
    rng = random.Random(f"{split}/{index}")
    for attempt in range(_ATTEMPTS):
        large = difficulty >= 4 and rng.random() < 0.05
        size = _LARGE if large else rng.randint(*_SIZES[difficulty])
        scene = Scene(template.site, f"{split}/{index}/{attempt}", size, novel, rng)
        try:
            draft = template.make(scene)
        except Unfit:
            continue
        finally:
            scene.close()
        return Task(ENV_ID, draft.prompt, scene.data(draft), split, difficulty, template.name)
    raise RuntimeError(f"template {template.name} found nothing to ask on {_ATTEMPTS} sites")


def check_data(task: Task) -> None:
    """Refuse a task that cannot be played.

    Raises:
        UsageError: its data lack something or name a site that is not there.
    """
    if missing := sorted(set(_KEYS) - task.data.keys()):
        raise UsageError(f"task {task.id} of {ENV_ID} lacks {missing} in its data")
    if (site := task.data["site"]) not in SITES:
        raise UsageError(f"task {task.id} of {ENV_ID}: there is no site {site!r}.{did_you_mean(site, SITES)}")
