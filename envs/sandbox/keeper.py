"""The keeper of a box: the process outside of it that starts programs in it and handles its files (see `server`)."""

import contextlib
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from envs.sandbox import files, kernel, seccomp, tree
from envs.sandbox.forks import in_child
from envs.sandbox.interface import Entry, File, Limits, Process
from envs.sandbox.processes import Processes, text_at
from envs.sandbox.wire import receive, send

__all__ = ["PATH", "RESERVE", "USER", "Broken", "Keeper", "Plan", "Start"]

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
USER = 1000
RESERVE = 32
"""Processes beyond the limit, for the keeper and for what it starts in a box that is full."""

_BOX = kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS | kernel.NEWCGROUP
_ROOT = sum(1 << bit for bit in (0, 1, 3, 4, 5, 6, 7, 10))
"""CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE: enough for useradd, chown and su."""
_DIGESTS = 4  # times the limit of the disk that one snapshot may read


@dataclass(frozen=True)
class Plan:
    """What a box shall be: arguments of `open_sandbox`, and where bubblewrap is."""

    root: str | None
    user: str
    limits: Limits
    bubblewrap: str


@dataclass(frozen=True)
class Start:
    """A program to be started.

    A `trusted` one is ours: it finds room in a box that the agent's fill, and these stand still until `Keeper.wait`.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: str
    root: bool
    trusted: bool


class Broken(Exception):
    """A box could not be made: `step` is what failed, `text` says how."""

    def __init__(self, step: str, text: str):
        super().__init__(step, text)
        self.step, self.text = step, text

    def __str__(self) -> str:
        return f"its {self.step} failed ({self.text})"


class Keeper:
    """Starts programs in its box and handles its files. `serve` calls the methods of the second half by name.

    Args:
        many: the box has many users, of which the keeper is root; else one, which is the caller.
        grouped: a control group limits memory.
        oom: its own /proc/self/oom_score_adj, opened when it still might.
    """

    def __init__(self, plan: Plan, many: bool, grouped: bool, oom: int):
        self._plan, self._many, self._grouped = plan, many, grouped
        self._nested = not many and plan.user != "root"  # bubblewrap, not being root, adds a user namespace
        self._filter = seccomp.for_this_machine()
        self.lacks = [] if self._filter else [f"no system call filter: none is known for {os.uname().machine}"]
        self._host_root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._host_proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._capabilities = int(text_at(self._host_proc, "sys/kernel/cap_last_cap")) + 1
        self._oom, self._oom_before = oom, os.pread(oom, 64, 0)
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        # No program of the box may look into a child that is not yet one itself, and holds what the keeper holds.
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        os.chroot(tree.TREE)
        os.chdir("/")
        self._first: int | None = None  # a pidfd of the box's process 1

    def begin(self) -> None:
        """Have bubblewrap build the box around the tree, with a first process that waits for its input's end."""
        (waiting, self._wake), (answers, answering), (info, informing) = os.pipe(), os.pipe(), os.pipe()
        rules = os.memfd_create("filter")
        os.write(rules, self._filter)
        os.lseek(rules, 0, os.SEEK_SET)
        arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        arguments += ["--hostname", "box", "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        arguments += ["--unshare-user", "--uid", str(USER), "--gid", str(USER)] if self._nested else []
        arguments += ["--seccomp", str(rules)] if self._filter else []
        arguments += ["--info-fd", str(informing), *tree.binds(everything=not self._nested), "--chdir", "/"]
        # Process 1 inherits orphans: with SIGCHLD ignored they leave no zombies.
        arguments += ["--", "bash", "-c", "trap '' CHLD; exec cat"]

        def start() -> None:
            os.fchdir(self._host_root)
            os.chroot(".")
            for target, fd in enumerate((waiting, answering, answering)):
                os.dup2(fd, target)
            for fd in (informing, rules):
                os.set_inheritable(fd, True)
            os.execve(self._plan.bubblewrap, ["bwrap", *arguments], {"PATH": PATH})

        in_child(start)
        for fd in (waiting, answering, informing, rules):
            os.close(fd)
        told = b""
        while not told.rstrip().endswith(b"}") and (data := os.read(info, 4096)):
            told += data
        os.close(info)
        with contextlib.suppress(BrokenPipeError):  # it has ended, and has said why
            os.write(self._wake, b".")
        if (said := os.read(answers, 4096)) != b".":
            raise Broken("bubblewrap", said.decode(errors="replace").strip() or "it ended without a word")
        os.close(answers)
        process = json.loads(told)["child-pid"]
        self._first = os.pidfd_open(process)
        folder = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        self._processes = Processes(os.open(f"{process}/root/proc", folder, dir_fd=self._host_proc))

    def end(self) -> None:
        """Kill process 1 and with it all in the box, and wait until they are gone."""
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            os.close(self._first)
            os.close(self._wake)
            self._processes.close()
            self._first = None
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)

    def serve(self, box: socket.socket) -> None:
        """Do what the Python process asks for, until it is gone. A reply is a result and an error, one being None."""
        while True:
            (method, *arguments), fds = receive(box)
            try:
                result, error = getattr(self, method)(*arguments, *([fds] if fds else [])), None
            except Exception as failure:  # raised again where it was asked for
                result, error = None, failure
            for fd in fds:
                os.close(fd)
            send(box, (result, error))

    # --- what the Python process asks for --------------------------------------------------------------------------

    def spawn(self, start: Start, fds: Sequence[int]) -> int:
        """Start a program in the box with these files as its descriptors 0, 1, ..., and return its id here.

        Raises:
            OSError: no such program or folder.
        """
        try:
            return self._spawn(start, fds)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                self.clear()  # the box is full
            elif error.errno in (errno.ENOMEM, errno.ESRCH):
                self.end()  # process 1 is being killed, for memory perhaps
            else:
                raise
        return self._spawn(start, fds)

    def _spawn(self, start: Start, fds: Sequence[int]) -> int:
        if self._first is None or select.select([self._first], [], [], 0)[0]:
            self.end()
            self.begin()
        if start.trusted:
            self._processes.stop()

        def usher() -> int:
            kernel.setns(self._first, kernel.NEWPID)  # for children only, and there is no way back
            return in_child(lambda: self._enter(start, fds))[0]

        # What it starts inherits this: when memory runs out, the keeper is not the one to be killed.
        os.pwrite(self._oom, b"1000", 0)
        try:
            child, process = in_child(usher)
        except BaseException:
            self._processes.resume()
            raise
        finally:
            os.pwrite(self._oom, self._oom_before, 0)
        os.waitpid(child, 0)  # and its child is now the keeper's
        return process

    def _enter(self, start: Start, fds: Sequence[int]) -> None:
        kernel.setns(self._first, _BOX | (kernel.NEWUSER if self._nested else 0))
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in fds]
        for target, fd in enumerate(high):
            os.dup2(fd, target)
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        self._limit(RESERVE if start.trusted else 0)
        self._drop(start.root)
        os.chdir(start.cwd)
        if self._filter:
            seccomp.install(self._filter)
        os.execvpe(start.argv[0], start.argv, start.environment)

    def _limit(self, more: int) -> None:
        limits = self._plan.limits
        wanted = {resource.RLIMIT_NPROC: limits.processes + more, resource.RLIMIT_FSIZE: limits.disk}
        wanted |= {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: 1024}
        if not self._grouped:
            wanted[resource.RLIMIT_AS] = limits.memory
        for name, value in wanted.items():
            highest = resource.getrlimit(name)[1]
            value = value if highest == resource.RLIM_INFINITY else min(value, highest)
            resource.setrlimit(name, (value, value))

    def _drop(self, root: bool) -> None:
        kept = _ROOT if root else 0
        for bit in range(self._capabilities):
            if not kept >> bit & 1:
                kernel.prctl(kernel.PR_CAPBSET_DROP, bit)
        if self._many:
            user = 0 if root else USER
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        kernel.capabilities(kept)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)

    def wait(self, process: int) -> int | None:
        """The exit status of what `spawn` started, 128 and more for a signal; None when it was cleared away."""
        self._processes.resume()
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        except ChildProcessError:
            return None
        return code if code >= 0 else 128 - code

    def kill(self, since: float, spare: int) -> None:
        """Kill what was started since a time of CLOCK_BOOTTIME, but for one process."""
        self._processes.kill(since, {0, 1, self._inside(spare)})

    def clear(self) -> None:
        """Kill all but process 1; that too when the others fork faster than they die."""
        if self._first is not None and not self._processes.kill(0, {0, 1}):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def processes(self, spare: int) -> list[Process]:
        """As `Sandbox.processes`; `spare` is the shell."""
        return self._processes.list({1, self._inside(spare)})

    def _inside(self, process: int) -> int:
        """The id in the box of a process that has another one here; 0 when it is gone."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in text_at(self._host_proc, f"{process}/status").splitlines():
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
        return 0

    def write(self, new: Mapping[str, File]) -> None:
        files.write(new, (0, USER) if self._many else None)

    def read(self, path: str, limit: int) -> bytes:
        return files.read(path, limit)

    def snapshot(self, roots: tuple[str, ...]) -> dict[str, Entry]:
        return files.snapshot(roots, _DIGESTS * self._plan.limits.disk)
