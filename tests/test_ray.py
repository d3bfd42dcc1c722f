"""Two Ray workers play what one process plays, whatever dies on the way."""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from envs import UsageError, tool
from rollout import ray_engine
from rollout.budget import Bounds
from rollout.collection import collect_tasks
from rollout.policies import Sampling
from rollout.selection import select_tasks
from rollout.store import Store
from rollout.trajectory import Stop
from rollout.vllm_server import free_port
from tests.paid_server import PaidServer
from tests.toy import ToyEnv, make_toy, toy_task

if not importlib.util.find_spec("ray"):  # not imported, since that is when Ray reads its settings
    pytest.skip("needs ray", allow_module_level=True)

ROOT = Path(__file__).parents[1]
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "disabled"}
"""The settings of a cluster that only this machine can reach, and of its drivers."""
_CHANGING = {"number", "seconds", "policy_seconds", "env_seconds"}


class DeadlyEnv(ToyEnv):
    """One of its tasks ends the process that plays it."""

    @tool
    def add(self, number: int) -> str:
        """Add a number to the total."""
        if self.task.data["trouble"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().add(number)


def make_deadly(env_id: str, **options) -> DeadlyEnv:
    assert env_id == DeadlyEnv.id
    return DeadlyEnv(**options)


def rows(store: Path) -> list[tuple]:
    """Everything in the store that does not depend on the clock."""
    found = []
    with sqlite3.connect(store) as connection:
        for table, order in (("trajectories", "id"), ("steps", "trajectory, turn"), ("prompts", "hash")):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            wanted = ", ".join(f'"{column}"' for column in columns if column not in _CHANGING)
            found += connection.execute(f"SELECT '{table}', {wanted} FROM {table} ORDER BY {order}")
    connection.close()
    return found


def workers() -> list[psutil.Process]:
    """The processes of this run's workers."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended, and maybe nobody has waited for it
            if " ".join(process.cmdline()).startswith("ray::Worker"):
                found.append(process)
    return found


def reachable() -> list[str]:
    """Where the processes of this run listen for other machines."""
    sockets = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            sockets += process.net_connections()
    hosts = {socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN}
    return [host for host in hosts if not host.removeprefix("::ffff:").startswith("127.")]


def kill_one_at(monkeypatch, count: int) -> list[int]:
    """Kill a worker when so many episodes have come; return where its process number will stand."""
    add, seen, killed = Store.add, [], []

    def add_and_kill(store, trajectory):
        add(store, trajectory)
        seen.append(trajectory)
        if len(seen) == count:
            assert reachable() == []
            killed.append(workers()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(Store, "add", add_and_kill)
    return killed


def collected(store: Path, n: int, **options):
    tasks = select_tasks("db", "train", n)
    return collect_tasks(tasks, "expert", run="r", store=store, concurrency=8, live=8, quiet=True, **options)


def play(tasks, policy="expert", **options):
    async def gather():
        plan = [(task, 0) for task in tasks]
        options.setdefault("make_env", make_toy)
        stream = ray_engine.run(plan, policy, Sampling(), run="r", store=Path("none.db"), **options)
        return [trajectory async for trajectory in stream]

    return asyncio.run(gather())


def same_with_a_killed_worker(tmp_path, monkeypatch, n: int) -> None:
    assert collected(tmp_path / "one.db", n).clean
    killed = kill_one_at(monkeypatch, n // 3)
    summary = collected(tmp_path / "ray.db", n, ray="2")
    assert killed
    assert summary.figures.events["worker_died"] == 1
    assert (summary.played.episodes, summary.owed, summary.leaks) == (n, 0, [])
    assert summary.figures.most_live == 8
    assert rows(tmp_path / "ray.db") == rows(tmp_path / "one.db")


def test_a_killed_worker_loses_nothing_and_repeats_nothing(tmp_path, monkeypatch):
    same_with_a_killed_worker(tmp_path, monkeypatch, 60)


@pytest.mark.slow
def test_three_hundred_episodes_with_a_killed_worker(tmp_path, monkeypatch):
    same_with_a_killed_worker(tmp_path, monkeypatch, 300)


@pytest.mark.slow
def test_an_episode_that_kills_its_worker_is_given_up_and_takes_no_other_with_it(caplog):
    tasks = [toy_task(i, trouble="kill" if i == 3 else "") for i in range(12)]
    trajectories = play(tasks, address="1", live=4, make_env=make_deadly)
    assert sorted(t.task.id for t in trajectories) == sorted(task.id for task in tasks)
    (broken,) = [t for t in trajectories if not t.success]
    assert (broken.task, broken.stop, broken.reward) == (tasks[3], Stop.ENV_ERROR, None)
    assert broken.error.startswith("3 Ray workers died of it, the last one (")
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    assert "its 4 episodes are played again" in caplog.text


@pytest.mark.parametrize(
    ("policy", "address", "error"),
    [
        ("human", "2", "no terminal"),
        ("replay:earlier", "auto", "is on this machine"),
        ("vllm:smollm2", "2", "vllm:NAME@URL"),
        ("expert", "0", "'0'"),
        ("expert", "two", "'two'"),
        ("expert", "host:", "'host:'"),
        ("expert", "ray://host", "ray://HOST:10001"),
    ],
)
def test_what_cannot_be_played_is_refused_before_ray_starts(monkeypatch, policy, address, error):
    monkeypatch.delattr(ray_engine, "connected")
    with pytest.raises(UsageError, match=error):
        play([toy_task(0)], policy, address=address)


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_listens_is_refused_at_once(scheme):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listen
        address = f"{scheme}127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(UsageError, match=f"no Ray answers at {address}"):
            play([toy_task(0)], address=address)
    assert time.monotonic() - started < 5


def test_nothing_to_play_does_not_start_ray(monkeypatch):
    monkeypatch.delattr(ray_engine, "connected")
    assert play([], address="2") == []


@pytest.mark.slow
def test_the_driver_counts_what_the_workers_spend_and_keeps_the_bounds(tmp_path):
    tasks, options = select_tasks("db", "train", 40), {"run": "r", "store": tmp_path / "ray.db", "quiet": True}
    with PaidServer() as server:
        policy, bounds = f"model@{server.url}", Bounds(max_tokens_total=10_000)
        stopped = collect_tasks(tasks, policy, ray="2", live=4, concurrency=4, bounds=bounds, **options)
        spent = stopped.spent.usage
        assert (spent.prompt_tokens, spent.completion_tokens) == (server.prompt_tokens, server.completion_tokens)
        assert 5_000 < spent.prompt_tokens + spent.completion_tokens < 15_000
        assert "--max-tokens-total" in stopped.stopped
        assert stopped.owed == 40 - stopped.played.episodes > 0
        whole = collect_tasks(tasks, policy, ray="2", **options)
        assert (whole.already, whole.owed) == (stopped.played.episodes, 0)
        assert whole.spent.usage.prompt_tokens == server.prompt_tokens
        assert whole.figures.calls + stopped.figures.calls == len(server.bodies)


@pytest.mark.slow
def test_samples_beyond_enough_successes_are_not_played(tmp_path):
    tasks = [toy_task(i, trouble="slow") for i in range(6)]
    options = {"run": "r", "store": tmp_path / "ray.db", "samples": 8, "make_env": make_toy, "quiet": True}
    summary = collect_tasks(tasks, "expert", enough=2, live=6, ray="2", **options)
    with Store(tmp_path / "ray.db") as store:
        solved = Counter(t.task.id for t in store.select("r", success=True))
    assert summary.clean
    assert solved.keys() == {task.id for task in tasks}
    assert all(2 <= count <= 3 for count in solved.values())
    assert summary.spare == 48 - sum(solved.values())


@pytest.fixture
def cluster():
    """A Ray that somebody else runs: its addresses for a driver on its machine and for one elsewhere."""
    ports = [free_port(), free_port()]
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        command = [Path(sys.executable).with_name("ray"), "start", "--head", "--block", "--num-cpus=2"]
        command += [f"--port={ports[0]}", f"--ray-client-server-port={ports[1]}", f"--temp-dir={folder}"]
        settings = [*command, "--include-dashboard=false", f"--object-store-memory={100 * 2**20}"]
        process = subprocess.Popen(
            settings, env=os.environ | LOOPBACK, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        addresses = [f"127.0.0.1:{ports[0]}", f"ray://127.0.0.1:{ports[1]}"]
        for address in addresses:
            wait_until_it_answers(address)
        yield addresses
        assert process.poll() is None, "it was left alone"
        below = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(60)
        psutil.wait_procs(below, timeout=60)


def wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            return ray_engine.check("expert", address)
        except UsageError:
            assert time.monotonic() < deadline
            time.sleep(0.5)


@pytest.mark.slow
def test_a_cluster_is_used_and_left_alone(cluster, tmp_path):
    collected(tmp_path / "one.db", 30)
    for number, address in enumerate(cluster):
        store = tmp_path / f"{number}.db"
        command = [sys.executable, "-m", "rollout.collect", "--env", "db", "--policy", "expert", "--n", "30"]
        command += ["--run", "r", "--ray", address, "--store", str(store)]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | LOOPBACK, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert rows(store) == rows(tmp_path / "one.db")


@pytest.mark.slow
def test_the_example_is_what_ray_up_takes():
    program = """
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
with open("examples/ray-cluster.yaml") as file:
    validate_config(prepare_config(yaml.safe_load(file)))
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


SLOW = [toy_task(i, trouble="slow", goal=5) for i in range(60)]
_DRIVER = """
import sys
import tempfile
from pathlib import Path
from rollout.collection import collect_tasks
from tests.test_ray import SLOW
from tests.toy import make_toy
collect_tasks(SLOW, "expert", run="r", store=Path(sys.argv[1]), live=8, ray=sys.argv[2], make_env=make_toy)
"""


def driver_stopped_by(number: int, store: Path, address: str = "2") -> tuple[subprocess.Popen, str]:
    """A driver that got a signal when some episodes were in the store, and what it had said. All it started is gone."""
    command = [sys.executable, "-c", _DRIVER, str(store), address]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    below = []
    while process.poll() is None and episodes(store) < 10:
        below = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.05)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    _, left = psutil.wait_procs(below, timeout=90)  # Ray's agents wait a minute for a Ray that was killed
    assert left == []
    return process, said


