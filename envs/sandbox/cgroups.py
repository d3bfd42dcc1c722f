"""Control groups of version 1 and 2: how much memory and how many processes a box may have, all together."""

import contextlib
import os

__all__ = ["Group", "sweep"]

MOUNT = "/sys/fs/cgroup"
_PREFIX = "agenttuning-"


def _own(controller: str) -> str:
    """This process's folder in a hierarchy of version 1; the topmost where a container hides which it is."""
    with open("/proc/self/cgroup") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    path = next((path for _, names, path in lines if controller in names.split(",")), "/")
    folder = f"{MOUNT}/{controller}{path}".rstrip("/")
    return folder if os.path.isdir(folder) else f"{MOUNT}/{controller}"


def parents() -> list[str]:
    """Where the groups of boxes are made: one folder on version 2, one for each controller on version 1.

    Raises:
        OSError: version 2 does not hand its controllers on here.
    """
    if os.path.exists(f"{MOUNT}/cgroup.controllers"):
        with open(f"{MOUNT}/cgroup.subtree_control") as file:
            handed_on = file.read().split()
        if not {"memory", "pids"} <= set(handed_on):
            _write(f"{MOUNT}/cgroup.subtree_control", "+memory +pids")
        return [MOUNT]
    return [_own("memory"), _own("pids")]


class Group:
    """A control group for one box.

    Args:
        process: the one that will remove it; when it is gone, `sweep` does.
        memory: bytes, files in memory included.
        processes: processes and threads.

    Raises:
        OSError: no group can be made or limited here.
    """

    def __init__(self, process: int, memory: int, processes: int):
        self._folders = [f"{parent}/{_PREFIX}{process}" for parent in parents()]
        limits = {
            "memory.max": memory,
            "memory.swap.max": 0,
            "memory.limit_in_bytes": memory,
            "memory.memsw.limit_in_bytes": memory,
            "pids.max": processes,
        }
        try:
            for folder in self._folders:
                os.mkdir(folder)
            for folder in self._folders:
                for file, limit in limits.items():
                    if os.path.exists(f"{folder}/{file}"):
                        _write(f"{folder}/{file}", str(limit))
        except OSError:
            self.remove()
            raise

    def add(self, process: int) -> None:
        for folder in self._folders:
            _write(f"{folder}/cgroup.procs", str(process))

    def remove(self) -> None:
        """Once its processes have ended."""
        for folder in self._folders:
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(folder)


def sweep() -> None:
    """Remove the groups that killed processes left behind."""
    for parent in parents():
        for name in os.listdir(parent):
            if name.startswith(_PREFIX) and not os.path.exists(f"/proc/{name.removeprefix(_PREFIX)}"):
                with contextlib.suppress(OSError):
                    os.rmdir(f"{parent}/{name}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
