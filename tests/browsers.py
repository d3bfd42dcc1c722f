"""What the tests of worlds in the browser share: the reason to skip, a page served from text, and a leak audit."""

import os
import shutil
from pathlib import Path

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
    children: dict[int, list[int]] = {}
    names = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            name, _, rest = text.partition("(")[2].rpartition(")")
            state, ppid = rest.split()[:2]
            if state != "Z":
                children.setdefault(int(ppid), []).append(int(folder.name))
                names[int(folder.name)] = name
    found, todo = {}, [parent]
    while todo:
        for pid in children.get(todo.pop(), []):
            found[pid] = names[pid]
            todo.append(pid)
    return {pid: name for pid, name in found.items() if pid != os.getpid()}
