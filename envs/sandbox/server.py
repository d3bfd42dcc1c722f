"""The server: a small process beside the Python process, which forks boxes.

A program of its own that holds nothing but the standard library, so that it starts fast and forks faster. For each box
it forks a *porter*, which has the caller's rights, does what needs them and cleans up, and which forks the box's
*keeper*. The keeper lives in the box's user namespace, with no right outside of it, and its root directory is the
box's. bubblewrap builds the rest: the other namespaces, the mounts, the devices, and a first process that waits::

    Python process --- server
         |               `- porter               waits, then removes the control group
         `----- socket ----- `- keeper           in the box's user namespace
                                 |- bwrap - cat  the box's process 1
                                 `- bash, ...    started from outside, as `docker exec` does

Whatever dies takes the rest along: the socket's end tells the keeper that the Python process is gone, parent-death
signals cover keeper and bwrap, and with process 1 ends all in the box. Mounts live in private namespaces.
"""

import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable

from envs.sandbox import cgroups, kernel, tree
from envs.sandbox.keeper import RESERVE, USER, Broken, Keeper, Plan
from envs.sandbox.wire import receive, send

__all__ = ["main"]

_FIRST_ID, _IDS, _SLOTS = 0x70000000, 2**16, 4000  # host ids that are nobody's, above those of containers
_NOBODY = 65534
_HEADROOM = 32 * 2**20  # bytes of memory for the keeper, bubblewrap and the kernel's own records


def main(door: int) -> None:
    """Serve one Python process: each message is a plan and the socket of a new box."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # porters need no farewell
    os.umask(0o022)
    sys.path.clear()  # nothing is imported any more: later, `/` is the box's
    gc.freeze()  # a collection in a child would copy all the pages that it has from here
    with contextlib.suppress(OSError):  # where there are no control groups there is nothing to sweep
        cgroups.sweep()
    server = socket.socket(fileno=door)
    while True:
        try:
            plan, (fd,) = receive(server)
        except EOFError:
            return
        box = socket.socket(fileno=fd)
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _as_process(box, lambda plan=plan, box=box: _porter(plan, box))
        box.close()


def _as_process(box: socket.socket, work: Callable[[], None]) -> None:
    """Work as a forked process: tell the caller what broke, then end."""
    try:
        work()
    except (BrokenPipeError, ConnectionResetError, EOFError):
        pass  # the Python process is gone
    except BaseException as error:
        with contextlib.suppress(OSError):
            send(box, (None, error if isinstance(error, Broken) else Broken("keeper", repr(error))))
    finally:
        os._exit(0)


def _porter(plan: Plan, box: socket.socket) -> None:
    """Fork the keeper, give it its ids and its tree, wait for its end and remove what it leaves."""
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    first, _held = _free_ids()
    limits, lacks = plan.limits, []
    try:
        memory = limits.memory + limits.disk + _HEADROOM
        group = cgroups.Group(os.getpid(), memory, limits.processes + RESERVE)
    except OSError as error:
        group = None
        lacks.append(f"no control group ({error}): memory is limited for each process alone")
    if first is None:
        lacks.append("no root: the box has one account, which owns all files; useradd, chown and su fail")
    else:
        with _step("mount namespace"):
            kernel.unshare(kernel.NEWNS)
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        here.close()
        _as_process(box, lambda: _keeper(plan, box, there, first is not None, group is not None, lacks))
    there.close()
    try:
        if group:
            group.add(child)
        if here.recv(1):
            _map_ids(child, first, plan.user)
            if first is not None:
                users = os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
                with _step("file tree"):
                    tree.build(plan.root, limits.disk, users, (first, first + USER))
            here.send(b".")
    finally:
        here.close()
        with contextlib.suppress(ChildProcessError):
            while True:  # a killed keeper's children, too
                os.waitpid(-1, 0)
        if group:
            group.remove()


def _keeper(plan: Plan, box: socket.socket, porter: socket.socket, many: bool, grouped: bool, lacks: list[str]) -> None:
    oom = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
    with _step("user namespace"):
        if os.geteuid() == 0 and not many:  # root of a container with few ids
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        kernel.unshare(kernel.NEWUSER if many else kernel.NEWUSER | kernel.NEWNS)
    porter.send(b".")
    if not porter.recv(1):
        return  # the porter has said why
    if many:
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        with _step("mount namespace"):
            kernel.unshare(kernel.NEWNS)
    else:
        with _step("file tree"):
            tree.build(plan.root, plan.limits.disk, None, None)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    keeper = Keeper(plan, many, grouped, oom)
    try:
        keeper.begin()
        send(box, ((*lacks, *keeper.lacks), None))
        keeper.serve(box)
    finally:
        keeper.end()


@contextlib.contextmanager
def _step(name: str):
    try:
        yield
    except OSError as error:
        raise Broken(name, str(error)) from error


def _free_ids() -> tuple[int | None, socket.socket | None]:
    """The first of a range of ids that no other box has, and what holds it; None where there is no right to any."""
    with open("/proc/self/uid_map") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    if os.geteuid() or not any(inside <= _FIRST_ID < inside + count for inside, _, count in ranges):
        return None, None
    while True:
        slot = int.from_bytes(os.urandom(2), "big") % _SLOTS
        held = socket.socket(socket.AF_UNIX)
        try:
            held.bind(f"\0agenttuning-ids-{slot}")  # a name without a file, freed with the process
            return _FIRST_ID + slot * _IDS, held
        except OSError as error:
            held.close()
            if error.errno != errno.EADDRINUSE:
                raise


def _map_ids(process: int, first: int | None, user: str) -> None:
    if first is None:
        inside = 0 if user == "root" else USER
        uid, gid = os.geteuid() or _NOBODY, os.getegid() or _NOBODY
        maps = {"setgroups": "deny", "gid_map": f"{inside} {gid} 1", "uid_map": f"{inside} {uid} 1"}
    else:
        maps = dict.fromkeys(("gid_map", "uid_map"), f"0 {first} {_IDS}")
    with _step("user namespace"):
        for name, text in maps.items():
            with open(f"/proc/{process}/{name}", "w") as file:
                file.write(text)
