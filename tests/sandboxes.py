"""What tests of sandboxes share: fixtures that open boxes of every backend and audit what they leave behind.

A test file has them by `pytest_plugins = "tests.sandboxes"`.
"""

import contextlib
import ctypes
import os
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from envs.sandbox import BACKENDS, available, open_sandbox

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 5.0  # seconds


@pytest.fixture(params=BACKENDS)
def open_box(request):
    """`open_sandbox` for one backend, the test being run with each; what it opened is closed at the end."""
    if reason := available(request.param):
        pytest.skip(reason)
    with contextlib.ExitStack() as boxes:

        def open_one(**options):
            return boxes.enter_context(open_sandbox(request.param, **options))

        open_one.backend = request.param
        yield open_one


@pytest.fixture
def box(open_box):
    return open_box()


@pytest.fixture
def leak_audit():
    """`with leak_audit():` fails if what is done inside leaves anything behind within some seconds.

    Processes, threads, descriptors, mounts, control groups and temporary files are compared. What a process has once
    for all its boxes must be there before.
    """
    return _audit


@contextlib.contextmanager
def _audit():
    _inherit_orphans(True)
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as tempfile.tempdir:
        try:
            before = _traces()
            yield
            deadline = time.monotonic() + _PATIENCE
            while (left := _traces() - before) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert not left, left
        finally:
            tempfile.tempdir = usual
            _inherit_orphans(False)


def _inherit_orphans(on: bool) -> None:
    """What an ended process leaves running is then still found as ours."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def _descendants(process: int) -> dict[int, str]:
    """What a process started and what that started, with their command lines."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] == "Z" and int(fields[1]) == os.getpid():
                    continue  # an orphan that has ended, or one that `subprocess` has not waited for
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, todo = {}, [process]
    while todo:
        for child in children.get(todo.pop(), ()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found[child] = Path(f"/proc/{child}/cmdline").read_text(errors="replace").replace("\0", " ")
            todo.append(child)
    return found


def _groups(processes: Iterable[int]) -> set[str]:
    """The control groups that these processes made, or processes that are gone."""
    found = set()
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        for name in names:
            maker = name.removeprefix("agenttuning-")
            if maker != name and (int(maker) in processes or not os.path.exists(f"/proc/{maker}")):
                found.add(f"{folder}/{name}")
    return found


def _traces() -> set[str]:
    ours = _descendants(os.getpid())
    traces = {f"process {pid} {command}" for pid, command in ours.items()} | _groups(ours)
    traces |= {f"thread {thread.name}" for thread in threading.enumerate()}
    traces |= {f"descriptor no. {number}" for number in range(len(os.listdir("/proc/self/fd")))}
    # An engine's own mounts are its affair, and come and go with other people's containers.
    traces |= {line for line in Path("/proc/self/mounts").read_text().splitlines() if "docker" not in line}
    traces |= {f"temporary {name}" for name in os.listdir(tempfile.gettempdir())}
    return traces
