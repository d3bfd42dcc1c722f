"""GSM8K, MMLU, HumanEval and the probes as tasks of lm-eval-harness, and our policies as its models.

The prompts, shots, stop strings and scoring rules are the harness' own (its tasks `gsm8k`, `mmlu` and `humaneval`),
but for two things: the rows may come from local files, and HumanEval's programs run in our sandbox.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from envs.errors import UsageError
from evaluation.json_lines import read_json_lines
from evaluation.likelihood import weights_of
from evaluation.probes import follows, probes

if TYPE_CHECKING:
    from lm_eval.api.model import LM

__all__ = ["BENCHMARKS", "harness_model", "harness_task"]

Rows = list[dict[str, Any]]
BENCHMARKS = ("gsm8k", "mmlu", "humaneval", "probes")
_FILES = {
    "gsm8k": ("gsm8k_test", "gsm8k_train"),
    "mmlu": ("mmlu_test", "mmlu_dev"),
    "humaneval": ("humaneval",),
}
"""The rows to score and the rows that shots are taken from, as JSON lines, plain or .gz."""
_HUB = {
    "gsm8k": (("openai/gsm8k", "main", "test"), ("openai/gsm8k", "main", "train")),
    "mmlu": (("cais/mmlu", "all", "test"), ("cais/mmlu", "all", "dev")),
    "humaneval": (("openai/openai_humaneval", None, "test"),),
}
_PROGRAM_SECONDS = 10.0
_LETTERS = "ABCD"
_SHOTS = 5
_ACCURACY = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]


def harness_task(benchmark: str, n: int, data: Path | None) -> dict[str, Any]:
    """A benchmark as a task of the harness, with its first `n` rows; MMLU's are spread over its subjects.

    Args:
        benchmark: one of `BENCHMARKS`.
        n: rows to score; fewer where the benchmark has fewer.
        data: a folder with the files; without one the rows are fetched from the hub.

    Raises:
        UsageError: a file is not there.
    """
    if benchmark == "probes":
        return _task("probes", probes(n), _score_probe, until=[])
    rows, *shots = (_from_file(data, name) for name in _FILES[benchmark]) if data else _from_hub(benchmark)
    if benchmark == "humaneval":
        stops = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]
        return _task("humaneval", rows[:n], _run_program, until=stops)
    if benchmark == "gsm8k":
        return _published("gsm8k/gsm8k.yaml") | _source("gsm8k", rows[:n], shots[0])
    return _mmlu(rows, shots[0], n)


def harness_model(policy: str, batch: int) -> "LM":
    """A policy's weights, or the server that it names, as a model of the harness.

    Args:
        policy: smollm2, smollm2+ADAPTER_DIR, local:PATH, or [vllm:]MODEL@URL of a server with /completions.
        batch: requests that go through a model together.

    Raises:
        UsageError: no such model.
    """
    name, at, url = policy.removeprefix("vllm:").partition("@")
    if at:
        from lm_eval.models.openai_completions import LocalCompletionsAPI

        return LocalCompletionsAPI(model=name, base_url=f"{url.rstrip('/')}/completions", num_concurrent=batch)
    from lm_eval.models.huggingface import HFLM

    from rollout.local_policy import load_model

    model, tokenizer = load_model(*weights_of(policy))
    return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch, max_length=2048)


def _mmlu(rows: Rows, shots: Rows, n: int) -> dict[str, Any]:
    """One task of all subjects, `n` rows spread over them, each after five shots of its own subject."""
    subjects = sorted({row["subject"] for row in rows})
    whole, rest = divmod(n, len(subjects))
    chosen = []
    for number, subject in enumerate(subjects):
        mine, theirs = ([row for row in part if row["subject"] == subject] for part in (rows, shots))
        about = f"The following are multiple choice questions (with answers) about {subject.replace('_', ' ')}."
        before = [about, *(f"{_question(row)} {_LETTERS[row['answer']]}" for row in theirs[:_SHOTS])]
        for row in mine[: whole + (number < rest)]:
            chosen.append({"prompt": "\n\n".join([*before, _question(row)]), "answer": row["answer"]})
    return _source("mmlu", chosen, []) | {
        "output_type": "multiple_choice",
        "test_split": "test",
        "doc_to_text": "{{prompt}}",
        "doc_to_choice": list(_LETTERS),
        "doc_to_target": "answer",
        "metric_list": _ACCURACY,
    }


def _question(row: dict[str, Any]) -> str:
    choices = "\n".join(f"{letter}. {choice}" for letter, choice in zip(_LETTERS, row["choices"], strict=True))
    return f"{row['question'].strip()}\n{choices}\nAnswer:"


def _task(name: str, rows: Rows, process_results: Callable, until: Sequence[str]) -> dict[str, Any]:
    return _source(name, rows, []) | {
        "output_type": "generate_until",
        "test_split": "test",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "",
        "process_results": process_results,
        "generation_kwargs": {"until": list(until), "max_gen_toks": 256, "do_sample": False},
        "metric_list": _ACCURACY,
    }


def _published(path: str) -> dict[str, Any]:
    """A task of the harness as it is published, but for where its rows come from."""
    from importlib.resources import files

    import yaml

    config = yaml.safe_load((files("lm_eval") / "tasks" / path).read_text(encoding="utf-8"))
    return {key: value for key, value in config.items() if key not in ("tag", "dataset_name", "dataset_path")}


def _source(name: str, rows: Rows, shots: Rows) -> dict[str, Any]:
    def splits(**_: Any) -> dict[str, Any]:
        from datasets import Dataset

        return {split: Dataset.from_list(part) for split, part in (("test", rows), ("train", shots))}

    return {"task": name, "custom_dataset": splits}


def _from_file(folder: Path, name: str) -> Rows:
    for path in (folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz"):
        if path.is_file():
            return [_normal(row) for _, row in read_json_lines(path)]
    raise UsageError(f"{folder} has no {name}.jsonl or {name}.jsonl.gz")


def _from_hub(benchmark: str) -> list[Rows]:
    from datasets import load_dataset

    return [[_normal(row) for row in load_dataset(path, name, split=split)] for path, name, split in _HUB[benchmark]]


def _normal(row: dict[str, Any]) -> dict[str, Any]:
    """MMLU's answer as a number from 0, which some copies give as a letter."""
    letter = "choices" in row and row["answer"] in tuple(_LETTERS)
    return row | {"answer": _LETTERS.index(row["answer"])} if letter else row


def _score_probe(doc: dict[str, Any], results: Sequence[str]) -> dict[str, float]:
    return {"acc": float(follows(doc, results[0]))}


def _run_program(doc: dict[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Whether the completed program passes its tests, in a box that is thrown away."""
    from envs.sandbox import open_sandbox

    word = token_hex(8)  # what the program says after the tests: to end early is not to pass
    program = f"{doc['prompt']}{results[0]}\n{doc['test']}\ncheck({doc['entry_point']})\nprint('{word}')\n"
    with open_sandbox(ready=1) as box:
        said = box.execute(["python3", "-I", "-"], program.encode(), _PROGRAM_SECONDS)
    return {"acc": float(said.output.endswith(f"{word}\n"))}
