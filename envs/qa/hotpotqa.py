"""Questions in HotpotQA's format, graded by its F1 (Yang et al. 2018, arXiv 1809.09600).

    python -m rollout.collect --tasks hotpotqa:hotpot_dev_distractor_v1.json --policy gpt-4

A record has `_id`, `question`, `answer`, `type`, `level`, `supporting_facts` ([title, sentence] pairs) and `context`
([title, sentences] pairs). Records come as one JSON list or one a line, compressed by gzip or not. The agent searches
the ten or so paragraphs of its own record.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from envs.errors import UsageError
from envs.qa.grade import token_f1
from envs.qa.library import Library
from envs.qa.reading import ReadingEnv
from envs.types import Task, ToolCall

__all__ = ["HotpotqaEnv", "load"]

DIFFICULTIES = {"easy": 2, "medium": 3, "hard": 4}


class HotpotqaEnv(ReadingEnv):
    """A question with its own paragraphs. The reward is HotpotQA's F1 of the answer's tokens.

    It has no tasks of its own: `load` reads them from a file.
    """

    id = "AgentTuning/Hotpotqa-v0"
    licence = "CC BY-SA 4.0 (HotpotQA)"
    instructions = (
        "Answer the question from a few documents: search, open and read what you need. "
        "End with answer: only the answer itself, as short as it can be, or yes or no."
    )

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return []

    def library(self, task: Task) -> Library:
        if missing := {"documents", "answer", "evidence"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self.close()
        return Library(task.data["documents"])

    def close(self) -> None:
        if library := getattr(self, "_library", None):
            library.close()

    def score(self) -> float:
        return 0.0 if self._answer is None else token_f1(self._answer, self.task.data["answer"])


def load(path: str | Path) -> list[Task]:
    """Read a file of HotpotQA records. The reference of a task opens the supporting paragraphs and answers.

    Returns:
        One task per record, in the split "test": a benchmark is not for training.

    Raises:
        UsageError: the file is not JSON, or it has records without an answer or paragraphs; names each of them.
    """
    tasks, problems = [], []
    for number, record in enumerate(_records(Path(path)), 1):
        try:
            tasks.append(_task(record))
        except (ValueError, KeyError, TypeError) as error:
            reason = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
            problems.append(f"record {number}: {reason}")
    if problems:
        raise UsageError(f"{path}: {len(problems)} of the records cannot be used.\n" + "\n".join(problems))
    return tasks


def _records(path: Path) -> list[Any]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        text = file.read()
    try:
        if text.lstrip().startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is neither one JSON list nor one JSON object a line: {error}") from None


def _task(record: Any) -> Task:
    """One record as a task.

    Raises:
        UsageError, ValueError, KeyError, TypeError: it is not a record with an answer and its paragraphs.
    """
    if not isinstance(record, dict):
        raise UsageError("it is not a JSON object")
    if not isinstance(record.get("answer"), str) or token_f1(record["answer"], record["answer"]) < 1:
        raise UsageError(
            f"its answer must have words or digits, not {record.get('answer')!r:.80} (test files have none)"
        )
    documents: dict[str, str] = {}
    for title, sentences in record["context"]:
        text = " ".join(sentence.strip() for sentence in sentences)
        documents[title] = f"{documents[title]} {text}" if title in documents else text
    evidence = list(dict.fromkeys(title for title, _ in record["supporting_facts"]))
    if missing := [title for title in evidence if title not in documents]:
        raise UsageError(f"its supporting facts name {missing[0]!r:.80}, which is not in its context")
    level = record.get("level", "hard")
    if level not in DIFFICULTIES:
        raise UsageError(f"its level must be one of {', '.join(DIFFICULTIES)}, not {level!r:.80}")
    reading = (ToolCall("open", {"document": title}) for title in evidence)
    return Task(
        env=HotpotqaEnv.id,
        prompt=record["question"],
        data={"documents": documents, "answer": record["answer"], "evidence": evidence},
        split="test",
        difficulty=DIFFICULTIES[level],
        template=record.get("type", "question"),
        reference=(*reading, ToolCall("answer", {"text": record["answer"]})),
        id=record["_id"],
    )
