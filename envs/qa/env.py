"""`QaEnv`: questions that are answered by searching and reading a library."""

from envs.errors import UsageError
from envs.qa.expert import solve
from envs.qa.grade import answer_f1
from envs.qa.library import Library
from envs.qa.reading import ReadingEnv
from envs.qa.tasks import generated_tasks
from envs.qa.world import get_world
from envs.types import Generated, Task

__all__ = ["QaEnv"]


class QaEnv(ReadingEnv):
    """A library of articles on real and invented things. The reward is the F1 of the set of answers.

    Needs the extra `qa`: the real things come from packages with open data, in pinned versions.
    """

    id = "AgentTuning/Qa-v0"
    licence = "Apache-2.0, with facts from the packages of the extra `qa` (MIT, BSD, CC BY 4.0, Unicode-3.0)"
    instructions = (
        "Answer the question from a library of documents, not from memory: find and read what you need. "
        "End with answer: only the answer itself, several parts separated by semicolons, "
        "or unanswerable if the documents do not tell."
    )

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(cls.id, split, graph=False)

    def library(self, task: Task) -> Library:
        if missing := {"world", "plan", "gold", "evidence"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        return get_world(task.data["world"]).library

    def score(self) -> float:
        return 0.0 if self._answer is None else answer_f1(self._answer, self.task.data["gold"])

    def solve(self):
        return solve(self.task)
