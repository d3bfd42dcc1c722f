"""One episode's view of the web: a browser context confined to one origin, its tabs, and what may be done in them."""

import asyncio
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from envs.errors import ToolError, WorldError
from envs.web.browser import Browser

__all__ = ["Page", "WebSession"]

_ACTION_SECONDS = 5.0
_SETTLE_SECONDS = 2.0
_TICK_MS = 500
_FROZEN_AT = 1_735_689_600
"""2025-01-01, in seconds since 1970."""
_NODES = 20_000
"""Nodes of a page that are looked at."""
_PREPARE = """
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) delete window[name];
addEventListener('beforeunload', () => { window.__leaving = Date.now(); });
window.__later = [requestAnimationFrame.bind(window), setTimeout.bind(window)];
"""
_FIXED = f"""{{
  let state = 1;
  Math.random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  performance.now = () => Date.now() - {_FROZEN_AT}000;
  window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), 16);
  window.cancelAnimationFrame = (number) => clearTimeout(number);
}}"""
"""What a page draws before it is given a seed must not differ, and the frozen clock's frames do not all begin at one
time: they come by its timer instead."""
_CALM = """() => new Promise((done) => {
  const [frame, later] = window.__later || [requestAnimationFrame, setTimeout];
  const tell = () => done(!(Date.now() - window.__leaving < 1000) && document.readyState !== 'loading');
  frame(() => later(tell));
  later(tell, 100);
})"""
"""Whether the page stays: a frame and a task later, so that what an event set going has begun. Off screen no frame
comes. A document that is still there a second after it said that it leaves was told to stay (a download, an empty
answer)."""
_TARGET = """([number]) => {
  const element = (window.__elements || [])[number - 1];
  if (!element || !element.isConnected) return {gone: true};
  element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  const view = element.ownerDocument.defaultView;
  let box = [...element.getClientRects()].find((r) => r.width && r.height) || element.getBoundingClientRect();
  let x = box.left + box.width / 2, y = box.top + box.height / 2;
  const at = (element.getRootNode().elementFromPoint || document.elementFromPoint).call(element.getRootNode(), x, y);
  const label = element.labels && [...element.labels].find((l) => at && l.contains(at));
  const covered = at && at !== element && !element.contains(at) && !at.contains(element) && !label;
  for (let frame = view.frameElement; frame; frame = frame.ownerDocument.defaultView.frameElement) {
    const outer = frame.getBoundingClientRect();
    x += outer.left + frame.clientLeft; y += outer.top + frame.clientTop;
  }
  return {x, y, tag: element.tagName, type: (element.type || '').toLowerCase(), empty: !box.width || !box.height,
    disabled: !!element.disabled || element.getAttribute('aria-disabled') === 'true', readOnly: !!element.readOnly,
    covered: covered ? at.tagName.toLowerCase() + (at.id ? '#' + at.id : '') : '',
    options: element.tagName === 'SELECT' ? [...element.options].map((o) => [o.text.trim(), o.value, o.disabled]) : []};
}"""
_FILL = """([number, text]) => {
  const element = window.__elements[number - 1];
  element.focus();
  if (element.isContentEditable) { element.textContent = ''; return; }
  if (element.select) element.select();
  if (!['date', 'time', 'month', 'week', 'color', 'range', 'number'].includes(element.type)) return false;
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'value').set;
  setter.call(element, text);
  for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, {bubbles: true}));
  return element.value === text ? 'set' : 'refused';
}"""
_SELECT = """([number, index]) => {
  const element = window.__elements[number - 1];
  element.selectedIndex = index;
  for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, {bubbles: true}));
}"""
_TEXT_LIKE = ("TEXTAREA", "INPUT")
_NOT_TYPED = ("checkbox", "radio", "submit", "button", "reset", "image", "file")


@dataclass(frozen=True)
class Page:
    """What a tab shows: the lines that `observe.js` made of it, its address and title."""

    lines: tuple[str, ...]
    url: str
    title: str


