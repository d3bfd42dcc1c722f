"""A collection from a server of which nine requests in ten go wrong, each in another way, and kill -9 on top.

Every answer of the server carries its own number in the thought, so that the store shows which completions were taken.
"""

import collections
import itertools
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from rollout.collect import collect_tasks
from rollout.store import Store
from tests.fake_server import FakeServer, answers, completion, drop, hang, raw, stall, status
from tests.progress_watch import episodes_in, wait_for_more
from tests.test_collect import guest, tasks_file  # noqa: F401
from tests.toy import make_toy, toy_task

MODEL = "tiny"


class ChaosServer(FakeServer):
    """Plays the toy world well, one time in ten. What goes wrong is drawn from `seed`; `dealt` counts it."""

    def __init__(self, seed: int):
        super().__init__(self._play, self._draw(random.Random(seed)))
        self.dealt = collections.Counter()
        self._serial = itertools.count()
        self._given: dict[str, dict] = {}
        self._session = 0

    def _draw(self, dice: random.Random):
        faults = {
            "429": status(429, "slow down", {"retry-after-ms": "5"}),
            "500": status(500, "boom", {"X-Nothing": ""}),
            "hang": hang,
            "drop": drop,
            "truncated": raw('{"id": "chatcmpl-x", "choices": [{"message": {"con'),
            "empty": answers({"id": "chatcmpl-y", "model": MODEL, "choices": []}),
            "duplicate": self._repeat,
            "model": self._other_model,
            "stall": stall,
            "none": None,
        }
        while True:
            name = dice.choice([*faults])
            self.dealt[name] += 1
            yield faults[name]

    def _play(self, body: dict) -> str:
        """One more until the goal is reached: the observation ends in the total, the task's prompt in the goal."""
        goal = int(body["messages"][1]["content"].split()[-1].rstrip("."))
        total = sum(message["role"] == "assistant" for message in body["messages"])
        action = 'add\n{"number": 1}' if total < goal else "done"
        return f"Thought: {next(self._serial)}\nAction: {action}"

    def answer(self, body: dict) -> dict:
        answer = super().answer(body)
        self._given[answer["choices"][0]["message"]["content"]] = answer
        return answer

    async def _repeat(self, _: web.Request) -> web.Response:
        """An answer once more that another request of this session got, as a later request of its episode shows."""
        for body in reversed(self.bodies[self._session :]):
            if len(body["messages"]) > 2:
                return web.json_response(self._given[body["messages"][2]["content"]])
        return web.json_response(self.answer(self.bodies[-1]))

    def new_session(self) -> None:
        """A process that has just begun knows nothing of what another was given."""
        self._session = len(self.bodies)

    async def _other_model(self, _: web.Request) -> web.Response:
        text = 'Thought: another model\nAction: add\n{"number": 100}'
        return web.json_response({"id": f"other-{next(self._serial)}", "model": "tiny-chat"} | completion(text))


def tasks(count: int):
    """Half of them are over in one turn, half take two."""
    return [toy_task(index, goal=index % 2) for index in range(count)]


def check(store_path: Path, count: int) -> None:
    """Each episode is there once, whole, and made of answers that were the model's and that no other episode has."""
    with Store(store_path) as store:
        stored = list(store.select("r"))
        assert store.db["trajectories"].count == count
        assert store.db["steps"].count == sum(len(trajectory.steps) for trajectory in stored)
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.owed("r", [(task, 0) for task in tasks(count)]) == []
    assert sorted(t.task.id for t in stored) == sorted(task.id for task in tasks(count))
    for trajectory in stored:
        turns = trajectory.task.data["goal"] + 1
        assert [m["role"] for m in trajectory.messages] == ["system", *["user", "assistant"] * turns]
        assert (trajectory.success, trajectory.served, len(trajectory.steps)) == (True, MODEL, turns)
    thoughts = [step.thought for trajectory in stored for step in trajectory.steps]
    assert len(set(thoughts)) == len(thoughts)
    assert all(thought.isdecimal() for thought in thoughts)


def test_every_episode_completes_once_whatever_the_server_does(tmp_path, monkeypatch):
    monkeypatch.setattr("rollout.chat_policy._FIRST_WAIT", 0.01)
    monkeypatch.setattr("rollout.chat_policy._LONGEST_WAIT", 0.05)
    count, store = 40, tmp_path / "store.db"
    with ChaosServer(seed=1) as server:
        policy = f"{MODEL}@{server.url}?timeout=0.1"
        for _ in range(100):
            server.new_session()
            summary = collect_tasks(
                tasks(count), policy, run="r", store=store, concurrency=32, quiet=True, make_env=make_toy
            )
            with Store(store) as opened:
                invalid = list(opened.select("r", valid=False))
            assert summary.played.invalid == summary.owed == len(invalid)
            assert all("no reply in 6 tries" in trajectory.error for trajectory in invalid)
            if not summary.owed:
                break
        assert min(server.dealt.values()) > 10, server.dealt
    check(store, count)


def collect_until_done(command, env, server, limit: int = 200) -> int:
    """Run the same command until nothing is owed; returns how often."""
    for runs in range(1, limit):
        server.new_session()
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900)
        assert done.returncode in (0, 1), done.stderr
        if done.returncode == 0:
            return runs
        assert "are owed: run the same command again" in done.stdout
    raise AssertionError(f"still not done after {limit} runs: {server.dealt}")


@pytest.mark.slow
def test_five_hundred_episodes_survive_the_chaos_and_kill_minus_nine(tmp_path, guest):  # noqa: F811
    """The command as a user types it, killed three times in the middle."""
    count, store = 500, tmp_path / "store.db"
    file = tasks_file(tmp_path, tasks(count))
    moments = random.Random(0)
    with ChaosServer(seed=2) as server:
        policy = f"{MODEL}@{server.url}?timeout=0.3"
        options = ["--policy", policy, "--tasks", file, "--store", store, "--run", "r", "--concurrency", 64]
        command = [sys.executable, "-m", "rollout.collect", *map(str, options)]
        started, rows = time.perf_counter(), 0
        for _ in range(3):
            server.new_session()
            process = subprocess.Popen(command, env=guest, stdout=subprocess.DEVNULL)
            wait_for_more(store, rows, process)
            time.sleep(moments.uniform(0, 5))
            process.kill()
            assert process.wait() == -signal.SIGKILL, "the collection had ended before it could be killed"
            rows = episodes_in(store)
        with Store(store) as opened:
            assert 0 < len(list(opened.select("r"))) < count
        runs = collect_until_done(command, guest, server)
        seconds, requests = time.perf_counter() - started, len(server.bodies)
        print(f"3 kills and {runs} more runs, {requests} requests in {seconds:.0f} s: {dict(server.dealt)}")
    check(store, count)
