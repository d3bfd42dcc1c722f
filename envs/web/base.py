"""What every world in the browser has in common: the tools, the observation, and the confinement to one origin."""

from typing import Literal

from envs.core import AgentEnv
from envs.errors import ToolError, UsageError
from envs.tool import tool
from envs.web.browser import shared_browser
from envs.web.session import Page, WebSession

__all__ = ["WebBase"]

_WINDOW = 700
"""Pixels that one scroll moves the page itself; the observation moves by its own length."""


class WebBase(AgentEnv):
    """An agent in a browser. A subclass opens a session in `setup` (`self.open_session`) and grades.

    The observation is the whole page as text with numbered elements; a page that is longer than `max_observation` comes
    in parts, and `scroll` shows the next one. A line that was not there before the action is marked with `*`.

    Args:
        observe: "text", one walk over the page, or "aria", the accessibility tree as Playwright writes it.
        options: those of `AgentEnv`.
    """

    max_turns = 25
    max_observation = 2000

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
        self._from = 0

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
        parts = self._parts(set(before.lines) if same and not keep_part else None)
        self._from = min(self._from, len(parts) - 1)
        return "\n".join([*self._head(len(parts)), *parts[self._from]])

    def screenshot(self) -> bytes:
        """What the browser shows, as PNG."""
        return self._session.screenshot()

    def _head(self, parts: int) -> list[str]:
        path = self._page.url.removeprefix(self._session.origin) or "/"
        current, tabs = self._session.tabs()
        lines = [f"{self._page.title} ({path})" + (f", tab {current} of {tabs}" if tabs > 1 else "")]
        if parts > 1:
            lines[0] += f", part {self._from + 1} of {parts}"
        return lines + self._session.take_notes()

    def _parts(self, known: set[str] | None = None) -> list[list[str]]:
        """The page's lines in parts that fit an observation, new ones marked when `known` says what was there."""
        budget, parts, used = self.max_observation - 300, [[]], 0
        for line in self._page.lines:
            shown = line if known is None or line in known else f"* {line}"
            shown = shown if len(shown) <= budget else f"{shown[: budget - 20]} [... cut ...]"
            if used + len(shown) + 1 > budget and parts[-1]:
                parts.append([])
                used = 0
            parts[-1].append(shown)
            used += len(shown) + 1
        return parts
