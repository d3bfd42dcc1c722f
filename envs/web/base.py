"""What every world in the browser has in common: the tools, the observation, and the confinement to one origin."""

from difflib import SequenceMatcher
from typing import Literal

from envs.core import AgentEnv
from envs.errors import ToolError, UsageError
from envs.tool import tool
from envs.web.browser import shared_browser
from envs.web.session import Page, WebSession

__all__ = ["WebBase"]

_WINDOW = 700
"""Pixels that one scroll moves the page itself; the observation moves by its own length."""

_MANY = 3
"""Lines that are worth leaving out when they have been shown."""


class WebBase(AgentEnv):
    """An agent in a browser. A subclass opens a session in `setup` (`self.open_session`) and grades.

    The observation is the whole page as text with numbered elements; a page that is longer than `max_observation` comes
    in parts, and `scroll` shows the next one. Three or more lines that stood in this order in the observation before
    are one line `...`: the history has them, and a context is short.

    Attributes:
        view: what is in sight, with every line.

    Args:
        observe: "text", one walk over the page, or "aria", the accessibility tree as Playwright writes it.
        options: those of `AgentEnv`.
    """

    max_turns = 25
    max_observation = 2000

    view = ""
    _session: WebSession | None = None

    def __init__(self, *, observe: str = "text", **options):
        if observe not in ("text", "aria"):
            raise UsageError(f"a page is observed as text or aria, not {observe!r}")
        super().__init__(**options)
        self._aria = observe == "aria"

    def open_session(self, origin: str, frozen: bool = False) -> None:
        """Open a fresh context, confined to `origin`, in place of the one before; see `WebSession`."""
        self.close_session()
        self._session = WebSession(shared_browser(), origin, frozen, self._aria)
        self._page = Page((), "", "")
        self._from, self._sight = 0, []

    def close_session(self) -> None:
        """Close the context, if one is open."""
        if self._session:
            self._session.close()
            self._session = None

    def close(self) -> None:
        self.close_session()

    @tool
    def click(self, element: int) -> str:
        """Click the element with this number."""
        self._session.click(element)
        return self.show()

    @tool
    def type(self, element: int, text: str, enter: bool = False) -> str:
        """Replace the text of a field, then press Enter if asked."""
        self._session.type(element, text)
        if enter:
            self._session.press("Enter")
        return self.show()

    @tool
    def select(self, element: int, option: str) -> str:
        """Choose an option of a list."""
        self._session.select(element, option)
        return self.show()

    @tool
    def press(self, key: str) -> str:
        """Press a key: Enter, Escape, ArrowDown, Control+A."""
        self._session.press(key)
        return self.show()

    @tool
    def hover(self, element: int) -> str:
        """Move the mouse over an element."""
        self._session.hover(element)
        return self.show()

    @tool
    def scroll(self, direction: Literal["down", "up"]) -> str:
        """Show the next or the previous part of the page."""
        parts = self._parts()
        if direction == "down" and self._from == len(parts) - 1:
            raise ToolError("This is the end of the page.")
        if direction == "up" and self._from == 0:
            raise ToolError("This is the top of the page.")
        self._from += 1 if direction == "down" else -1
        self._session.scroll(_WINDOW if direction == "down" else -_WINDOW)
        return self.show(keep_part=True)

    @tool
    def goto(self, url: str) -> str:
        """Open an address of this site."""
        self._session.goto(url)
        return self.show()

    @tool
    def back(self) -> str:
        """Go back to the page before."""
        self._session.back()
        return self.show()

    @tool
    def tab_new(self, url: str) -> str:
        """Open an address in a new tab."""
        self._session.new_tab(url)
        return self.show()

    @tool
    def tab_switch(self, tab: int) -> str:
        """Go to another tab."""
        self._session.switch_tab(tab)
        return self.show()

    @tool
    def tab_close(self) -> str:
        """Close this tab."""
        self._session.close_tab()
        return self.show()

    def show(self, keep_part: bool = False) -> str:
        """The observation of the page as it is now; `keep_part` stays in the part that was scrolled to."""
        before, self._page = self._page, self._session.look()
        same = (before.url, before.title) == (self._page.url, self._page.title)
        if not (keep_part or same):
            self._from = 0
        parts = self._parts()
        self._from = min(self._from, len(parts) - 1)
        before, self._sight = self._sight, parts[self._from]
        head = self._head(len(parts))
        self.view = "\n".join([*head, *self._sight])
        return "\n".join([*head, *_without_known(before, self._sight)])

    def screenshot(self) -> bytes | None:
        """What the browser shows, as PNG; None when the page does not answer."""
        try:
            return self._session.screenshot()
        except ToolError:
            return None

    def _head(self, parts: int) -> list[str]:
        path = self._page.url.removeprefix(self._session.origin) or "/"
        current, tabs = self._session.tabs()
        lines = [f"{self._page.title} ({path})" + (f", tab {current} of {tabs}" if tabs > 1 else "")]
        if parts > 1:
            lines[0] += f", part {self._from + 1} of {parts}"
        return lines + self._session.take_notes()

    def _parts(self) -> list[list[str]]:
        """The page's lines in parts that fit an observation."""
        budget, parts, used = self.max_observation - 300, [[]], 0
        for line in self._page.lines:
            shown = line if len(line) <= budget else f"{line[: budget - 20]} [... cut ...]"
            if used + len(shown) + 1 > budget and parts[-1]:
                parts.append([])
                used = 0
            parts[-1].append(shown)
            used += len(shown) + 1
        return parts


def _without_known(before: list[str], lines: list[str]) -> list[str]:
    """The lines, with one `...` in place of those that follow each other in `before` as well, if they are many."""
    shown, start = [], 0
    for _, first, size in SequenceMatcher(None, before, lines, autojunk=False).get_matching_blocks():
        if size >= _MANY:
            shown += [*lines[start:first], "..."]
            start = first + size
    return shown + lines[start:]
