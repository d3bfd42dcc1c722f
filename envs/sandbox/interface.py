"""What a sandbox is: a small Linux of its own, in which anything may run and out of which nothing gets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Entry", "File", "Limits", "Outcome", "Process", "Sandbox", "SandboxLost"]


class SandboxLost(Exception):
    """The machine, not the model, failed: the engine is gone or a box died for no reason of its own."""


@dataclass(frozen=True)
class Limits:
    """What one box may use.

    Args:
        memory: bytes of all its processes together.
        processes: processes and threads at one time.
        disk: bytes that it may write, /tmp included.
        seconds: wall-clock time of one command.
        output: bytes kept of one command's output; the head and the tail of a longer one.
    """

    memory: int = 256 * 2**20
    processes: int = 64
    disk: int = 64 * 2**20
    seconds: float = 10.0
    output: int = 64 * 2**10


@dataclass(frozen=True)
class Outcome:
    """What a command left behind.

    Args:
        output: stdout and stderr as they came, valid Unicode without control characters or terminal escapes.
        code: exit status, None when there is none (killed, or the shell ended).
        dropped: bytes of output that were not kept.
        stop: why it ended: "" by itself, "timeout" killed at its limit, "exit" it ended the shell. After a
            "timeout" that also cost the shell, and after "exit", `fresh` is true.
        fresh: the shell was replaced, so that its directory, variables and jobs are gone; files stay.
    """

    output: str
    code: int | None = 0
    dropped: int = 0
    stop: Literal["", "timeout", "exit"] = ""
    fresh: bool = False


@dataclass(frozen=True)
class File:
    """A file, folder or link to be written.

    Args:
        content: bytes of a file.
        mode: permission bits.
        modified: seconds since 1970.
        link: target, for a symbolic link.
        folder: a folder.
        root: owned by the box's root instead of its user.
    """

    content: bytes = b""
    mode: int = 0o644
    modified: int = 1_735_689_600
    link: str | None = None
    folder: bool = False
    root: bool = False


@dataclass(frozen=True)
class Entry:
    """A file as `snapshot` found it. Times are left out: they differ between two equal plays.

    Args:
        kind: "file", "folder", "link" or "other" (pipe, socket, device).
        mode: permission bits, the special ones included.
        owner: numeric user and group as the box sees them.
        size: bytes of a file, else 0.
        digest: SHA-256 of a file's content in hex, else "".
        target: of a link, else "".
        links: number of hard links of a file, else 1.
    """

    kind: str
    mode: int
    owner: tuple[int, int] = (0, 0)
    size: int = 0
    digest: str = ""
    target: str = ""
    links: int = 1


@dataclass(frozen=True)
class Process:
    """A process of the box as the host sees it: `argv`, its working directory's path inside, its state letter."""

    argv: tuple[str, ...]
    cwd: str
    state: str


class Sandbox(ABC):
    """One box with one persistent shell. Not for two threads at a time; closing is safe from any thread.

    A file system of its own (a read-only system underneath, what it writes on top, thrown away at close), its own
    processes and host name, no network, no secret of the host, an ordinary user without rights.
    """

    user: str
    home: str
    limits: Limits
    lacks: tuple[str, ...] = ()
    """What of this the machine cannot give, a sentence each."""

    @property
    @abstractmethod
    def handle(self) -> int | str:
        """By what the machine knows the box: the process of its shell, or its container."""

    @abstractmethod
    def run(self, command: str, seconds: float | None = None) -> Outcome:
        """Run a command line in the persistent shell (bash): its directory, variables, functions and jobs stay.

        Standard input is empty. A command past its time is killed with all it started; when the shell itself is
        stuck or gone it is replaced, and `Outcome.fresh` says so.

        Raises:
            SandboxLost: the box is gone and no new shell can be started in it.
        """

    @abstractmethod
    def execute(
        self,
        argv: Sequence[str],
        input: bytes = b"",
        seconds: float | None = None,
        root: bool = False,
        cwd: str | None = None,
    ) -> Outcome:
        """Run a program in a fresh process with a clean environment: the system's own programs, no start-up file.

        Whatever the agent did to its PATH, aliases, functions and files in its home, `argv[0]` is looked up in the
        read-only system. `root` runs it as the box's root, where the backend has one. What else runs in the box
        stands still meanwhile, so that it cannot reach into the program.
        """

    @abstractmethod
    def write(self, files: Mapping[str, File]) -> None:
        """Write files by absolute path, folders before what is in them; parents are made as needed."""

    @abstractmethod
    def read(self, path: str, limit: int = 2**20) -> bytes:
        """The first `limit` bytes of a file, read from outside; links are followed inside the box only.

        Raises:
            FileNotFoundError, IsADirectoryError, PermissionError: as `open` would inside; also for what is no file.
        """

    @abstractmethod
    def snapshot(self, *roots: str) -> dict[str, Entry]:
        """Every path under some absolute folders, taken from outside without following a link or running a program."""

    @abstractmethod
    def processes(self) -> list[Process]:
        """What runs in the box, its own shell aside, as the host sees it."""

    @abstractmethod
    def close(self) -> None:
        """Kill everything in the box and remove every trace of it. A second call does nothing."""

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_) -> None:
        self.close()
