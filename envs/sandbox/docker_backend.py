"""The Docker backend: one container for each box, driven over its streams and never by a command line of `docker`."""

import atexit
import base64
import contextlib
import dataclasses
import functools
import inspect
import json
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from types import ModuleType

from envs.errors import UsageError
from envs.sandbox import docker_engine, docker_keeper, docker_launch, files, interface, kernel, processes, seccomp
from envs.sandbox.docker_engine import IMAGE, available
from envs.sandbox.docker_streams import Frames
from envs.sandbox.interface import Entry, File, Limits, Outcome, Process, Sandbox, SandboxLost
from envs.sandbox.keeper import PATH, USER
from envs.sandbox.output import Clip
from envs.sandbox.shell import CLEAN, PROGRAM, Shell

__all__ = ["DockerSandbox", "available", "open_box"]

_PYTHON = ["/usr/bin/python3", "-I", "-S", "-c"]
_PATIENCE = 60  # seconds that the engine and the keeper may take for anything
_DIGESTS = 8  # times the disk's limit may be read in one snapshot

# The project's own files are not in the image: they come as their source.
_LOAD = """
import json, sys, types
for name in ("envs", "envs.sandbox"):
    sys.modules[name] = types.ModuleType(name)
for name, source in json.loads({}).items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
module.main()
"""

_boxes: "weakref.WeakSet[DockerSandbox]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_boxes.clear)  # there, they are the parent's


@atexit.register
def _close_all() -> None:
    for box in list(_boxes):
        box.close()


@functools.cache
def _sweep_once(_process: int) -> None:
    docker_engine.sweep()


def open_box(root: str | None, user: str, limits: Limits) -> "DockerSandbox":
    """As `envs.sandbox.open_sandbox`; `root` is the name of an image that has bash and Python 3.11 or later.

    Raises:
        UsageError: the engine has no such image, or no box can be made of it.
        SandboxLost: the engine failed.
    """
    _sweep_once(os.getpid())
    return DockerSandbox(root or IMAGE, user, limits)