def scratch_folders(process: subprocess.Popen) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"agenttuning-{process.pid}-*"))


def episodes(store: Path) -> int:
    if not store.exists():
        return 0
    with contextlib.closing(sqlite3.connect(store)) as connection, contextlib.suppress(sqlite3.OperationalError):
        return connection.execute("SELECT count(*) FROM trajectories").fetchone()[0]
    return 0


def goes_on_to_the_rows_of_one_process(tmp_path) -> None:
    options = {"run": "r", "live": 8, "quiet": True, "make_env": make_toy}
    summary = collect_tasks(SLOW, "expert", store=tmp_path / "ray.db", ray="2", **options)
    assert summary.clean
    assert summary.already >= 10
    assert summary.already + summary.played.episodes == len(SLOW)
    collect_tasks(SLOW, "expert", store=tmp_path / "one.db", **options)
    assert rows(tmp_path / "ray.db") == rows(tmp_path / "one.db")


@pytest.mark.slow
def test_a_killed_driver_leaves_no_process_and_the_run_goes_on(tmp_path):
    process, _ = driver_stopped_by(signal.SIGKILL, tmp_path / "ray.db")
    assert process.returncode == -signal.SIGKILL
    for folder in scratch_folders(process):
        shutil.rmtree(folder)  # which nobody was left to do
    goes_on_to_the_rows_of_one_process(tmp_path)


@pytest.mark.slow
def test_ctrl_c_ends_everything_and_says_how_to_go_on(tmp_path):
    process, said = driver_stopped_by(signal.SIGINT, tmp_path / "ray.db")
    assert process.returncode == -signal.SIGINT
    assert "are owed: run the same command again" in said
    assert "left behind" not in said
    assert not scratch_folders(process)
    goes_on_to_the_rows_of_one_process(tmp_path)
