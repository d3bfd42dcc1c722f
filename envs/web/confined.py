"""A browser context that reaches one origin and nothing else: its tabs, its dialogs, and when it is calm."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from envs.errors import ToolError, WorldError
from envs.web.browser import Browser
from envs.web.scripts import CALM, FIXED, FROZEN_AT, PREPARE

__all__ = ["ACTION_SECONDS", "ConfinedContext"]

ACTION_SECONDS = 10.0
"""How long one step of an action may take before the page counts as hung."""
_SETTLE_SECONDS = 2.0
_TICK_MS = 500
_MOST_TABS = 8


@dataclass
class ConfinedContext:
    """Used on the browser's event loop only.

    Args:
        browser: the shared browser.
        origin: where requests may go; everything else is refused and counted.
        frozen: the pages' clock stands still, but for half a second that passes with every action, and their dice are
            fixed: what moves by itself then moves the same way each time.
    """

    browser: Browser
    origin: str
    frozen: bool = False
    denied: dict[str, int] = field(default_factory=dict)
    """Requests refused, by kind."""
    notes: list[str] = field(default_factory=list)
    """What happened since they were last taken: dialogs, new tabs, downloads."""
    tabs: list[Any] = field(default_factory=list)
    current: int = 0

    @property
    def tab(self) -> Any:
        """The tab that is looked at.

        Raises:
            WorldError: there is none: the browser has died.
        """
        if not self.tabs:
            raise WorldError("the browser has died")
        return self.tabs[self.current]

    async def open(self) -> "ConfinedContext":
        """Make the context and its first tab."""
        self._under_way: set[Any] = set()
        self._coming = 0  # tabs that a page has opened and that are not here yet
        context, tab = await self.browser.new_context()
        self._context = context
        await context.add_init_script(PREPARE)
        if self.frozen:
            await context.clock.install(time=FROZEN_AT)
            # It runs until it is paused, and cannot go back: a busy machine may take seconds for that.
            await context.clock.pause_at(FROZEN_AT + 60)
            await context.add_init_script(FIXED)
        await context.route(re.compile(f"^(?!{re.escape(self.origin)}(/|$))"), self._refuse)
        await context.route_web_socket(re.compile(".*"), self._refuse_socket)
        context.on("page", self._adopt)
        context.on("request", lambda request: self._under_way.add(request))
        context.on("requestfinished", lambda request: self._under_way.discard(request))
        context.on("requestfailed", lambda request: self._under_way.discard(request))
        self._adopt(tab)
        return self

    async def close(self) -> None:
        """Close the context with everything in it."""
        from playwright.async_api import Error

        try:
            await self._context.close()
        except Error:
            if self.browser.chromium.is_connected():  # a browser that is gone has closed it
                raise

    async def new_tab(self) -> None:
        """Open an empty tab and go to it.

        Raises:
            ToolError: there are many already.
        """
        if len(self.tabs) >= _MOST_TABS:
            raise ToolError(f"There are {len(self.tabs)} tabs already: close one.")
        await self._empty_tab()
        self.current = len(self.tabs) - 1

    async def guarded(self, step: Awaitable[Any]) -> Any:
        """Await one step that a page can hold up.

        Raises:
            ToolError: it failed, or did not come to an end; then the tab is replaced by an empty one.
            WorldError: the browser has died.
        """
        from playwright.async_api import Error

        try:
            return await asyncio.wait_for(step, ACTION_SECONDS)
        except TimeoutError:
            await self._replace_tab()
            raise ToolError("The page stopped answering; the tab was closed and an empty one opened.") from None
        except Error as error:
            if not self.browser.chromium.is_connected():
                raise WorldError("the browser has died") from None
            if self.tab.is_closed() or "crashed" in error.message:
                await self._replace_tab()
                raise ToolError("The page crashed; an empty tab was opened.") from None
            raise ToolError(f"That did not work: {first_line(error)}") from None

    async def settle(self) -> None:
        """Wait until the page is neither leaving nor loading nor asking for anything, or for a short while at most."""
        from playwright.async_api import Error

        if self.frozen:
            await self.guarded(self._context.clock.run_for(_TICK_MS))
        clock = asyncio.get_running_loop().time
        end = clock() + _SETTLE_SECONDS
        while clock() < end:
            try:
                calm, opened = await asyncio.wait_for(self.tab.evaluate(CALM), 1.0)
            except (Error, TimeoutError):
                calm, opened = False, 0  # the document is being replaced, or is busy: look again
            self._coming += opened
            if calm and not self._under_way and self._coming <= 0:
                break
            await asyncio.sleep(0.005)
        self._coming = 0

    async def _empty_tab(self) -> None:
        """Open a tab of our own, which is no news."""
        await self._context.new_page()
        self.notes.clear()
        self._coming = 0

    async def _replace_tab(self) -> None:
        old, number = self.tab, self.current
        await self._empty_tab()
        self.tabs.insert(number, self.tabs.pop())
        if old in self.tabs:
            self.tabs.remove(old)
        self.current = min(number, len(self.tabs) - 1)
        # A hung page is closed by the browser; it need not be waited for.
        self._closing = asyncio.create_task(old.close(run_before_unload=False))

    def _adopt(self, tab: Any) -> None:
        """A tab has opened, by us or by the page."""
        self.tabs.append(tab)
        self._coming -= 1
        if len(self.tabs) > 1:
            self.notes.append(f"Tab {len(self.tabs)} has opened.")
        tab.on("dialog", self._answer)
        tab.on("download", lambda file: self.notes.append(f"A download was refused: {file.suggested_filename}."))
        tab.on("close", self._forget)

    def _forget(self, tab: Any) -> None:
        if tab in self.tabs:
            self.tabs.remove(tab)
            self.current = max(0, min(self.current, len(self.tabs) - 1))

    async def _answer(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            what = {"alert": "said", "confirm": "asked, and was answered OK:", "prompt": "asked, and was cancelled:"}
            self.notes.append(f"The page {what[dialog.type]} {dialog.message[:300]!r}.")
        await (dialog.dismiss() if dialog.type == "prompt" else dialog.accept())

    def deny(self, kind: str) -> None:
        """Count a request that was refused."""
        self.denied[kind] = self.denied.get(kind, 0) + 1

    async def _refuse(self, route: Any) -> None:
        self.deny(route.request.resource_type)
        await route.abort("blockedbyclient")

    async def _refuse_socket(self, socket: Any) -> None:
        self.deny("websocket")
        await socket.close()


def first_line(error: Exception) -> str:
    """What an error of Playwright says, without its log."""
    return str(error).splitlines()[0][:200]
