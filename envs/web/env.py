"""`WebEnv`: sites of our own in a real browser."""

import hashlib

from envs.core import Solution
from envs.tool import tool
from envs.types import Generated, Task, canonical_json
from envs.web import expert
from envs.web.base import WebBase
from envs.web.browser import shared_browser
from envs.web.grade import make_site, problems
from envs.web.sites.base import Site
from envs.web.tasks import ENV_ID, check_data, generated_tasks

__all__ = ["WebEnv"]


class WebEnv(WebBase):
    """One site per task, served for this episode alone.

    Graded on the site's records (anything changed that should not be fails) and on the answer.
    """

    id = ENV_ID
    licence = "Apache-2.0"
    instructions = (
        "You use a web site through a browser. Each observation shows the page; [n] numbers what you can act on, and "
        "... stands for lines that are as before. End with answer if something was asked, else with finish."
    )

    max_turns = 40

    _site: Site | None = None

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(split)

    def setup(self, task: Task) -> str:
        check_data(task)
        self.close()
        self._answer: str | None = None
        self._site = make_site(task.data)
        self._origin = shared_browser().server.add(task.data["site"], self._site.app())
        self.open_session(self._origin)
        return self.goto(task.data["start"])

    def close(self) -> None:
        super().close()
        if self._site:
            shared_browser().server.remove(self._origin)
            self._site.close()
            self._site = None

    @tool(final=True)
    def answer(self, text: str) -> str:
        """Give the answer in a sentence and end."""
        self._answer = text
        return "Answered."

    @tool(final=True)
    def finish(self) -> str:
        """End when everything is done."""
        return "Finished."

    def score(self) -> float:
        return float(not self.problems())

    def problems(self) -> list[str]:
        """Why the episode, as it stands, is not a success: one sentence each."""
        return problems(self.task.data, self._site, self._answer)

    def solve(self) -> Solution:
        return expert.solve(self.task.data["steps"], lambda: self.view)

    def state_key(self) -> str:
        state = [self._site.state.rows(), self._page.url.removeprefix(self._origin), self._page.lines, self._answer]
        return hashlib.sha256(canonical_json(state).encode()).hexdigest()[:16]
