"""Process 1 of a container of the Docker backend: handles its files and its processes, on request.

It runs inside, so that this works with a distant engine too, but with capabilities that no program of the agent has:
not even the box's own root can trace it, or kill it, and it starts no program that could be faked. Requests and
answers are lines of JSON: what comes out of a box is only ever parsed.
"""

import base64
import contextlib
import dataclasses
import io
import json
import os
import signal
import sys
import tarfile
import time

from envs.sandbox import files
from envs.sandbox.interface import File
from envs.sandbox.processes import Processes

__all__ = ["main"]

_OWNERS = (0, 1000)
_PATIENCE = 5  # seconds until what was killed is gone


def main() -> None:
    """Answer requests `[method, *arguments]` with `[result, error]` until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans leave no zombies
    os.umask(0o022)
    keeper = Keeper()
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            answer = [getattr(keeper, method)(*arguments), None]
        except OSError as error:
            answer = [None, [error.errno, error.strerror, error.filename]]
        print(json.dumps(answer), flush=True)


class Keeper:
    """What can be asked for, by name."""

    def __init__(self):
        self._processes = Processes(os.open("/proc", os.O_RDONLY | os.O_DIRECTORY))

    def unpack(self, archive: str) -> None:
        """Fill the folders that the container has in memory with what the image had there."""
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as tar:
            tar.extraction_filter = lambda member, path: member  # as it is; Pythons without filters do not look
            tar.extractall("/", numeric_owner=True)

    def write(self, new: dict[str, dict]) -> None:
        for file in new.values():
            file["content"] = base64.b64decode(file["content"])
        files.write({path: File(**file) for path, file in new.items()}, _OWNERS)

    def read(self, path: str, limit: int) -> str:
        return base64.b64encode(files.read(path, limit)).decode()

    def snapshot(self, roots: list[str], budget: int) -> dict[str, tuple]:
        return {path: dataclasses.astuple(entry) for path, entry in files.snapshot(tuple(roots), budget).items()}

    def list(self, spare: int) -> list[tuple]:
        return [dataclasses.astuple(process) for process in self._processes.list({1, spare})]

    def kill(self, age: float, spare: int) -> None:
        """Kill what was started in the last `age` seconds, but for one process and what runs from before."""
        self._processes.kill(time.clock_gettime(time.CLOCK_BOOTTIME) - age, {1, spare})

    def clear(self) -> None:
        """Kill all but this process, at one blow, which nothing can outrun."""
        deadline = time.monotonic() + _PATIENCE
        while self._processes.list({1}) and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            time.sleep(0.001)

    def stop(self) -> None:
        self._processes.stop()

    def resume(self) -> None:
        self._processes.resume()