class DockerSandbox(Sandbox):
    """A box that is a container. Process 1, its keeper, handles files; the shell and each program are an `exec`."""

    lacks = ("one limit for all that is written: it holds for each of /home, /root, /tmp and /var, and memory for all",)

    def __init__(self, image: str, user: str, limits: Limits):
        self.user, self.limits = user, limits
        self.home = "/root" if user == "root" else "/home/user"
        self._lock, self._use, self._closing = threading.Lock(), threading.Lock(), threading.Lock()
        self._closed = self._astray = False
        self._keeper: Frames | None = None
        self._shell: Shell | None = None
        self._shell_process = 0
        with docker_engine.errors("connecting"):
            self._client = docker_engine.connect()
        try:
            self._container = docker_engine.create(self._client, image, [*_PYTHON, "exec(input())"], user, limits)
        except BaseException:
            self._client.close()
            raise
        _boxes.add(self)
        try:
            self._start(image)
            self._shell = Shell(self._start_shell, self._kill_since, limits.output)
        except BaseException:
            self.close()
            raise

    def _start(self, image: str) -> None:
        import docker

        try:
            with docker_engine.errors("starting a container"):
                every = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                self._keeper = Frames(self._container.attach_socket(params=every))
                self._container.start()
        except SandboxLost as lost:
            if isinstance(lost.__cause__, docker.errors.APIError) and lost.__cause__.is_client_error():
                raise UsageError(f"no box can be made of the image {image!r}: {lost.__cause__.explanation}") from None
            raise
        loader = f"exec({_LOAD.format('input()')!r})"
        self._exchange(
            f"{loader}\n{_sources(interface, files, processes, docker_keeper)}\n",
            "unpack",
            docker_engine.skeleton(self._container),
        )

    @property
    def handle(self) -> str:
        return self._container.id

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
        began = time.monotonic()
        deadline = began + (self.limits.seconds if seconds is None else seconds)
        clip = Clip(self.limits.output)
        # Stopped, the agent's processes cannot reach into a program that runs under their own account.
        self._ask("stop")
        try:
            program, _, streams = self._spawn(argv, root or self.user == "root", cwd or self.home, CLEAN)
            with contextlib.closing(streams):
                ended = _collect(streams, input, clip, deadline)
            if not ended:
                self._ask("kill", time.monotonic() - began, self._shell_process)
        finally:
            self._ask("resume")
        if not ended:
            return Outcome(clip.text(), None, clip.dropped, "timeout")
        with docker_engine.errors("asking for an exit status"):
            code = self._client.api.exec_inspect(program)["ExitCode"]
        return Outcome(clip.text(), code, clip.dropped)

    def write(self, files: Mapping[str, File]) -> None:
        self._ask("write", {path: _in_json(file) for path, file in files.items()})

    def read(self, path: str, limit: int = 2**20) -> bytes:
        return base64.b64decode(self._ask("read", path, limit))

    def snapshot(self, *roots: str) -> dict[str, Entry]:
        found = self._ask("snapshot", roots, _DIGESTS * self.limits.disk)
        return {path: Entry(kind, mode, tuple(owner), *rest) for path, (kind, mode, owner, *rest) in found.items()}

    def processes(self) -> list[Process]:
        found = self._ask("list", self._shell_process)
        return [Process(tuple(argv), cwd, state) for argv, cwd, state in found]

    def close(self) -> None:
        """As `Sandbox.close`.

        Raises:
            SandboxLost: the engine does not answer.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
        docker_engine.remove(self._container)  # what is under way in another thread ends by the streams' end
        _boxes.discard(self)
        with self._lock, self._use:
            for streams in (self._keeper, self._shell):
                if streams:
                    streams.close()
            self._client.close()

    def _start_shell(self) -> Frames:
        self._ask("clear")
        environment = {"SHELL": "/bin/bash", "TERM": "dumb"}
        root = self.user == "root"
        _, self._shell_process, streams = self._spawn(PROGRAM, root, self.home, environment, shell=True)
        return streams

    def _spawn(
        self, argv: Sequence[str], root: bool, cwd: str, environment: Mapping[str, str], shell: bool = False
    ) -> tuple[str, int, Frames]:
        """Start a program in the container by `docker_launch`: the engine's id of it, its id inside, its streams."""
        name, home = ("root", "/root") if root else ("user", "/home/user")
        basis = {"PATH": PATH, "HOME": home, "USER": name, "LOGNAME": name, "LANG": "C.UTF-8"}
        kept = sum(1 << bit for bit in docker_engine.CAPABILITIES.values()) if root else 0
        plan = {"argv": list(argv), "environment": basis | environment, "cwd": cwd, "uid": 0 if root else USER}
        plan = json.dumps(plan | {"kept": kept, "disk": self.limits.disk, "shell": shell}).encode()
        try:
            program, process, streams = self._launch()
        except SandboxLost:
            # The box may be full: Docker needs a few processes too. Then the agent loses its own.
            self._ask("clear")
            program, process, streams = self._launch()
        _say(streams, b"%d\n%s" % (len(plan), plan))
        return program, process, streams

    def _launch(self) -> tuple[str, int, Frames]:
        command = [*_PYTHON, _LOAD.format("sys.argv[1]"), _sources(kernel, seccomp, docker_launch)]
        with docker_engine.errors("starting a program"):
            api = self._client.api
            program = api.exec_create(self._container.id, command, stdin=True, user="0:0", workdir="/")["Id"]
            streams = Frames(api.exec_start(program, socket=True))
        try:
            return program, int(_listen(streams)), streams
        except (SandboxLost, ValueError) as error:
            streams.close()
            raise SandboxLost(f"no program starts in the container: {error}") from error

    def _kill_since(self, began: float) -> None:
        self._ask("kill", time.clock_gettime(time.CLOCK_BOOTTIME) - began, self._shell_process)

    def _ask(self, method: str, *arguments: object):
        """Have the keeper do something: a function of `docker_keeper`. OSErrors are those of the box."""
        return self._exchange("", method, *arguments)

    def _exchange(self, preface: str, method: str, *arguments: object):
        with self._lock:
            if self._closed or self._astray:
                raise SandboxLost("the box was closed")
            self._astray = True  # until the answer is here, for an interrupted call leaves it on the way
            _say(self._keeper, f"{preface}{json.dumps([method, *arguments])}\n".encode())
            result, error = json.loads(_listen(self._keeper))
            self._astray = False
        if error:
            raise OSError(*error)
        return result


def _say(streams: Frames, data: bytes) -> None:
    """Send something to a process that answers only when it has all of it."""
    deadline = time.monotonic() + _PATIENCE
    while data and time.monotonic() < deadline:
        data = streams.exchange(data, _PATIENCE)[0]


def _listen(streams: Frames) -> bytes:
    """The line that a process says."""
    answer, complaint, ended = bytearray(), b"", False
    deadline = time.monotonic() + _PATIENCE
    while not answer.endswith(b"\n") and not ended and (left := deadline - time.monotonic()) > 0:
        _, output, errors, ended = streams.exchange(b"", left)
        answer += output
        complaint += errors
    if not answer.endswith(b"\n"):
        raise SandboxLost(f"a process in the container does not answer: {complaint.decode(errors='replace')}")
    return bytes(answer)


def _collect(streams: Frames, input: bytes, clip: Clip, deadline: float) -> bool:
    """Give a program its input and read what it prints until it has ended, or give up and return False."""
    ended = closed = False
    while not ended and (left := deadline - time.monotonic()) > 0:
        if not input and not closed:
            streams.end_input()
            closed = True
        input, output, errors, ended = streams.exchange(input, left)
        clip.add(output + errors)
    return ended


def _in_json(file: File) -> dict[str, object]:
    return dataclasses.asdict(file) | {"content": base64.b64encode(file.content).decode()}


@functools.cache
def _sources(*modules: ModuleType) -> str:
    return json.dumps({module.__name__: inspect.getsource(module) for module in modules})
