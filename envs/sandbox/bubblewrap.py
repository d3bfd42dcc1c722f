"""The bubblewrap backend: boxes made of Linux namespaces, without any service."""

import errno
import functools
import os
import select
import shutil
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from envs.errors import UsageError
from envs.sandbox.client import PATIENCE, SERVER
from envs.sandbox.interface import Entry, File, Limits, Outcome, Process, Sandbox, SandboxLost
from envs.sandbox.keeper import PATH, Broken, Plan, Start
from envs.sandbox.output import Clip
from envs.sandbox.shell import CLEAN, PROGRAM, Pipes, Shell, Streams
from envs.sandbox.wire import receive, send

__all__ = ["BubblewrapSandbox", "available", "open_box"]

_INSTALL = "bubblewrap is not installed: `apt-get install bubblewrap`, or your system's package of that name"
_SETTINGS = {  # name: (where it forbids, where it allows)
    "user/max_user_namespaces": ("0", "10000"),
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
}
_UNUSABLE = {errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ENOEXEC, errno.E2BIG, errno.ELOOP}
_PIPE = 2**16


@functools.cache
def available() -> str | None:
    """None where a box can be opened: one is opened to see. Else why not, and what would help."""
    if sys.platform != "linux":
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return _INSTALL
    try:
        BubblewrapSandbox(None, "user", Limits()).close()
    except Broken as broken:
        return f"bubblewrap cannot make a box here: {broken}; {_remedy(broken.step)}"
    return None


def _remedy(step: str) -> str:
    """What to change on this machine, as far as its settings tell."""
    for name, (bad, good) in _SETTINGS.items():
        path = Path("/proc/sys") / name
        if path.exists() and path.read_text().strip() == bad:
            return f"as root: `sysctl -w {name.replace('/', '.')}={good}`"
    if step == "bubblewrap":
        return "in a container, /proc must not be masked (Docker: `--security-opt systempaths=unconfined`)"
    return "in a container, namespaces must be allowed (Docker: `--privileged`)"


def open_box(root: str | None, user: str, limits: Limits) -> "BubblewrapSandbox":
    """As `open_sandbox`.

    Raises:
        UsageError: `root` is no folder with a system.
        SandboxLost: the box could not be made, though one could before.
    """
    if root is not None and not Path(root, "usr", "bin").is_dir():
        raise UsageError(f"{root!r} is no folder with a system: it has no usr/bin. `make sandbox-image` makes one")
    try:
        return BubblewrapSandbox(root, user, limits)
    except Broken as broken:
        if root is not None and broken.step == "file tree":
            needed = "the files must be on a file system with idmapped mounts, as ext4, xfs, btrfs and tmpfs are"
            raise UsageError(f"{root!r} cannot be the root of a box here ({broken.text}): {needed}") from broken
        raise SandboxLost(str(broken)) from broken


