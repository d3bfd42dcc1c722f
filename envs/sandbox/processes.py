"""The processes of a box, looked at and killed from outside through its /proc."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envs.sandbox.interface import Process

__all__ = ["Processes", "text_at"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PERSISTENCE = 0.5  # seconds of killing what goes on forking
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Seen:
    """A process that is not dead. `folder`, a descriptor, also names it to signals, whatever becomes of its id."""

    folder: int
    state: str
    parent: int
    start: int


class Processes:
    """Those of one box, by their ids inside. Takes over a descriptor of its /proc."""

    def __init__(self, proc: int):
        self._proc = proc
        self._stopped: set[int] = set()

    def close(self) -> None:
        os.close(self._proc)

    def list(self, hidden: set[int]) -> list[Process]:
        found = []
        with self._look() as seen:
            for pid, process in sorted(seen.items()):
                if pid not in hidden:
                    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                        argv = text_at(process.folder, "cmdline").split("\0")[:-1]
                        cwd = os.readlink("cwd", dir_fd=process.folder)
                        found.append(Process(tuple(argv), cwd, process.state))
        return found

    def kill(self, since: float, kept: set[int]) -> bool:
        """Kill all but some, their earlier children and what these start.

        Args:
            since: time of CLOCK_BOOTTIME before which a process counts as earlier.

        Returns:
            Whether nothing is left of it, which forks may take care of.
        """
        began, deadline = int(since * _TICKS), time.monotonic() + _PERSISTENCE
        while True:
            with self._look() as seen:
                doomed = [pid for pid in seen if pid not in kept and _is_new(pid, seen, kept, began)]
                for pid in doomed:
                    _send(seen[pid], signal.SIGKILL)
            if not doomed or time.monotonic() > deadline:
                return not doomed
            time.sleep(0.001)

    def stop(self) -> None:
        """Have all but process 1 stand still, until `resume`."""
        deadline = time.monotonic() + _PERSISTENCE
        running = True
        while running and time.monotonic() < deadline:
            with self._look() as seen:
                running = [pid for pid, process in seen.items() if process.state not in "Tt" and pid != 1]
                for pid in running:
                    _send(seen[pid], signal.SIGSTOP)
            self._stopped.update(running)

    def resume(self) -> None:
        """Let go on what `stop` stopped, but not what the box itself did."""
        if self._stopped:
            with self._look() as seen:
                for pid in self._stopped & seen.keys():
                    _send(seen[pid], signal.SIGCONT)
            self._stopped.clear()

    @contextlib.contextmanager
    def _look(self) -> Iterator[dict[int, _Seen]]:
        with contextlib.ExitStack() as stack:
            seen = {}
            for name in filter(str.isdigit, os.listdir(self._proc)):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    folder = os.open(name, _FOLDER, dir_fd=self._proc)
                    stack.callback(os.close, folder)
                    state, parent, *rest = text_at(folder, "stat").rpartition(")")[2].split()
                    if state not in "ZX":
                        seen[int(name)] = _Seen(folder, state, int(parent), int(rest[17]))
            yield seen


def _send(process: _Seen, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process.folder, number)


def _is_new(pid: int, seen: Mapping[int, _Seen], kept: set[int], began: int) -> bool:
    """Whether neither the process nor one it descends from runs since before `began`."""
    while pid not in kept and pid in seen:
        if seen[pid].start < began:
            return False
        pid = seen[pid].parent
    return True


def text_at(folder: int, name: str) -> str:
    """A file of text by its name in an open folder."""
    with open(os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder), errors="replace") as file:
        return file.read()
