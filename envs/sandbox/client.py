"""This Python process's end of the server: one for all its boxes, and none for its forked children."""

import atexit
import os
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Protocol

from envs.sandbox.keeper import Plan
from envs.sandbox.wire import send

__all__ = ["PATIENCE", "SERVER"]

PATIENCE = 60
"""Seconds that a keeper may take for an answer, or to end."""

# The server must not import `envs`, which loads gymnasium: its packages are stood in for.
_START = """
import sys, types
folder, door = sys.argv[1:]
for name in ("envs", "envs.sandbox"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["envs.sandbox"].__path__ = [folder]
from envs.sandbox.server import main
main(int(door))
"""


class Box(Protocol):
    """What the server's boxes can do here."""

    def close(self) -> None:
        """End the box."""

    def forget(self) -> None:
        """Let go of a box that is the parent process's."""


class Server:
    """The server process (see `server`) of this Python process, started with the first box."""

    def __init__(self):
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self.boxes: weakref.WeakSet[Box] = weakref.WeakSet()

    def begin(self, plan: Plan) -> socket.socket:
        """The socket of a new box, which sends a message when the box is ready or has failed."""
        here, there = socket.socketpair()
        here.settimeout(PATIENCE)
        with self._lock, there:
            if self._socket is None or self._process.poll() is not None:
                self._launch()
            send(self._socket, plan, (there.fileno(),))
        return here

    @property
    def pid(self) -> int | None:
        """The process of the server, when there is one."""
        return self._process.pid if self._process else None

    def _launch(self) -> None:
        if self._socket is not None:  # the last one was killed
            self._socket.close()
        self._socket, door = socket.socketpair()
        with door:
            command = [sys.executable, "-I", "-S", "-c", _START, str(Path(__file__).parent), str(door.fileno())]
            # No variable of ours reaches a box, and no Ctrl-C of the terminal.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                pass_fds=[door.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """Close all boxes and end the server."""
        for box in list(self.boxes):
            box.close()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._process.wait()
                self._socket = self._process = None

    def forget(self) -> None:
        """In a forked child: leave the parent's boxes alone, and do not keep their sockets open past its end."""
        for box in list(self.boxes):
            box.forget()
        if self._socket is not None:
            self._socket.close()
            self._process.returncode = 0  # so that nothing here waits for the parent's child
        self.__init__()


SERVER = Server()
atexit.register(SERVER.close)
os.register_at_fork(after_in_child=SERVER.forget)
