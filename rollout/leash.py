"""Run a command that must not outlive who started it: `python leash.py COMMAND...`, with a pipe as its input.

Whoever starts this, in a process group of its own, holds the other end of the pipe. When that end closes, because it
was closed or because its holder died in whatever way, and when the command ends by itself, the whole group is ended:
the command is asked first (SIGTERM) and has `GRACE_SECONDS`, then all that is left is killed, this process last.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["GRACE_SECONDS", "hold"]

GRACE_SECONDS = 10.0


def hold(command: Sequence[str]) -> None:
    """Run `command` until it or standard input ends, then kill this process's group."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    select.select([sys.stdin.fileno(), os.pidfd_open(child.pid)], [], [])
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    hold(sys.argv[1:])
