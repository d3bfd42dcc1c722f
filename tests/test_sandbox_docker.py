"""What only the Docker backend has: an engine that may be missing, and containers that may be left behind."""

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from envs.errors import UsageError
from envs.sandbox import Limits, available, docker_engine, open_sandbox
from envs.sandbox.docker_engine import IMAGE
from envs.sandbox.image import build

OPEN_AND_WAIT = """
import sys, time
from envs.sandbox import open_sandbox
box = open_sandbox("docker")
box.run("setsid sleep 1000 &")
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def engine():
    if reason := available("docker"):
        pytest.skip(reason)
    with contextlib.closing(docker_engine.connect()) as client:
        yield client


def owned_by(client, owner: str) -> list:
    return client.containers.list(all=True, filters={"label": f"{docker_engine.LABEL}.owner={owner}"})


def test_without_an_engine_it_says_what_is_missing(monkeypatch, tmp_path):
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert "no Docker engine answers" in available("docker")
    with pytest.raises(UsageError, match="no Docker engine answers"):
        open_sandbox("docker")
    if sys.platform == "linux":
        with pytest.raises(UsageError, match=r"mmdebstrap|--folder"):
            build()


def test_without_the_sdk_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    assert available("docker") == "docker needs its SDK: pip install 'agenttuning[docker]'"


@pytest.mark.usefixtures("engine")
def test_an_image_that_is_not_there_is_a_mistake_of_the_user():
    with pytest.raises(UsageError, match=r"no image 'none/such'.*make sandbox-image"):
        open_sandbox("docker", root="none/such")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_survives_its_process(engine, number):
    process = subprocess.Popen([sys.executable, "-c", OPEN_AND_WAIT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        assert process.stdout.readline() == b"open\n"
        owner = docker_engine.owner(process.pid)
        assert len(owned_by(engine, owner)) == 1
        process.send_signal(number)
    deadline = time.monotonic() + 10
    while owned_by(engine, owner) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert owned_by(engine, owner) == []


def test_a_start_removes_what_dead_processes_left_and_nothing_else(engine, monkeypatch):
    place = docker_engine.owner().split()[:2]
    dead, elsewhere = " ".join([*place, "999999999", "1"]), "another-boot pid:[1] 1 1"
    for owner in (dead, elsewhere, docker_engine.owner()):
        with monkeypatch.context() as patch:
            patch.setattr(docker_engine, "owner", lambda owner=owner: owner)
            docker_engine.create(engine, IMAGE, ["true"], "user", Limits())
    docker_engine.sweep()
    assert owned_by(engine, dead) == []
    for owner in (elsewhere, docker_engine.owner()):
        (container,) = owned_by(engine, owner)
        docker_engine.remove(container)
