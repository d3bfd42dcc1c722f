"""What tests of attacks on sandboxes share: a host worth attacking, and boxes that are looked over after each attack.

A test file has them by `pytest_plugins = "tests.attacked"`. The limits of these boxes are small, so that a bomb that a
broken limit lets through is still a small one.
"""

import contextlib
import functools
import secrets
import socket
import subprocess
from pathlib import Path

import pytest

from envs.sandbox import Limits, Sandbox, available, docker_engine, open_sandbox

LIMITS = Limits(memory=128 * 2**20, processes=32, disk=32 * 2**20, seconds=5, output=20_000)


class Host:
    """What the attacks are after: a secret, a folder, a process and a listener of the host."""

    def __init__(self, folder: Path):
        self.folder, self.secret = folder, secrets.token_hex(16)
        (folder / "secret").write_text(self.secret)
        self.victim = subprocess.Popen(["sleep", "1000"])
        self.listeners = [
            socket.create_server(("0.0.0.0", 0)),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        self.port = self.listeners[0].getsockname()[1]
        self.abstract = f"agenttuning-test-{self.secret}"
        self.listeners[1].bind(f"\0{self.abstract}")
        self.listeners[2].bind(str(folder / "socket"))
        for listener in self.listeners:
            listener.listen()
            listener.setblocking(False)

    def assert_untouched(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["secret", "socket"]
        assert (self.folder / "secret").read_text() == self.secret
        assert self.victim.poll() is None
        for listener in self.listeners:
            with pytest.raises(BlockingIOError):
                listener.accept()

    def processes(self) -> list[str]:
        """Command lines of all that runs, in the boxes too."""
        lines = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        return lines

    def close(self) -> None:
        self.victim.kill()
        self.victim.wait()
        for listener in self.listeners:
            listener.close()


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    host = Host(tmp_path_factory.mktemp("host"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENTTUNING_TEST_SECRET", host.secret)
        yield host
    host.close()


@pytest.fixture(scope="module", params=["bubblewrap", pytest.param("docker", marks=pytest.mark.slow)])
def backend(request):
    if reason := available(request.param):
        pytest.skip(reason)
    yield request.param
    assert request.param != "docker" or _containers() == []


@pytest.fixture(scope="module")
def boxes(host, backend):  # noqa: ARG001 (the box must see the host's environment, and its end the engine)
    """One box for each user, which all attacks share: what they break stays broken, and shows."""
    boxes = {user: open_sandbox(backend, limits=LIMITS, user=user) for user in ("user", "root")}
    yield boxes
    for box in boxes.values():
        box.close()


@pytest.fixture
def fresh(backend):
    """Opens a box that nobody has attacked yet."""
    return functools.partial(open_sandbox, backend, limits=LIMITS)


@pytest.fixture
def user_box(fresh, boxes, host):
    with _attacked(fresh, "user", boxes, host) as box:
        yield box


@pytest.fixture
def root_box(fresh, boxes, host):
    with _attacked(fresh, "root", boxes, host) as box:
        yield box


@pytest.fixture
def containers(backend):
    """Returns this process's containers in the Docker engine, none where that is not attacked."""
    return _containers if backend == "docker" else list


def _containers() -> list:
    with contextlib.closing(docker_engine.connect()) as client:
        label = f"{docker_engine.LABEL}.owner={docker_engine.owner()}"
        return client.containers.list(all=True, filters={"label": label})


@contextlib.contextmanager
def _attacked(fresh, user: str, boxes: dict[str, Sandbox], host: Host):
    if user not in boxes:
        boxes[user] = fresh(user=user)
    yield boxes[user]
    try:
        _assert_well(boxes[user], host)
    except BaseException:
        boxes.pop(user).close()
        raise


def _assert_well(box: Sandbox, host: Host) -> None:
    """The box answers, what the attack left running ends with its shell, and the host is as before."""
    assert box.run("exit").fresh
    outcome = box.run("/bin/echo alive; pwd")
    assert (outcome.output, outcome.code) == (f"alive\n{box.home}\n", 0)
    assert box.processes() == []
    host.assert_untouched()
