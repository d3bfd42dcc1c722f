"""One episode's view of the web: what may be done on the pages of one site."""

import re
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from envs.errors import ToolError
from envs.web.browser import Browser
from envs.web.confined import ACTION_SECONDS, ConfinedContext, first_line
from envs.web.scripts import ADOPT, FILL, SELECT, TARGET, observe

__all__ = ["Page", "WebSession"]

_NODES = 20_000
"""Nodes of a page that are looked at."""
_REFERENCE = re.compile(r"\[ref=e(\d+)\](?: \[cursor=\w+\])?")
"""How Playwright's tree numbers an element."""
_NOT_TYPED = ("checkbox", "radio", "submit", "button", "reset", "image", "file")
_EXAMPLES = {
    "date": "2025-03-31",
    "time": "14:30",
    "month": "2025-03",
    "week": "2025-W14",
    "color": "#ff0000",
    "range": "50",
    "number": "12",
}
"""Values as the browser wants them, by type of field."""


@dataclass(frozen=True)
class Page:
    """What a tab shows: the lines that `observe.js` made of it, its address and title."""

    lines: tuple[str, ...]
    url: str
    title: str


class WebSession:
    """A confined context, used from the environment's thread. Elements are numbers of the last look.

    What the model does wrong, and what a page does to it, is a `ToolError` or a note; `WorldError` is the machine's.

    Args:
        browser: the shared browser.
        origin, frozen: see `ConfinedContext`.
        aria: look at the accessibility tree, as Playwright writes it, instead of walking the page.
    """

    def __init__(self, browser: Browser, origin: str, frozen: bool = False, aria: bool = False):
        self.origin, self._aria = origin, aria
        self._browser = browser
        self._context: ConfinedContext | None = self._call(ConfinedContext(browser, origin, frozen).open())

    @property
    def denied(self) -> dict[str, int]:
        """Requests to other places that were refused, by kind."""
        return self._context.denied

    def look(self) -> Page:
        """The current tab as it is now; a page that does not answer is replaced by an empty tab."""
        return self._call(self._look())

    def goto(self, url: str) -> None:
        """Open an address, absolute or from the site's root."""
        target = url.strip()
        if not re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
            target = f"{self.origin}/{target.lstrip('/')}"
        if target != self.origin and not target.startswith(f"{self.origin}/"):
            self._context.deny("page")
            raise ToolError(f"{url[:100]!r} is outside this site, and nothing else can be reached.")
        self._call(self._goto(target))

    def click(self, number: int) -> None:
        """Click an element with the mouse."""
        self._call(self._click(number))

    def hover(self, number: int) -> None:
        """Move the mouse over an element."""
        self._call(self._hover(number))

    def type(self, number: int, text: str) -> None:
        """Replace the text of a field, as if it was typed."""
        self._call(self._type(number, text))

    def select(self, number: int, option: str) -> None:
        """Choose an option of a list by its text."""
        self._call(self._select(number, option))

    def press(self, key: str) -> None:
        """Press a key or a combination, as Playwright names them: Enter, Tab, Control+A."""
        self._step(self._tab.keyboard.press(key))

    def click_at(self, x: int, y: int) -> None:
        """Click at a place, in pixels from the top left of the page's visible part."""
        self._step(self._tab.mouse.click(x, y))

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the mouse at one place and release it at another."""
        mouse = self._tab.mouse
        self._step(mouse.move(*start), mouse.down(), mouse.move(*end, steps=5), mouse.up())

    def scroll(self, pixels: int) -> None:
        """Scroll the page down, or up with a negative number."""
        self._step(self._tab.evaluate("(pixels) => scrollBy({top: pixels, behavior: 'instant'})", pixels))

    def back(self) -> None:
        """Go back in the tab's history."""
        self._call(self._back())

    def new_tab(self, url: str) -> None:
        """Open another tab and go to an address in it."""
        self._call(self._context.new_tab())
        self.goto(url)

    def switch_tab(self, number: int) -> None:
        """Go to a tab by its number, from 1."""
        if not 1 <= number <= len(self._context.tabs):
            raise ToolError(f"There is no tab {number}: there are {len(self._context.tabs)}.")
        self._context.current = number - 1
        self._call(self._tab.bring_to_front())

    def close_tab(self) -> None:
        """Close the current tab; the last one cannot be closed."""
        if len(self._context.tabs) == 1:
            raise ToolError("This is the only tab.")
        self._call(self._context.guarded(self._tab.close()))

    def tabs(self) -> tuple[int, int]:
        """(number of the current tab from 1, how many there are)."""
        return self._context.current + 1, len(self._context.tabs)

    def take_notes(self) -> list[str]:
        """What happened since the last call, each once."""
        taken, self._context.notes[:] = list(dict.fromkeys(self._context.notes)), []
        return taken

    def wait(self) -> None:
        """Wait until the page is calm, as after every action."""
        self._call(self._context.settle())

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run JavaScript in the current tab; for worlds that read their own page."""
        return self._call(self._context.guarded(self._tab.evaluate(script, argument)))

    def screenshot(self) -> bytes:
        """The visible part of the current tab as PNG."""
        return self._call(self._context.guarded(self._tab.screenshot(type="png", animations="disabled")))

    def close(self) -> None:
        """Close the context with everything in it. A second call does nothing."""
        context, self._context = self._context, None
        if context is not None:
            self._call(context.close())

    # --- on the browser's loop ---------------------------------------------------------------------------------------

    @property
    def _tab(self) -> Any:
        return self._context.tab

    def _call(self, work: Coroutine) -> Any:
        return self._browser.call(work)

    def _step(self, *steps: Coroutine) -> None:
        self._call(self._steps(*steps))

    async def _steps(self, *steps: Coroutine) -> None:
        for step in steps:
            await self._context.guarded(step)
        await self._context.settle()

    async def _look(self) -> Page:
        look = self._tree if self._aria else self._walk
        try:
            return await look()
        except ToolError:  # the document was just being replaced, or the tab was
            await self._context.settle()
            return await look()

    async def _walk(self) -> Page:
        seen = await self._context.guarded(self._tab.evaluate(observe(), _NODES))
        return Page(tuple(seen["lines"]), seen["url"], seen["title"])

    async def _tree(self) -> Page:
        tree = await self._context.guarded(self._tab.aria_snapshot(mode="ai"))
        title = await self._context.guarded(self._tab.title())
        lines = (_REFERENCE.sub(r"[\1]", line) for line in tree.split("\n"))
        return Page(tuple(lines), self._tab.url, title)

    async def _goto(self, target: str) -> None:
        from playwright.async_api import Error

        # Where time is ours, it may pass only after everything has been loaded.
        until = "load" if self._context.frozen else "domcontentloaded"
        try:
            await self._tab.goto(target, wait_until=until, timeout=1000 * ACTION_SECONDS)
        except Error as error:
            # The browser's own page about the error comes next, and would be in the way of the next address.
            await self._context.settle()
            raise ToolError(f"The page could not be opened: {first_line(error)}") from None
        await self._context.settle()

    async def _back(self) -> None:
        from playwright.async_api import Error

        try:
            done = await self._tab.go_back(wait_until="domcontentloaded", timeout=1000 * ACTION_SECONDS)
        except Error as error:
            raise ToolError(f"Going back failed: {first_line(error)}") from None
        if done is None:
            raise ToolError("There is no page to go back to.")
        await self._context.settle()

    async def _target(self, number: int) -> dict[str, Any]:
        """Where an element is, after scrolling to it."""
        if self._aria:
            named = self._tab.locator(f"aria-ref=e{number}")
            if await self._context.guarded(named.count()):
                await self._context.guarded(named.evaluate(ADOPT, number))
        found = await self._context.guarded(self._tab.evaluate(TARGET, [number]))
        if found.get("gone"):
            raise ToolError(f"There is no element {number} on the page now. Use a number from the last observation.")
        if found["disabled"]:
            raise ToolError(f"Element {number} is disabled.")
        return found

    async def _click(self, number: int) -> None:
        found = await self._target(number)
        if found["tag"] == "SELECT":
            raise ToolError(f"Element {number} is a list: choose with select.")
        if found["covered"] or found["empty"]:
            what = found["covered"] or "nothing visible"
            raise ToolError(f"Element {number} cannot be clicked: {what} is in the way.")
        await self._steps(self._tab.mouse.click(found["x"], found["y"]))

    async def _hover(self, number: int) -> None:
        found = await self._target(number)
        await self._steps(self._tab.mouse.move(found["x"], found["y"]))

    async def _type(self, number: int, text: str) -> None:
        found = await self._target(number)
        untyped = found["tag"] == "SELECT" or (found["tag"] == "INPUT" and found["type"] in _NOT_TYPED)
        if found["readOnly"] or untyped:
            raise ToolError(f"Nothing can be typed into element {number}.")
        done = await self._context.guarded(self._tab.evaluate(FILL, [number, text]))
        if done == "refused":
            kind = found["type"]
            raise ToolError(f"Element {number} takes a value of another form ({kind}), as in {_EXAMPLES[kind]}.")
        keyboard = self._tab.keyboard
        await self._steps(*([] if done == "set" else [keyboard.press("Delete"), keyboard.insert_text(text)]))

    async def _select(self, number: int, option: str) -> None:
        found = await self._target(number)
        if found["tag"] != "SELECT":
            raise ToolError(f"Element {number} is no list of options.")
        wanted, options = option.strip().casefold(), found["options"]
        fits = [n for n, (text, value, _) in enumerate(options) if wanted in (text.casefold(), value.casefold())]
        if not fits:
            raise ToolError(f"Element {number} has no option {option[:80]!r}.")
        if options[fits[0]][2]:
            raise ToolError(f"The option {option[:80]!r} is disabled.")
        await self._steps(self._tab.evaluate(SELECT, [number, fits[0]]))
