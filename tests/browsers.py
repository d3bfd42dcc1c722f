"""What the tests of worlds in the browser share: the reason to skip, a page served from text, a tree of processes."""

import shutil
from contextlib import suppress

import psutil
import pytest

from envs.web.browser import shared_browser

__all__ = ["needs_browser", "processes_of", "serve"]


needs_browser = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium-headless-shell", "chromium"))),
    reason="apt-get install chromium-headless-shell",
)


def serve(pages: dict[str, str]) -> str:
    """Serve texts as HTML pages by path, and return the origin."""

    async def app(scope, _, send):
        page = pages.get(scope["path"])
        headers = [(b"content-type", b"text/html; charset=utf-8")]
        status = 200 if page is not None else 404
        if page is not None and page.startswith("Location: "):
            status, headers = 302, [(b"location", page.removeprefix("Location: ").encode())]
        if page is not None and page.startswith("Download: "):
            headers = [(b"content-disposition", b"attachment; filename=x.bin")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": (page or "missing").encode()})

    return shared_browser().server.add("test", app)


def processes_of(parent: int) -> dict[int, str]:
    """{pid: command} of every living descendant of a process."""
    found = {}
    for process in psutil.Process(parent).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = process.name()
    return found