@dataclass
class WebSession:
    """A context of the shared browser, confined to `origin`. All methods are called from the environment's thread.

    What the model does wrong, and what a page does to it, is a `ToolError` or a note; `WorldError` is the machine's.

    Args:
        browser: the shared browser.
        origin: where requests may go; everything else is refused and counted in `denied`.
        frozen: the pages' clock stands still, but for `_TICK_MS` that pass with every action, and their dice are
            fixed: what moves by itself then moves the same way each time.
    """

    browser: Browser
    origin: str
    frozen: bool = False
    denied: dict[str, int] = field(default_factory=dict)
    """Requests refused, by kind."""
    notes: list[str] = field(default_factory=list)
    """What happened since they were last taken: dialogs, new tabs, refused requests, downloads."""

    def __post_init__(self):
        self._busy: dict[Any, int] = {}
        self._tabs: list[Any] = []
        self._current = 0
        self._context = self.browser.call(self._open())

    # --- what the environment asks for ------------------------------------------------------------------------------

    def look(self) -> Page:
        """The current tab as it is now; a page that does not answer is replaced by an empty tab and noted."""
        return self.browser.call(self._look())

    def goto(self, url: str) -> None:
        """Open an address, absolute or from the site's root."""
        target = url.strip()
        if not re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
            target = f"{self.origin}/{target.lstrip('/')}"
        if target != self.origin and not target.startswith(f"{self.origin}/"):
            self._deny("page")
            raise ToolError(f"{url[:100]!r} is outside this site, and nothing else can be reached.")
        self.browser.call(self._goto(target))

    def click(self, number: int) -> None:
        """Click an element of the last look with the mouse."""
        self.browser.call(self._click(number))

    def hover(self, number: int) -> None:
        """Move the mouse over an element."""
        self.browser.call(self._hover(number))

    def type(self, number: int, text: str) -> None:
        """Replace the text of a field, as if it was typed."""
        self.browser.call(self._type(number, text))

    def select(self, number: int, option: str) -> None:
        """Choose an option of a list by its text."""
        self.browser.call(self._select(number, option))

    def press(self, key: str) -> None:
        """Press a key or a combination, as Playwright names them: Enter, Tab, Control+A."""
        self.browser.call(self._press(key))

    def scroll(self, pixels: int) -> None:
        """Scroll the page down, or up with a negative number."""
        self.evaluate("(pixels) => scrollBy({top: pixels, behavior: 'instant'})", pixels)
        self.wait()

    def back(self) -> None:
        """Go back in the tab's history."""
        self.browser.call(self._back())

    def new_tab(self, url: str) -> None:
        """Open another tab and go to an address in it."""
        self.browser.call(self._new_tab())
        self.goto(url)

    def switch_tab(self, number: int) -> None:
        """Go to a tab by its number, from 1."""
        if not 1 <= number <= len(self._tabs):
            raise ToolError(f"There is no tab {number}: there are {len(self._tabs)}.")
        self._current = number - 1
        self.browser.call(self._tab.bring_to_front())

    def close_tab(self) -> None:
        """Close the current tab; the last one cannot be closed."""
        if len(self._tabs) == 1:
            raise ToolError("This is the only tab.")
        self.browser.call(self._close_tab())

    def tabs(self) -> list[tuple[str, bool]]:
        """(address, whether it is the current one) of each tab."""
        return [(tab.url, number == self._current) for number, tab in enumerate(self._tabs)]

    def take_notes(self) -> list[str]:
        """What happened since the last call, each once."""
        taken, self.notes[:] = list(dict.fromkeys(self.notes)), []
        return taken

    def click_at(self, x: int, y: int) -> None:
        """Click at a place, in pixels from the top left of the page's visible part."""
        self.browser.call(self._click_at(x, y))

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the mouse at one place and release it at another."""
        self.browser.call(self._drag(start, end))

    def wait(self) -> None:
        """Wait until the page is calm, as after every action."""
        self.browser.call(self._settle())

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run JavaScript in the current tab; for worlds that read their own page."""
        return self.browser.call(self._guarded(self._tab.evaluate(script, argument)))

    def screenshot(self) -> bytes:
        """The visible part of the current tab as PNG."""
        return self.browser.call(self._guarded(self._tab.screenshot(type="png", animations="disabled")))

    def close(self) -> None:
        """Close the context with everything in it."""
        context, self._context = self._context, None
        if context is not None:
            self.browser.call(self._close(context))

    # --- on the loop ------------------------------------------------------------------------------------------------

    @property
    def _tab(self) -> Any:
        if not self._tabs:
            raise WorldError("the browser has died")
        return self._tabs[self._current]

    async def _open(self) -> Any:
        context = await self.browser.new_context()
        await context.add_init_script(_PREPARE)
        if self.frozen:
            await context.clock.install(time=_FROZEN_AT)
            await context.clock.pause_at(_FROZEN_AT + 1)
            await context.add_init_script(_FIXED)
        await context.route(re.compile(f"^(?!{re.escape(self.origin)}(/|$))"), self._refuse)
        await context.route_web_socket(re.compile(".*"), self._refuse_socket)
        context.on("page", self._adopt)
        context.on("request", lambda request: self._count(request, 1))
        context.on("requestfinished", lambda request: self._count(request, -1))
        context.on("requestfailed", lambda request: self._count(request, -1))
        self._context = context
        await context.new_page()
        return context

    async def _close(self, context: Any) -> None:
        from playwright.async_api import Error

        try:
            await context.close()
        except Error:
            if self.browser.chromium.is_connected():  # a browser that is gone has closed it
                raise

    def _adopt(self, tab: Any) -> None:
        """A tab has opened, by us or by the page."""
        self._tabs.append(tab)
        if len(self._tabs) > 1:
            self.notes.append(f"Tab {len(self._tabs)} has opened.")
        tab.on("dialog", self._answer_dialog)
        tab.on(
            "download", lambda download: self.notes.append(f"A download was refused: {download.suggested_filename}.")
        )
        tab.on("close", self._forget)

    def _forget(self, tab: Any) -> None:
        if tab in self._tabs:
            self._tabs.remove(tab)
            self._current = min(self._current, len(self._tabs) - 1)

    async def _answer_dialog(self, dialog: Any) -> None:
        accepted = dialog.type != "prompt"
        if dialog.type != "beforeunload":
            what = {"alert": "said", "confirm": "asked, and was answered OK:", "prompt": "asked, and was cancelled:"}
            self.notes.append(f"The page {what[dialog.type]} {dialog.message[:300]!r}.")
        await (dialog.accept() if accepted else dialog.dismiss())

    async def _refuse(self, route: Any) -> None:
        self._deny(route.request.resource_type)
        await route.abort("blockedbyclient")

    async def _refuse_socket(self, socket: Any) -> None:
        self._deny("websocket")
        await socket.close()

    def _deny(self, kind: str) -> None:
        self.denied[kind] = self.denied.get(kind, 0) + 1

    def _count(self, request: Any, change: int) -> None:
        self._busy[request] = self._busy.get(request, 0) + change
        if self._busy[request] <= 0:
            del self._busy[request]

    async def _guarded(self, work: Any) -> Any:
        """Await a step that a page can hold up; one that does not come to an end is an observation."""
        from playwright.async_api import Error

        try:
            return await asyncio.wait_for(work, _ACTION_SECONDS)
        except TimeoutError:
            await self._replace_tab()
            raise ToolError("The page stopped answering; the tab was closed and an empty one opened.") from None
        except Error as error:
            if not self.browser.chromium.is_connected():
                raise WorldError("the browser has died") from None
            if self._tab.is_closed() or "crashed" in error.message:
                await self._replace_tab()
                raise ToolError("The page crashed; an empty tab was opened.") from None
            raise ToolError(f"That did not work: {error.message.splitlines()[0][:200]}") from None

    async def _replace_tab(self) -> None:
        old, number = self._tab, self._current
        await self._context.new_page()
        self._tabs.insert(number, self._tabs.pop())
        self.notes.clear()
        if old in self._tabs:
            self._tabs.remove(old)
        self._current = min(number, len(self._tabs) - 1)
        # A hung page is closed by the browser; it need not be waited for.
        self._closing = asyncio.create_task(old.close(run_before_unload=False))

    async def _look(self) -> Page:
        try:
            seen = await self._guarded(self._tab.evaluate(_observe(), _NODES))
        except ToolError:  # the document was just being replaced, or the tab was
            await self._settle()
            seen = await self._guarded(self._tab.evaluate(_observe(), _NODES))
        return Page(tuple(seen["lines"]), seen["url"], seen["title"])

    async def _goto(self, target: str) -> None:
        from playwright.async_api import Error

        try:
            # Where time is ours, it may pass only after everything has been loaded.
            until = "load" if self.frozen else "domcontentloaded"
            await self._tab.goto(target, wait_until=until, timeout=1000 * _ACTION_SECONDS)
        except Error as error:
            raise ToolError(f"The page could not be opened: {error.message.splitlines()[0][:200]}") from None
        await self._settle()

    async def _target(self, number: int) -> dict[str, Any]:
        """Where an element is, after scrolling to it."""
        found = await self._guarded(self._tab.evaluate(_TARGET, [number]))
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
            raise ToolError(
                f"Element {number} cannot be clicked: {found['covered'] or 'nothing visible'} is in the way."
            )
        await self._guarded(self._tab.mouse.click(found["x"], found["y"]))
        await self._settle()

    async def _click_at(self, x: int, y: int) -> None:
        await self._guarded(self._tab.mouse.click(x, y))
        await self._settle()

    async def _drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        mouse = self._tab.mouse
        for step in (mouse.move(*start), mouse.down(), mouse.move(*end, steps=5), mouse.up()):
            await self._guarded(step)
        await self._settle()

    async def _hover(self, number: int) -> None:
        found = await self._target(number)
        await self._guarded(self._tab.mouse.move(found["x"], found["y"]))
        await self._settle()

    async def _type(self, number: int, text: str) -> None:
        found = await self._target(number)
        typed = found["tag"] in _TEXT_LIKE and found["type"] not in _NOT_TYPED
        if found["readOnly"] or (found["tag"] == "INPUT" and not typed) or found["tag"] == "SELECT":
            raise ToolError(f"Nothing can be typed into element {number}.")
        done = await self._guarded(self._tab.evaluate(_FILL, [number, text]))
        if done == "refused":
            raise ToolError(
                f"Element {number} takes another form of value ({found['type']}), as in {_EXAMPLES[found['type']]}."
            )
        if done != "set":
            await self._guarded(self._tab.keyboard.press("Delete"))
            await self._guarded(self._tab.keyboard.insert_text(text))
        await self._settle()

    async def _select(self, number: int, option: str) -> None:
        found = await self._target(number)
        if found["tag"] != "SELECT":
            raise ToolError(f"Element {number} is no list of options.")
        wanted = option.strip().casefold()
        fits = [
            n for n, (text, value, _) in enumerate(found["options"]) if wanted in (text.casefold(), value.casefold())
        ]
        if not fits:
            raise ToolError(f"Element {number} has no option {option[:80]!r}.")
        if found["options"][fits[0]][2]:
            raise ToolError(f"The option {option[:80]!r} is disabled.")
        await self._guarded(self._tab.evaluate(_SELECT, [number, fits[0]]))
        await self._settle()

    async def _press(self, key: str) -> None:
        await self._guarded(self._tab.keyboard.press(key))
        await self._settle()

    async def _back(self) -> None:
        from playwright.async_api import Error

        try:
            done = await self._tab.go_back(wait_until="domcontentloaded", timeout=1000 * _ACTION_SECONDS)
        except Error as error:
            raise ToolError(f"Going back failed: {error.message.splitlines()[0][:200]}") from None
        if done is None:
            raise ToolError("There is no page to go back to.")
        await self._settle()

    async def _new_tab(self) -> None:
        if len(self._tabs) >= 8:
            raise ToolError("There are eight tabs already: close one.")
        await self._context.new_page()
        self.notes.clear()
        self._current = len(self._tabs) - 1

    async def _close_tab(self) -> None:
        await self._guarded(self._tab.close())

    async def _settle(self) -> None:
        """Wait until the page is neither leaving nor loading nor asking for anything, or for a short while at most."""
        from playwright.async_api import Error

        if self.frozen:
            await self._guarded(self._context.clock.run_for(_TICK_MS))
        clock = asyncio.get_running_loop().time
        end = clock() + _SETTLE_SECONDS
        while clock() < end:
            try:
                calm = await asyncio.wait_for(self._tab.evaluate(_CALM), 1.0)
            except (Error, TimeoutError):
                calm = False  # the document is being replaced, or is busy: look again
            if calm and not self._busy:
                return
            await asyncio.sleep(0.005)


_EXAMPLES = {
    "date": "2025-03-31",
    "time": "14:30",
    "month": "2025-03",
    "week": "2025-W14",
    "color": "#ff0000",
    "range": "50",
    "number": "12",
}


@cache
def _observe() -> str:
    return (files("envs.web") / "observe.js").read_text(encoding="utf-8")
