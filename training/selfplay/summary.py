"""What came of an experiment, checkpoint by checkpoint, as JSON values: `summary.json`, the table and the page."""

from collections.abc import Mapping
from typing import Any

from evaluation.metrics import to_json
from training.selfplay.experiment import Experiment
from training.selfplay.stages import change, rise

__all__ = ["START", "Results", "control_of", "summary"]

START = "start"
_PLAYED = ("teacher", "explore", "retry", "dev", "novel")
Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Of each checkpoint, by stage."""


def control_of(champion: str) -> str:
    """The name of the control of a round's checkpoint."""
    return champion.replace("round", "control")


def summary(experiment: Experiment, results: Results, champion: str, stopped: str) -> dict[str, Any]:
    """Sum up what is done so far.

    Args:
        experiment: the experiment, whose store has the episodes of the stages.
        results: what the stages gave.
        champion: the checkpoint in place.
        stopped: why there was no further round; empty while the loop goes on.

    Returns:
        `checkpoints` has a row for each; `gains` what the one in place has over the start and over the control.
    """
    others = [name for name in (START, control_of(champion)) if "dev" in results.get(name, {}) and name != champion]
    return {
        "method": experiment.config.method,
        "stopped": stopped,
        "champion": champion,
        "policy": results[champion]["train"]["policy"],
        "checkpoints": {name: _row(stages, results[START]) for name, stages in results.items()},
        "gains": {name: _gain(experiment, name, champion) for name in others},
    }


def _row(stages: Mapping[str, Mapping[str, Any]], start: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    gate, trained = stages.get("gate"), stages.get("mix") or stages.get("pairs") or {}
    return {
        "explored": _explored(stages["explore"]) if "explore" in stages else None,
        "kept": stages["keep"]["conversations"] if "keep" in stages else None,
        "trained_on": trained.get("conversations", trained.get("pairs")),
        **{suite: _evaluated(stages[suite]) if suite in stages else None for suite in ("dev", "novel")},
        "general": _general(stages["general"], start["general"]) if "general" in stages else None,
        "gate": gate and {key: gate[key] for key in ("promoted", "against", "reasons")},
        "tokens": sum(stage.get("tokens", 0) for name, stage in stages.items() if name in _PLAYED),
        "seconds": round(sum(stage["seconds"] for stage in stages.values()), 1),
    }


def _explored(stage: Mapping[str, Any]) -> dict[str, Any]:
    score, pass_at = stage["score"], stage["score"]["pass_at"]
    k = list(pass_at)[-1]
    return {
        "by": stage["policy"],
        "episodes": score["n"],
        "tasks": score["tasks"],
        "k": int(k),
        "pass_1": pass_at["1"],
        "pass_k": pass_at[k],
        "solved_tasks": stage["solved_tasks"],
        "unique_paths": stage["unique_paths"],
    }


def _evaluated(stage: Mapping[str, Any]) -> dict[str, Any]:
    score = stage["score"]
    return {
        "run": stage["run"],
        "success": score["macro"],
        "by_world": score["by_world"],
        "format_validity": score["format_validity"],
        "pass_at": score["pass_at"],
    }


def _general(stage: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    share, interval = rise(start, stage)
    found = {key: stage[key] for key in ("nll", "nll_interval", "base_nll", "kl", "kl_interval")}
    return found | {"rise": share, "rise_interval": to_json(interval)}


def _gain(experiment: Experiment, before: str, champion: str) -> dict[str, Any]:
    suites = ["dev", *(["novel"] if experiment.config.tasks.novel else [])]
    return {suite: to_json(change(experiment, suite, before, champion)) for suite in suites}
