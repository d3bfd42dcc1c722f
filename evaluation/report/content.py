"""What a report says, as JSON values: scores, comparisons, failures, and the trajectories to be read."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.comparison import Comparison, compare_runs, noise
from evaluation.failures import PATHOLOGIES, pathologies, status
from evaluation.general import Benchmark
from evaluation.metrics import Score, score, to_json
from evaluation.overall import load_reference, overall
from rollout.prices import Price
from rollout.trajectory import Trajectory

__all__ = ["make_content"]

Episodes = Mapping[str, Sequence[Trajectory]]


def make_content(
    title: str,
    episodes: Episodes,
    configs: Mapping[str, Mapping[str, Any]],
    benchmarks: Sequence[Sequence[Benchmark]],
    prices: Mapping[str, Price],
    trajectories: int,
) -> dict[str, Any]:
    """Everything that the page, the Markdown and the JSON show.

    Args:
        title: of the report.
        episodes: those of each run, at least one; the first run is what the others are compared with.
        configs: the settings of each run.
        benchmarks: results of general ability, in the order of the runs, as many as there are.
        prices: see `evaluation.metrics.score`.
        trajectories: how many to keep for reading.

    Raises:
        UsageError: two runs cannot be compared; see `compare_runs`.
    """
    names = list(episodes)
    scores = {run: score(found, prices=prices) for run, found in episodes.items()}
    first = names[0]
    compared = {run: compare_runs(episodes[first], episodes[run]) for run in names[1:]}
    reference = load_reference()
    return {
        "title": title,
        "runs": [_run(run, scores[run], episodes[run], configs[run]) for run in names],
        "worlds": sorted({env for found in scores.values() for env in found.by_world}),
        "comparisons": [_comparison(first, run, found) for run, found in compared.items()],
        "overall": [{"run": run} | to_json(overall(scores[run], reference)) for run in names],
        "reference": to_json(reference),
        "general": [
            {"run": run, "benchmarks": [_benchmark(one) for one in found]}
            for run, found in zip(names, benchmarks, strict=False)
        ],
        "pathologies": PATHOLOGIES,
        "episodes": sum(len(found) for found in episodes.values()),
        "trajectories": [_trajectory(t) for t in _chosen(episodes, compared, trajectories)],
    }


def _run(run: str, found: Score, episodes: Sequence[Trajectory], config: Mapping[str, Any]) -> dict[str, Any]:
    valid = [t for t in episodes if t.valid]
    shown = Counter(kind for t in valid for kind in {pathology.kind for pathology in pathologies(t)})
    floor = noise(episodes)
    return {
        "name": run,
        "policy": episodes[0].policy,
        "format": episodes[0].format,
        "config": config,
        "score": to_json(found),
        "completeness": None if math.isnan(found.completeness) else found.completeness,
        "statuses": dict(Counter(map(status, episodes)).most_common()),
        "pathologies": {kind: shown[kind] / len(valid) for kind in PATHOLOGIES if valid},
        "noise": floor and to_json(floor),
    }


def _comparison(before: str, after: str, found: Comparison) -> dict[str, Any]:
    parts = to_json(found)
    keep = ("overall", "macro", "by_world", "holm", "by_difficulty", "flips", "only_before", "only_after")
    return {"before": before, "after": after} | {key: parts[key] for key in keep}


def _benchmark(found: Benchmark) -> dict[str, Any]:
    return {key: value for key, value in to_json(found).items() if key != "items"}


def _chosen(episodes: Episodes, compared: Mapping[str, Comparison], most: int) -> list[Trajectory]:
    """Attempts that flipped first, both sides of each, then failed ones, then the rest."""
    flipped = {
        identity for found in compared.values() for flip in found.flips for identity in (flip.before, flip.after)
    }
    everything = [t for found in episodes.values() for t in found]
    ranked = sorted(everything, key=lambda t: (t.id not in flipped, t.success, t.task.env, t.task.id, t.run, t.sample))
    return ranked[:most]


def _trajectory(t: Trajectory) -> dict[str, Any]:
    seen: dict[int, list[dict[str, str]]] = {}
    for pathology in pathologies(t):
        seen.setdefault(pathology.turn, []).append({"kind": pathology.kind, "detail": pathology.detail})
    steps = iter(t.steps)
    messages = []
    for message in t.messages:
        row: dict[str, Any] = {"role": message["role"], "content": message["content"]}
        if message["role"] == "assistant" and "shot" not in message and (step := next(steps, None)):
            row |= {"turn": step.turn, "error": step.error, "shows": seen.get(step.turn, [])}
        messages.append(row)
    about = {"id": t.id, "run": t.run, "env": t.task.env, "task": t.task.id, "sample": t.sample}
    about |= {"template": t.task.template, "difficulty": t.task.difficulty, "prompt": t.task.prompt}
    outcome = {"success": t.success, "valid": t.valid, "reward": t.reward, "stop": t.stop.sentence, "error": t.error}
    return about | outcome | {"turns": len(t.steps), "tokens": t.usage.completion_tokens, "messages": messages}
