"""Tasks of the knowledge world, made from (split, index) alone; the same questions for the two sets of tools."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from envs.qa.grade import normalize
from envs.qa.plan import READING, Step, Unfit, evaluate, forms_of, sources_of
from envs.qa.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES, Scene
from envs.qa.world import World, get_world
from envs.types import SPLITS, Generated, Task

__all__ = ["MAX_ANSWERS", "generated_tasks"]

MAX_ANSWERS = 9
"""Longer lists, in an answer or on the way to it, cost more tokens than they test."""
FIRST_GUESSES = ("yes", "no", "all", "name", "none", "zero", "first", "last", "0", "1", "7", "-3", "2.5", "2024-01-01")
"""Words that a random policy tries: none of them is a whole answer."""
_ATTEMPTS = 2000


def generated_tasks(env: str, split: str, graph: bool) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns.

    Args:
        env: id of the environment.
        split: one of `SPLITS`.
        graph: only questions that the tools of the knowledge graph can answer.
    """
    return Generated(_maker(env, graph), split)


def _maker(env: str, graph: bool) -> Callable[[str, int], Task]:
    def make(split: str, index: int) -> Task:
        templates = NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES
        difficulty = index % 5 + 1
        fitting = [t for t in templates if t.difficulty == difficulty and (t.graph or not graph)]
        template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
        scene = Scene(get_world(split), random.Random(f"{split}/{index}"))
        for _ in range(_ATTEMPTS):
            try:
                draft = template.make(scene)
                data = {"index": index, **_data(scene.world, draft.prompt, draft.plan)}
            except Unfit:
                continue
            return Task(env, draft.prompt, data, split, difficulty, template.name)
        raise RuntimeError(f"template {template.name} found nothing to ask in {_ATTEMPTS} attempts")

    return make


def _data(world: World, prompt: str, plan: Sequence[Step]) -> dict[str, Any]:
    """What grades and solves a task.

    Raises:
        Unfit: no right answer, too long a one, or one that the question gives away or a guess finds.
    """
    facts = world.facts
    results = evaluate(facts, plan)
    gold = forms_of(facts, results[-1])
    asked = f" {normalize(prompt)} "
    is_told = all(any(_is_told(form, asked) for form in forms) for forms in gold)
    if is_told or max(len(result.values) for result in results) > MAX_ANSWERS:
        raise Unfit
    evidence = [title for step in plan if step[0] in READING for title in sources_of(results, step[1])]
    return {
        "world": world.split,
        "plan": [list(step) for step in plan],
        "gold": gold,
        "evidence": list(dict.fromkeys(evidence)),
    }


def _is_told(form: str, asked: str) -> bool:
    return normalize(form) in FIRST_GUESSES or f" {normalize(form)} " in asked
