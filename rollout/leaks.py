"""What a run leaves behind: `before = leaks.snapshot()` at its start, `leaks.audit(before)` at its end.

Both look at the machine, not at our own books: at the processes below this one, containers with our label, contexts of
the browser, temporary folders with our prefix, threads and internet sockets. Some things stay on purpose until the
process ends and are left out:

- the sandbox server, and the boxes that its pools keep ready with a thread for each pool (`envs.sandbox`);
- the shared browser: its processes, thread, site server and one context made ready (`envs.web.browser`);
- the connection to a Ray cluster, of which Ray does not let go (`rollout.ray_cluster`);
- the thread of tqdm, which Transformers starts, and those that Python did not start, of OpenMP or torch, say.

What a caller keeps open from run to run (a policy with its connections or its vLLM server) is for whoever closes it to
audit. A process that lost its parent is not found: it is below this one no more.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path

import psutil

from envs.sandbox import SandboxLost, ready_boxes
from envs.sandbox.client import SERVER
from envs.scratch import scratch_prefix
from envs.web.browser import running_browser
from rollout.ray_cluster import CLUSTERS

__all__ = ["audit", "snapshot"]

_GRACE_SECONDS = 5.0
"""What was told to end may take so long."""
_KEPT_THREADS = ("sandbox-pool", "web-browser", "asyncio-waitpid-", "tqdm_monitor", "Dummy-")
"""How their names begin; the third waits for Playwright's end, the last are native threads that came to call Python."""
_DRIVER = "run-driver"
"""In the command line of Playwright's process, below which the browser's are."""

_Things = dict[Hashable, str]
"""By an identity that does not come again: a sentence about each thing that is there."""


def snapshot() -> frozenset[Hashable]:
    """What is there now, for `audit`."""
    return frozenset(_look())


def audit(before: frozenset[Hashable]) -> list[str]:
    """A sentence for each thing that was not there `before` and does not go away within some seconds.

    What another run of this process has open counts too: audit one run at a time.
    """
    deadline = time.monotonic() + _GRACE_SECONDS
    while True:
        left = [sentence for thing, sentence in _look().items() if thing not in before]
        if not left or time.monotonic() > deadline:
            return sorted(left)
        time.sleep(0.02)


def _look() -> _Things:
    return {**_processes(), **_containers(), **_contexts(), **_folders(), **_threads(), **_sockets()}


def _processes() -> _Things:
    """The processes below this one. A sandbox counts once, by its porter (see `envs.sandbox.server`)."""
    below, parents = psutil.Process().children(recursive=True), {}
    for process in below:
        with suppress(psutil.NoSuchProcess):
            parents[process.pid] = process.ppid()
    # Accounted for with all below them. A box's shell is a child of its keeper, and that of its porter.
    told = {parents.get(parents.get(box.handle)) for box in ready_boxes()}
    found = {}
    for process in below:  # parents before their children
        pid, parent = process.pid, parents.get(process.pid)
        if parent in told:
            told.add(pid)
        elif parent == SERVER.pid and pid not in told:
            told.add(pid)
            found[process] = f"a sandbox is open: process {pid} and those below it"
        elif pid not in told | {SERVER.pid}:
            with suppress(psutil.NoSuchProcess):  # it has just ended, or has and was not waited for
                command = " ".join(process.cmdline())
                if running_browser() and _DRIVER in command:
                    told.add(pid)
                else:
                    found[process] = f"process {pid} runs: {command}"
    return found


def _containers() -> _Things:
    if "envs.sandbox.docker_backend" not in sys.modules:  # nobody has asked for a container
        return {}
    from envs.sandbox import docker_engine

    if docker_engine.unreachable():
        return {}
    ready = {box.handle for box in ready_boxes()}
    try:
        containers = [container for container in docker_engine.containers() if container.id not in ready]
    except SandboxLost as lost:
        return {"containers": f"nobody knows what containers there are: {lost}"}
    return {container.id: f"container {container.name} is there ({container.status})" for container in containers}


def _contexts() -> _Things:
    browser = running_browser()
    found = {}
    for context in browser.contexts if browser else ():
        pages = ", ".join(page.url for page in context.pages)
        found[context] = f"a browser context is open, at {pages or 'no page'}"
    return found


def _folders() -> _Things:
    folders = Path(tempfile.gettempdir()).glob(f"{scratch_prefix()}*")
    return {folder: f"temporary folder {folder} is there" for folder in folders}


def _threads() -> _Things:
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith(_KEPT_THREADS)]
    return {thread: f"thread {thread.name!r} runs" for thread in threads}


def _sockets() -> _Things:
    browser = running_browser()
    kept = f":{browser.server.port}" if browser else None
    found = {}
    for socket in psutil.Process().net_connections("inet"):
        here, there = _written(socket.laddr), _written(socket.raddr)
        if there in CLUSTERS or (kept and here.endswith(kept)):
            continue
        found[socket] = f"a connection to {there} is open ({socket.status})" if there else f"a socket is open at {here}"
    return found


def _written(address: tuple[str, int] | tuple[()]) -> str:
    return ":".join(map(str, address)).removeprefix("::ffff:")
