"""One Chromium and one site server for the whole process, on an event loop in a background thread.

Environments live on threads of their own and hand their work to the loop with `call`. The browser starts with the first
episode, is started again when it has crashed, and ends with the process.
"""

import asyncio
import atexit
import os
import shutil
import threading
from collections.abc import Coroutine
from typing import Any

from envs.errors import UsageError, WorldError
from envs.web.server import SiteServer

__all__ = ["CONTEXT", "Browser", "running_browser", "shared_browser"]

_SECONDS = 60.0
"""How long anything may take before the machine is taken to be broken. What the model does has shorter limits."""
_PATHS = ("chromium-headless-shell", "chromium", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Nothing is looked up or reached but the site server: not by HTTP, not by a socket, not by WebRTC.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE *.localhost , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-server=127.0.0.1:9",
)

CONTEXT = {
    "viewport": {"width": 1024, "height": 768},
    "service_workers": "block",
    "accept_downloads": False,
    "locale": "en-US",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",
}
"""How every context is made."""

_lock = threading.Lock()
_browsers: dict[int, "Browser"] = {}


def shared_browser() -> "Browser":
    """The browser of this process, started when it is first asked for.

    Raises:
        UsageError: there is no browser to start; says how to install one.
    """
    with _lock:
        # Keyed by process: a fork has the threads of none of its parent's browsers.
        if os.getpid() not in _browsers:
            _browsers[os.getpid()] = Browser()
        return _browsers[os.getpid()]


def running_browser() -> "Browser | None":
    """The browser of this process, if one was asked for."""
    return _browsers.get(os.getpid())


class Browser:
    """The background loop with its browser and its server.

    `server` is there for the life of the process; `chromium` may be another one from episode to episode.
    """

    def __init__(self):
        self.executable = _find_executable()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="web-browser", daemon=True)
        self._thread.start()
        self._closed = False
        self._playwright = self.chromium = self._spare = None
        self._starting = asyncio.Lock()
        self.server: SiteServer = self.call(self._start_server())
        atexit.register(self.close)

    def call(self, work: Coroutine, seconds: float = _SECONDS) -> Any:
        """Run a coroutine on the background loop and wait for what it returns.

        Raises:
            WorldError: it took longer than `seconds`.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise WorldError(f"the browser did not answer within {seconds:g} seconds") from None

    async def new_context(self) -> tuple[Any, Any]:
        """A fresh browser context and its empty tab; starts the browser when none is running.

        Most of the time goes into the tab's process, so the next one is made ready while this one is used.
        """
        async with self._starting:
            if self.chromium is None or not self.chromium.is_connected():
                await self._drop_spare()
                await self._start_chromium()
        ready, self._spare = self._spare or self._open_context(), None
        context, tab = await ready
        self._spare = self._spare or asyncio.create_task(self._open_context())
        return context, tab

    @property
    def contexts(self) -> list[Any]:
        """The contexts that are open, without the one that is made ready."""
        if self.chromium is None or not self.chromium.is_connected():
            return []
        spare = self._spare
        made = spare is not None and spare.done() and not spare.cancelled() and not spare.exception()
        return [context for context in self.chromium.contexts if not made or context is not spare.result()[0]]

    async def _open_context(self) -> tuple[Any, Any]:
        context = await self.chromium.new_context(**CONTEXT)
        return context, await context.new_page()

    def close(self) -> None:
        """End browser, driver and server. The process may go on and start another."""
        with _lock:
            if self._closed:
                return
            self._closed = True
            _browsers.pop(os.getpid(), None)
        atexit.unregister(self.close)
        self.call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _drop_spare(self) -> None:
        """Forget what was made ready: it ends, or has ended, with its browser."""
        spare, self._spare = self._spare, None
        if spare is not None:
            await asyncio.gather(spare, return_exceptions=True)

    async def _start_server(self) -> SiteServer:
        server = SiteServer()
        await server.start()
        return server

    async def _start_chromium(self) -> None:
        from playwright.async_api import async_playwright

        if self._playwright is None:
            self._playwright = await async_playwright().start()
        bypass = f"--proxy-bypass-list=<-loopback>;*.localhost:{self.server.port}"
        self.chromium = await self._playwright.chromium.launch(
            executable_path=self.executable, args=[*_FLAGS, bypass], handle_sigint=False
        )

    async def _stop(self) -> None:
        await self._drop_spare()
        if self.chromium is not None:
            await self.chromium.close()
        if self._playwright is not None:
            await self._playwright.stop()
        await self.server.stop()


def _find_executable() -> str | None:
    """The browser to start: $AGENTTUNING_CHROMIUM, a system Chromium, or Playwright's own (None)."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError("the web world needs playwright: pip install 'agenttuning[web]'") from None
    given = os.environ.get("AGENTTUNING_CHROMIUM")
    if given and not shutil.which(given):
        raise UsageError(f"AGENTTUNING_CHROMIUM names {given!r}, which is no program")
    found = given or next((path for name in _PATHS if (path := shutil.which(name))), None)
    if found is None and not _has_own_browser():
        raise UsageError(
            "the web world needs a browser: apt-get install chromium-headless-shell (Debian), "
            "python -m playwright install chromium-headless-shell, or set AGENTTUNING_CHROMIUM to one"
        )
    return found


def _has_own_browser() -> bool:
    from pathlib import Path

    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"
    return any(Path(folder).expanduser().glob("chromium*"))
