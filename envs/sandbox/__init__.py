"""Sandboxes: a small Linux of its own for each episode, behind one interface.

from envs.sandbox import open_sandbox
with open_sandbox() as box:
    print(box.run("cd /tmp; echo hello > a; ls").output)
"""

import atexit
import functools
import os
from collections.abc import Callable
from types import ModuleType
from typing import Literal

from envs.errors import UsageError, did_you_mean
from envs.sandbox.interface import Entry, File, Limits, Outcome, Process, Sandbox, SandboxLost
from envs.sandbox.pool import Pool

__all__ = ["BACKENDS", "Entry", "File", "Limits", "Outcome", "Process", "Sandbox", "SandboxLost"]
__all__ += ["available", "open_sandbox", "ready_boxes"]

BACKENDS = ("bubblewrap", "docker")

_pools: dict[Callable[[], Sandbox], Pool] = {}
os.register_at_fork(after_in_child=_pools.clear)


def available(backend: str) -> str | None:
    """None when a backend of `BACKENDS` can be used here; else one sentence: what is missing and how to get it."""
    return _module(backend).available()


def open_sandbox(
    backend: str = "auto",
    root: str | None = None,
    user: Literal["user", "root"] = "user",
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    ready: int = 0,
) -> Sandbox:
    """Open a box.

    Args:
        backend: one of `BACKENDS`; "auto" is docker where an engine answers, else bubblewrap.
        root: what is in the box. For bubblewrap a folder with a Debian system; by default the host's own programs
            from /usr, read-only, with the configuration of a fresh system. For docker the name of an image.
        user: whose shell it is: "user", an ordinary account (id 1000) without rights, or the box's own "root".
        limits: what the box may use.
        ready: boxes of this kind to keep ready from now on, made in the background until the process ends.

    Raises:
        UsageError: no such backend or user, or the backend cannot be used here.
        SandboxLost: the machine failed.
    """
    open_one = _opener(backend, root, user, limits)
    if not ready:
        return open_one()
    pool = _pools.get(open_one) or _pools.setdefault(open_one, Pool(open_one, ready))
    return pool.take()


def ready_boxes() -> list[Sandbox]:
    """The boxes that are kept ready in this process and belong to nobody yet."""
    return [box for pool in _pools.values() for box in pool.ready()]


@functools.cache  # an engine is asked once whether it answers, not for every box
def _opener(backend: str, root: str | None, user: str, limits: Limits) -> Callable[[], Sandbox]:
    if user not in ("user", "root"):
        raise UsageError(f"no user {user!r} in a sandbox.{did_you_mean(user, ('user', 'root'))} Users: user, root")
    if backend == "auto":
        backend = "docker" if available("docker") is None else "bubblewrap"
    if reason := available(backend):
        raise UsageError(reason)
    return functools.partial(_module(backend).open_box, root, user, limits)


@atexit.register
def _close_pools() -> None:
    while _pools:
        _pools.popitem()[1].close()


def _module(backend: str) -> ModuleType:
    if backend == "bubblewrap":
        from envs.sandbox import bubblewrap

        return bubblewrap
    if backend == "docker":
        from envs.sandbox import docker_backend

        return docker_backend
    raise UsageError(f"no sandbox {backend!r}.{did_you_mean(backend, BACKENDS)} Backends: auto, {', '.join(BACKENDS)}")
