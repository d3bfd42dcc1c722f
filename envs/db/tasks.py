"""Tasks of the SQL world, made from (split, index) alone."""

import random

from envs.db.domains import NOVEL, SEEN
from envs.db.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES, Scene, Unfit
from envs.types import SPLITS, Generated, Task

__all__ = ["ENV_ID", "generated_tasks", "make_task"]

ENV_ID = "AgentTuning/Db-v0"
_SIZES = {1: (16, 34), 2: (20, 44), 3: (30, 80), 4: (40, 150), 5: (60, 260)}
"""Rows of a database, by difficulty."""
_LARGE = (300, 2000)
"""Rows of one database in ten from difficulty 3 on."""
_ATTEMPTS = 400


def generated_tasks(split: str) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns."""
    return Generated(make_task, split)


def make_task(split: str, index: int) -> Task:
    """Task `index` of a split. Its dice and its database are seeded with the split's name, so splits share none."""
    templates, domains = (NOVEL_TEMPLATES, NOVEL) if split == "novel" else (SEEN_TEMPLATES, SEEN)
    difficulty = index % 5 + 1
    fitting = [template for template in templates if template.difficulty == difficulty]
    template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
    rng = random.Random(f"{split}/{index}")
    for attempt in range(_ATTEMPTS):
        scene = Scene(rng.choice(domains), f"{split}/{index}/{attempt}", _size(rng, difficulty), rng)
        try:
            draft = template.make(scene)
        except Unfit:
            continue
        finally:
            scene.close()
        data = {
            "domain": scene.domain.name,
            "seed": scene.seed,
            "rows": scene.size,
            "write": draft.write,
            "gold": list(draft.gold),
            "ordered": draft.ordered,
            "steps": list(draft.steps),
        }
        return Task(ENV_ID, draft.prompt, data, split, difficulty, template.name)
    raise RuntimeError(f"template {template.name} found nothing to ask in {_ATTEMPTS} databases")


def _size(rng: random.Random, difficulty: int) -> int:
    large = difficulty >= 3 and rng.random() < 0.1
    return rng.randint(*(_LARGE if large else _SIZES[difficulty]))
