"""`ReadingEnv`: search a library, open documents, read, and answer. The worlds that do so share it."""

from abc import abstractmethod

from envs.core import AgentEnv
from envs.errors import ToolError
from envs.qa.library import Library, pages, passages
from envs.tool import tool
from envs.types import Task

__all__ = ["ReadingEnv"]

MAX_PASSAGES = 5
MAX_NAME = 80
"""Characters of what was asked for that an error repeats."""


class ReadingEnv(AgentEnv):
    """Search, open, read on, find, answer. `evidence` holds the titles that were opened, in order."""

    max_turns = 20
    max_observation = 1200

    @abstractmethod
    def library(self, task: Task) -> Library:
        """Where the answer to a task is to be found."""

    def setup(self, task: Task) -> None:
        self._library = self.library(task)
        self.evidence: list[str] = []
        self._document = ""
        self._pages: list[str] = []
        self._page = 0
        self._answer: str | None = None

    @tool
    def search(self, query: str) -> str:
        """Find documents by words."""
        found = self._library.search(query)
        return "\n".join(f"- {title}: {passage}" for title, passage in found) or "No document has any of these words."

    @tool
    def open(self, document: str) -> str:
        """Read a document by its title."""
        title = self._library.titles.find(document)
        if title is None:
            near = "; ".join(title for title, _ in self._library.search(document, 3))
            raise ToolError(f"There is no document {document[:MAX_NAME]!r}. Similar: {near or 'none'}.")
        if title not in self.evidence:
            self.evidence.append(title)
        self._document, self._pages, self._page = title, pages(self._library.documents[title]), 0
        return f"{title}\n{self._show()}"

    @tool
    def more(self) -> str:
        """Next page of the open document."""
        self._check_open()
        if self._page + 1 == len(self._pages):
            raise ToolError("This was the last page.")
        self._page += 1
        return self._show()

    @tool
    def find(self, text: str) -> str:
        """Sentences of the open document with this text."""
        self._check_open()
        if not text.strip():
            raise ToolError("Name a text to find.")
        found = [passage for page in self._pages for passage in passages(page, text.strip())]
        if not found:
            return f"{text.strip()[:MAX_NAME]!r} is not in {self._document!r}."
        more = f"\n({len(found) - MAX_PASSAGES} more)" if len(found) > MAX_PASSAGES else ""
        return "\n".join(found[:MAX_PASSAGES]) + more

    @tool(final=True)
    def answer(self, text: str) -> str:
        """End with the answer."""
        self._answer = text
        return "Answered."

    def progress(self) -> float | None:
        """The share of the documents needed that were opened."""
        needed = set(self.task.data["evidence"])
        return len(needed & set(self.evidence)) / len(needed) if needed else None

    def _check_open(self) -> None:
        if not self._document:
            raise ToolError("No document is open. Open one by its title first.")

    def _show(self) -> str:
        page = self._pages[self._page]
        return page if len(self._pages) == 1 else f"{page}\n(page {self._page + 1} of {len(self._pages)})"
