"""What becomes each program in a container of the Docker backend: it gives its rights away first.

Docker's own options cannot say all of this: a second filter of system calls upon Docker's, capabilities that the
container's keeper has and its programs have not, and who dies first when memory runs out.
"""

import json
import os
import resource
import signal
import sys
from typing import NoReturn

from envs.sandbox import kernel, seccomp

__all__ = ["main"]


def main() -> None:
    """Say one's process id, then follow the plan that comes on the input, so many bytes of JSON as its first line says.

    It has the program's `argv`, `environment` and `cwd`, the `uid` to be, the set of capabilities that are `kept`, the
    limit of the `disk`, and whether it is the `shell`.
    """
    os.write(1, b"%d\n" % os.getpid())
    plan = json.loads(_take())
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out, the keeper is not the one to be killed
    for name, value in {"FSIZE": plan["disk"], "CORE": 0, "NOFILE": 1024}.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
        signal.signal(number, signal.SIG_DFL)
    _drop(plan["uid"], plan["kept"])
    if plan["shell"]:
        _connect_shell()
    if program := seccomp.for_this_machine():
        seccomp.install(program)
    _enter(plan["cwd"], tolerant=plan["shell"])
    try:
        os.execvpe(plan["argv"][0], plan["argv"], plan["environment"])
    except OSError as error:
        _fail(plan["argv"][0], error.strerror, 126 + isinstance(error, FileNotFoundError))
    except ValueError as error:  # a null byte, or half a character
        _fail(plan["argv"][0], str(error), 126)


def _take() -> bytes:
    """The plan, and no more: what follows on the input is the program's."""
    size = b""
    while not size.endswith(b"\n"):
        size += os.read(0, 1)
    data = b""
    while len(data) < int(size):
        data += os.read(0, int(size) - len(data))
    return data


def _fail(what: str, why: str, code: int) -> NoReturn:
    """As a shell says it."""
    print(f"{what}: {why}", file=sys.stderr)
    sys.exit(code)


def _drop(uid: int, kept: int) -> None:
    """Be a user, with these capabilities, a set of bits, and no others for ever."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for bit in range(last + 1):
        if not kept >> bit & 1:
            kernel.prctl(kernel.PR_CAPBSET_DROP, bit)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kernel.capabilities(kept)


def _connect_shell() -> None:
    """Make Docker's stderr the stream of control and its stdout the output."""
    os.dup2(2, 3)
    os.dup2(1, 4)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _enter(cwd: str, tolerant: bool) -> None:
    try:
        os.chdir(cwd)
    except OSError as error:
        if not tolerant:
            _fail(cwd, error.strerror, 126 + isinstance(error, FileNotFoundError))
        os.chdir("/")  # the agent may have taken its home away, and shall have a shell all the same
