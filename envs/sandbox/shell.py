"""A persistent bash, driven over byte streams: the same protocol in every backend.

The shell reads command lines from its standard input. Descriptor 4 is the stream of output, 3 one of control,
which carries nothing but its own end; what the shell itself prints goes to /dev/null. Each command is one line::

    builtin eval 'COMMAND' </dev/null >&4 2>&1 3>&- 4>&-; builtin printf 'MARK %d\n' $? >&4

- Quoted for `eval`, an unclosed quote is an error message and no hang.
- No command holds the control stream, so that its end says that the shell has ended or was replaced (`exit`, `exec`).
- The mark, fresh each time, ends the command's output whatever background jobs print around it: so short a write is not
  torn. Later output of a job shows with the next command.
- Redirected for each command, `exec >file` and `exec <&-` last as long as the command that says so.
"""

import os
import re
import secrets
import select
import shlex
import time
from collections.abc import Callable
from typing import Protocol

from envs.sandbox.interface import Outcome
from envs.sandbox.output import Clip

__all__ = ["CLEAN", "PROGRAM", "Pipes", "Shell", "Streams"]

PROGRAM = ("bash", "--norc", "--noprofile", "-O", "expand_aliases")
"""What a backend starts, with its output and errors to /dev/null and descriptors 3 and 4 as said above."""

CLEAN = {"PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""What the environment of `execute` has beside the system's: Python then loads nothing that the agent wrote."""

_GRACE = 0.5  # seconds that a shell has to come back after what it ran was killed
_PATIENCE = 0.02  # seconds between two kills: a list goes on with its next command
_KILLED = re.compile(r"^bash: line \d+: +\d+ Killed .*\n(?: +\d+ .*\| .*\n)*", re.MULTILINE)
"""What bash says of a pipeline that was killed from outside."""


class Streams(Protocol):
    """A running shell's streams."""

    def exchange(self, data: bytes, seconds: float) -> tuple[bytes, bytes, bytes, bool]:
        """Send what fits of `data`, wait up to `seconds` until something happens.

        Returns:
            What is still to be sent, what came as output and as control, and whether the shell has ended.
        """

    def close(self) -> None: ...


class Pipes:
    """Streams over three pipes, with a pidfd to see the shell end even where a child holds its pipes."""

    def __init__(self, commands: int, output: int, control: int, process: int):
        self._commands, self._output, self._control, self._process = commands, output, control, process
        for fd in (commands, output, control):
            os.set_blocking(fd, False)
        self._poll = select.poll()
        for fd in (output, control, process):
            self._poll.register(fd, select.POLLIN)

    def exchange(self, data: bytes, seconds: float) -> tuple[bytes, bytes, bytes, bool]:
        if data:
            data = data[self._send(data) :]
        if data:
            self._poll.register(self._commands, select.POLLOUT)
        ready = {fd for fd, _ in self._poll.poll(seconds * 1000)}
        if data:
            self._poll.unregister(self._commands)
        # Control first: then the output holds all that was printed before it.
        control = _read(self._control) if self._control in ready else b""
        output = _read(self._output)
        return data, output or b"", control or b"", control is None or (self._process in ready and not output)

    def _send(self, data: bytes) -> int:
        try:
            return os.write(self._commands, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:  # the shell's end shows in the other streams
            return len(data)

    def close(self) -> None:
        for fd in (self._commands, self._output, self._control, self._process):
            os.close(fd)


def _read(fd: int) -> bytes | None:
    """What is there to be read: nothing yet is b"", the end is None."""
    try:
        return os.read(fd, 2**16) or None
    except BlockingIOError:
        return b""


class _Command:
    """A command under way: what is still to be sent, what came back."""

    def __init__(self, line: bytes, mark: str, late: bytes, clip: Clip):
        self.unsent, self.clip, self.ended = line, clip, False
        self.code: int | None = None
        self.rest = late  # output that may have the mark in it
        self._mark, self._longest = re.compile(mark.encode() + rb" (\d+)\n"), len(mark) + len(" 255\n")

    def follow(self, streams: Streams, seconds: float) -> bool:
        """Exchange for some time at most, or until the command is over or the shell has ended. True if over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.unsent, output, _, self.ended = streams.exchange(self.unsent, left)
            self.rest += output
            if found := self._mark.search(self.rest):
                self.clip.add(self.rest[: found.start()])
                self.code, self.rest = int(found[1]), self.rest[found.end() :]
                return True
            if self.ended and not output:
                return False
            if (surplus := len(self.rest) - self._longest) > 0:
                self.clip.add(self.rest[:surplus])
                self.rest = self.rest[surplus:]
        return False


def _status(code: int, name: str) -> str:
    """Have `$?` be what the last command left, without a process: there may be no room for one."""
    return f"{name}() {{ builtin unset -f {name}; builtin return {code}; }}; {name} && :; " if code else ""


class Shell:
    """The shell of one box.

    Args:
        start: kills what runs in the box and starts a new shell.
        kill: kills what was started in the box since a time of `time.CLOCK_BOOTTIME`, except the shell.
        output: bytes kept of one command's output.
    """

    def __init__(self, start: Callable[[], Streams], kill: Callable[[float], None], output: int):
        self._start, self._kill, self._limit = start, kill, output
        self._streams: Streams | None = None
        self._renew()

    def _renew(self) -> None:
        self.close()
        self._streams = self._start()
        self._code, self._late = 0, b""

    def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams:
            streams.close()

    def run(self, command: str, seconds: float) -> Outcome:
        """As `Sandbox.run`."""
        if self._streams is None:  # it could not be renewed the last time
            self._renew()
        mark, command = secrets.token_hex(4), command.replace("\0", "")
        line = _status(self._code, f"_{mark}") + (
            f"builtin eval {shlex.quote(command)} </dev/null >&4 2>&1 3>&- 4>&-; builtin printf '{mark} %d\\n' $? >&4\n"
        )
        began = time.clock_gettime(time.CLOCK_BOOTTIME)
        running = _Command(line.encode("utf-8", "replace"), mark, self._late, Clip(self._limit))
        if running.follow(self._streams, seconds):
            self._code, self._late = running.code, running.rest
            return Outcome(running.clip.text(), running.code, running.clip.dropped)
        stop = "exit" if running.ended else "timeout"
        deadline = time.monotonic() + _GRACE
        while not running.ended and time.monotonic() < deadline:
            self._kill(began)
            if running.follow(self._streams, _PATIENCE):
                self._code, self._late = running.code, running.rest
                return Outcome(_KILLED.sub("", running.clip.text()), None, running.clip.dropped, stop)
        running.clip.add(running.rest)
        self._renew()
        return Outcome(running.clip.text(), None, running.clip.dropped, stop, fresh=True)