class BubblewrapSandbox(Sandbox):
    """A box of namespaces, and this side of what keeps it."""

    def __init__(self, root: str | None, user: str, limits: Limits):
        bubblewrap = shutil.which("bwrap")
        if bubblewrap is None:
            raise UsageError(_INSTALL)
        self.user, self.limits = user, limits
        self.home = "/root" if user == "root" else "/home/user"
        self._lock, self._use, self._closing = threading.Lock(), threading.Lock(), threading.Lock()
        self._closed = False
        self._astray = True  # while an answer is on its way; an interrupted call leaves it there
        self._shell: Shell | None = None
        self._shell_process = 0
        self._socket = SERVER.begin(Plan(root and os.path.abspath(root), user, limits, os.path.abspath(bubblewrap)))
        SERVER.boxes.add(self)
        try:
            self.lacks = self._answer()
            self._shell = Shell(self._start_shell, self._kill_since, limits.output)
        except BaseException:
            self.close()
            raise

    @property
    def handle(self) -> int:
        return self._shell_process

    def run(self, command: str, seconds: float | None = None) -> Outcome:
        with self._use:
            return self._shell.run(command, self.limits.seconds if seconds is None else seconds)

    def execute(
        self,
        argv: Sequence[str],
        input: bytes = b"",
        seconds: float | None = None,
        root: bool = False,
        cwd: str | None = None,
    ) -> Outcome:
        began = time.clock_gettime(time.CLOCK_BOOTTIME)
        deadline = time.monotonic() + (self.limits.seconds if seconds is None else seconds)
        reading, writing = os.pipe()
        stdin = os.memfd_create("input")
        try:
            with open(stdin, "wb", closefd=False) as file:
                file.write(input)
            os.lseek(stdin, 0, os.SEEK_SET)
            fds = (stdin, writing, writing)
            process, pidfd = self._spawn(argv, CLEAN, cwd or self.home, fds, root=root, trusted=True)
        except ValueError as error:  # a null byte, or half a character
            os.close(reading)
            return Outcome(f"{argv[0]}: {error}\n", 126)
        except OSError as error:
            os.close(reading)
            if error.errno not in _UNUSABLE:
                raise
            return Outcome(f"{error.filename or argv[0]}: {error.strerror}\n", 126 + (error.errno == errno.ENOENT))
        finally:
            os.close(stdin)
            os.close(writing)
        clip = Clip(self.limits.output)
        try:
            ended = _collect(reading, pidfd, clip, deadline)
            if not ended:
                self._kill_since(began)
                _collect(reading, pidfd, clip, time.monotonic() + 1)
        finally:
            os.close(reading)
            os.close(pidfd)
        code = self._call("wait", process)
        if not ended:
            return Outcome(clip.text(), None, clip.dropped, "timeout")
        return Outcome(clip.text(), code, clip.dropped)

    def write(self, files: Mapping[str, File]) -> None:
        self._call("write", dict(files))

    def read(self, path: str, limit: int = 2**20) -> bytes:
        return self._call("read", path, limit)

    def snapshot(self, *roots: str) -> dict[str, Entry]:
        return self._call("snapshot", roots)

    def processes(self) -> list[Process]:
        return self._call("processes", self._shell_process)

    def close(self) -> None:
        """As `Sandbox.close`.

        Raises:
            SandboxLost: the box does not go away.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._socket.shutdown(socket.SHUT_WR)  # what is under way in another thread ends soon, by the box's end
        with self._lock:
            try:
                while self._socket.recv(2**16):
                    pass
            except TimeoutError:
                raise SandboxLost(f"a closed box is still there after {PATIENCE} seconds") from None
            except ConnectionResetError:
                pass  # the keeper was killed with a call of ours unread
            finally:
                self._socket.close()
        with self._use:
            if self._shell:
                self._shell.close()

    def forget(self) -> None:
        """Let go of a box that a forked child has from its parent."""
        self._closed = True
        self._socket.close()
        if self._shell:
            self._shell.close()

    def _start_shell(self) -> Streams:
        self._call("clear")
        (commands, sending), (output, printing), (control, reporting) = os.pipe(), os.pipe(), os.pipe()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        theirs = (commands, nowhere, nowhere, reporting, printing)
        environment = {"SHELL": "/bin/bash", "TERM": "dumb"}
        try:
            try:
                self._shell_process, pidfd = self._spawn(PROGRAM, environment, self.home, theirs)
            except OSError:  # the agent may have taken its home away
                self._shell_process, pidfd = self._spawn(PROGRAM, environment, "/", theirs)
        except BaseException:
            for fd in (sending, output, control):
                os.close(fd)
            raise
        finally:
            for fd in set(theirs):
                os.close(fd)
        return Pipes(sending, output, control, pidfd)

    def _spawn(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        cwd: str,
        fds: tuple[int, ...],
        root: bool = False,
        trusted: bool = False,
    ) -> tuple[int, int]:
        """Start a program: its id, as the keeper knows it, and a pidfd."""
        root = root or self.user == "root"
        name, home = ("root", "/root") if root else ("user", "/home/user")
        basis = {"PATH": PATH, "HOME": home, "USER": name, "LOGNAME": name, "LANG": "C.UTF-8"}
        process = self._call("spawn", Start(argv, basis | environment, cwd, root, trusted), fds=fds)
        return process, os.pidfd_open(process)

    def _kill_since(self, began: float) -> None:
        self._call("kill", began, self._shell_process)

    def _call(self, method: str, *arguments: object, fds: tuple[int, ...] = ()) -> Any:
        """Have the keeper do something: a method of `Keeper`. Its OSErrors are the box's and are raised here."""
        with self._lock:
            if self._closed or self._astray:
                raise SandboxLost("the box was closed, or a call to it was interrupted")
            self._astray = True
            try:
                send(self._socket, (method, *arguments), fds)
            except OSError as lost:
                raise SandboxLost("the box's keeper has ended") from lost
            try:
                return self._answer()
            except Broken as broken:  # no new shell could be started
                raise SandboxLost(str(broken)) from broken

    def _answer(self) -> Any:
        try:
            (result, error), _ = receive(self._socket)
        except (EOFError, OSError) as lost:
            raise SandboxLost("the box's keeper has ended") from lost
        self._astray = False
        if error:
            raise error
        return result


def _collect(output: int, process: int, clip: Clip, deadline: float) -> bool:
    """Read what a process prints until it has ended, or give up at a deadline and return False."""
    poll = select.poll()
    for fd in (process, output):
        poll.register(fd, select.POLLIN)
    rest = _PIPE  # what may be in the pipe at the end; more comes from what the process left running
    while rest > 0 and (left := deadline - time.monotonic()) > 0:
        ready = {fd for fd, _ in poll.poll(left * 1000)}
        if output in ready:
            data = os.read(output, _PIPE)
            clip.add(data)
            if not data:
                poll.unregister(output)
            if process in ready:
                rest -= max(len(data), 1)
        elif process in ready:
            return True
    return rest <= 0
