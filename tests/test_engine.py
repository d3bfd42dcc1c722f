"""The episode loop and the engine: stop reasons, deadlines, threads, cancellation."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from envs import UsageError
from rollout.calls import Calls
from rollout.engine import episode_seed, run, still_owed
from rollout.episode import run_episode
from rollout.limits import Limits
from rollout.meter import Meter
from rollout.policy import ContextFull, PolicyError, Reply
from rollout.trajectory import Stop
from tests.toy import RELEASE, ToyEnv, ToyPolicy, make_toy, toy_task

ROOT = Path(__file__).parents[1]
ADD, DONE = 'Thought: I add.\nAction: add\n{"number": 1}', "Thought: Enough.\nAction: done"


def play(*script, task=None, **options):
    policy = ToyPolicy(*script)
    return asyncio.run(run_episode(lambda: ToyEnv(**options), policy, task or toy_task(0), timeout=5))


def play_all(tasks, policy=None, **options):
    async def gather():
        options.setdefault("run", "r")
        plan = [(task, 0) for task in tasks]
        return [t async for t in run(plan, policy or ToyPolicy(), make_env=make_toy, **options)]

    return asyncio.run(gather())


def test_record_is_what_was_sent():
    trajectory = play(ADD, ADD, "nonsense", ADD, DONE)
    env = ToyEnv()
    assert trajectory.stop is Stop.FINISHED
    assert trajectory.success
    assert [m["role"] for m in trajectory.messages] == ["system", "user", *["assistant", "user"] * 4, "assistant"]
    assert trajectory.messages[0]["content"] == env.system_prompt
    assert trajectory.messages[1]["content"] == toy_task(0).prompt
    assert [m["content"] for m in trajectory.messages[2::2]] == [ADD, ADD, "nonsense", ADD, DONE]
    assert trajectory.messages[5]["content"] == "Observation: The total is 2."
    assert [s.error for s in trajectory.steps] == [None, None, "format", None, None]
    assert [s.state_key for s in trajectory.steps] == ["1", "2", "2", "3", "3"]
    assert [s.turn for s in trajectory.steps] == [1, 2, 3, 4, 5]
    assert trajectory.steps[0].call == {"name": "add", "arguments": {"number": 1}}
    assert trajectory.steps[2].call is None


@pytest.mark.parametrize(
    ("script", "options", "stop", "reward"),
    [
        ([DONE], {}, Stop.FINISHED, 0.0),
        ([ADD], {"max_turns": 3}, Stop.MAX_TURNS, 0.0),
        (["what?"], {}, Stop.FORMAT, 0.0),
        ([ADD, ContextFull("full")], {}, Stop.CONTEXT, 0.0),
        ([ADD, PolicyError("down")], {}, Stop.POLICY_ERROR, None),
        ([ValueError("bug in the policy")], {}, Stop.POLICY_ERROR, None),
        ([TimeoutError("of the client")], {}, Stop.POLICY_ERROR, None),
        ([asyncio.CancelledError("of the client")], {}, Stop.POLICY_ERROR, None),
    ],
)
def test_stop_reasons(script, options, stop, reward):
    trajectory = play(*script, **options)
    assert (trajectory.stop, trajectory.reward) == (stop, reward)
    assert trajectory.valid == (reward is not None)
    assert (trajectory.error is None) == trajectory.valid


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("setup", "OSError: no space left on device (in setup, toy.py:"),
        ("broken", "the world fell apart"),
        ("score", "the score of Toy/Echo-v0 must be a number in [0, 1], not nan"),
        ("bug", "KeyError: 'missing' (in add, toy.py:"),
    ],
)
def test_env_errors_are_recorded(trouble, words):
    trajectory = play(ADD, DONE, task=toy_task(0, trouble))
    assert trajectory.stop is Stop.ENV_ERROR
    assert trajectory.reward is None
    assert trajectory.error.startswith(words)


def test_usage_errors_are_raised():
    with pytest.raises(UsageError, match="has no solution"):
        play(task=toy_task(0, "unsolvable"))
    with pytest.raises(UsageError, match="has no solution"):
        play_all([toy_task(0, "unsolvable"), *map(toy_task, range(1, 50))], policy := ToyPolicy(), concurrency=2)
    assert len(policy.seen) < 25  # the others do not play on


def test_unpaired_surrogates_never_enter_the_history():
    trajectory = play("Thought: \ud83d\ude00 \ud800\nAction: done")
    assert trajectory.messages[-1]["content"] == "Thought: 😀 \ufffd\nAction: done"
    assert trajectory.stop is Stop.FINISHED


def test_every_task_is_played_once():
    for concurrency in (1, 3, 64):
        trajectories = play_all([toy_task(i) for i in range(40)], concurrency=concurrency)
        assert sorted(t.task.prompt for t in trajectories) == sorted(toy_task(i).prompt for i in range(40))
        assert all(t.success for t in trajectories)
    assert play_all([]) == []


def test_seeds_differ_and_repeat():
    policy = ToyPolicy(DONE)
    tasks = [toy_task(i) for i in range(30)]
    play_all(tasks, policy, seed=5)
    seeds = {episode.task.id: episode.seed for episode in policy.seen}
    assert seeds == {task.id: episode_seed(5, task, 0) for task in tasks}
    assert len({episode_seed(s, t, n) for s in (0, 1) for t in tasks for n in (0, 1)}) == 120
    assert episode_seed(5, tasks[0], 0) == 1179246488  # stored runs rest on this number


def test_no_barrier():
    """While one slot is held up, the other plays all the rest."""
    trajectories = play_all([toy_task(0, "slow", goal=8), *map(toy_task, range(1, 30))], concurrency=2)
    assert trajectories[-1].task.data["trouble"] == "slow"


def test_stuck_environment_ends_at_its_deadline_and_the_rest_goes_on(monkeypatch):
    monkeypatch.setattr("rollout.engine._CLOSING_SECONDS", 0.1)
    tasks = [toy_task(0, "hang"), toy_task(1, "hang"), *(toy_task(i) for i in range(2, 30))]
    started = time.monotonic()
    trajectories = play_all(tasks, concurrency=2, timeout=0.3)
    assert time.monotonic() - started < 3
    assert len(trajectories) == 30
    assert sorted(t.stop for t in trajectories) == sorted([Stop.TIMEOUT] * 2 + [Stop.FINISHED] * 28)
    late = [t for t in trajectories if t.stop is Stop.TIMEOUT]
    assert all(t.error == "no end after 0.3 seconds" and not t.valid and t.reward is None for t in late)
    assert all(0.3 <= t.seconds < 2 for t in late)
    RELEASE.set()
    assert _no_threads_after(2)
    RELEASE.clear()


def test_hanging_policy_ends_at_its_deadline():
    class Hanging(ToyPolicy):
        async def act(self, episode):
            if episode.task.difficulty == 1:
                await asyncio.sleep(3600)
            return await super().act(episode)

    trajectories = play_all([toy_task(i) for i in range(10)], Hanging(), concurrency=2, timeout=0.2)
    assert [t.stop for t in trajectories].count(Stop.TIMEOUT) == 2
    assert [t.stop for t in trajectories].count(Stop.FINISHED) == 8


def test_environment_is_made_anew_after_an_error_and_kept_otherwise():
    made, closed = [], []

    class Counted(ToyEnv):
        def __init__(self, **options):
            super().__init__(**options)
            made.append(self)

        def close(self):
            super().close()
            closed.append(self)

    async def gather(tasks):
        plan = [(task, 0) for task in tasks]
        return [t async for t in run(plan, ToyPolicy(), run="r", concurrency=1, make_env=lambda _: Counted())]

    trajectories = asyncio.run(gather([toy_task(0), toy_task(1, "bug"), toy_task(2), toy_task(3, "exit"), toy_task(4)]))
    assert [t.stop for t in trajectories] == [
        Stop.FINISHED,
        Stop.ENV_ERROR,
        Stop.FINISHED,
        Stop.ENV_ERROR,
        Stop.FINISHED,
    ]
    assert len(made) == 3
    assert sorted(map(id, closed)) == sorted(map(id, made))
    assert _no_threads_after(2)


def _no_threads_after(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not [t for t in threading.enumerate() if t.name == "env"]:
            return True
        time.sleep(0.01)
    return False


def test_an_environment_that_cannot_be_made_is_an_environment_error():
    def broken(_):
        raise OSError("no browser")

    async def gather():
        return [t async for t in run([(toy_task(0), 0)], ToyPolicy(), run="r", make_env=broken)]

    (trajectory,) = asyncio.run(gather())
    assert trajectory.stop is Stop.ENV_ERROR
    assert trajectory.error.startswith("OSError: no browser")
    assert trajectory.messages == []


def test_a_policy_that_turns_its_cancellation_into_an_error_does_not_stop_it():
    class Stubborn(ToyPolicy):
        async def act(self, episode):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                raise ConnectionError("lost") from None

    async def play():
        await run_episode(ToyEnv, Stubborn(), toy_task(0))

    async def cancel():
        playing = asyncio.create_task(play())
        await asyncio.sleep(0.05)
        playing.cancel()
        with pytest.raises(ConnectionError):
            await playing

    asyncio.run(cancel())
    (late,) = play_all([toy_task(0)], Stubborn(), timeout=0.05)
    assert late.stop is Stop.TIMEOUT


def test_cancellation_yields_what_has_ended_and_drops_the_rest():
    class Selective(ToyPolicy):
        async def act(self, episode):
            if episode.task.data["goal"] == 2:
                await asyncio.sleep(3600)
            return await super().act(episode)

    got = []

    async def consume():
        plan = [(toy_task(i, goal=1 + i % 2), 0) for i in range(20)]
        stream = run(plan, Selective(), run="r", concurrency=20, make_env=make_toy)
        async with contextlib.aclosing(stream):
            async for trajectory in stream:
                got.append(trajectory)

    async def cancel():
        consumer = asyncio.create_task(consume())
        while len(got) < 9:
            await asyncio.sleep(0.01)
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer

    asyncio.run(cancel())
    assert 9 <= len(got) <= 10
    assert all(t.valid for t in got)
    assert _no_threads_after(2)


def test_leaving_the_stream_early_ends_the_run():
    policy = ToyPolicy()

    async def first():
        stream = run([(toy_task(i), 0) for i in range(50)], policy, run="r", concurrency=4, make_env=make_toy)
        async with contextlib.aclosing(stream):
            return await anext(stream)

    assert asyncio.run(first()).success
    assert len(policy.seen) < 25
    assert _no_threads_after(2)


def test_policies_may_work_on_the_env_thread_and_see_their_errors():
    class Peeking(ToyPolicy):
        async def act(self, episode):
            with pytest.raises(RuntimeError, match="has ended"):
                await episode.on_env(next, iter([]))
            thread = await episode.on_env(threading.get_ident)
            assert thread == episode.env.thread
            return Reply(DONE)

    (trajectory,) = play_all([toy_task(0)], Peeking())
    assert trajectory.stop is Stop.FINISHED, trajectory.error


class Watched(ToyPolicy):
    """The expert; keeps how many of its calls and episodes there were at a time, and in which order they came."""

    def __init__(self, seconds=0.005):
        super().__init__()
        self.seconds, self.in_flight, self.most, self.order = seconds, 0, 0, []

    async def act(self, episode):
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        self.order.append((episode.task.id, episode.sample))
        try:
            await asyncio.sleep(self.seconds)
            return await super().act(episode)
        finally:
            self.in_flight -= 1


def test_calls_and_episodes_have_a_limit_each():
    policy, meter = Watched(), Meter()
    trajectories = play_all([toy_task(i) for i in range(30)], policy, concurrency=2, live=7, meter=meter)
    assert len(trajectories) == 30
    assert all(t.success for t in trajectories)
    assert (policy.most, meter.live.peak) == (2, 7)


def test_a_policy_may_say_how_many_calls_it_takes():
    policy, meter = Watched(), Meter()
    policy.concurrency = 1
    play_all([toy_task(i) for i in range(5)], policy, meter=meter)
    assert (policy.most, meter.live.peak) == (1, 1)
    play_all([toy_task(i) for i in range(5)], policy, concurrency=3, meter=meter)
    assert policy.most == 3


def test_limits_are_found_while_the_run_goes_on(monkeypatch):
    monkeypatch.setattr("rollout.limits._WINDOW_SECONDS", 0.05)
    monkeypatch.setattr("rollout.limits._FIRST", 2)
    monkeypatch.setattr("rollout.crew._TICK_SECONDS", 0.01)
    policy, meter = Watched(0.02), Meter()
    tasks = [toy_task(i) for i in range(200)]
    trajectories = play_all(tasks, policy, meter=meter)
    assert sorted(t.task.id for t in trajectories) == sorted(task.id for task in tasks)
    assert all(t.success for t in trajectories)
    assert meter.events["limit"] >= 2
    assert policy.most > 4
    assert _no_threads_after(2)


def test_slots_come_and_go_with_the_limit(monkeypatch):
    class Scripted(Limits):
        def update(self, now, replies, call_seconds):
            before, self.live = self.live, 6 if 20 < replies < 100 else 2
            return before != self.live

    class Counting(Watched):
        async def act(self, episode):
            alive.append(int(meter.live.value))
            return await super().act(episode)

    monkeypatch.setattr("rollout.engine.Limits", Scripted)
    monkeypatch.setattr("rollout.crew._TICK_SECONDS", 0.001)
    alive, meter = [], Meter()
    assert len(play_all([toy_task(i) for i in range(80)], Counting(), concurrency=2, meter=meter)) == 80
    assert max(alive[:20]) == 2
    assert max(alive) == 6
    assert max(alive[-100:]) == 2
    assert _no_threads_after(2)


def test_episodes_that_end_at_once_leave_as_many_slots_as_the_limit(monkeypatch):
    limits, ended = Limits(2, 6), []

    async def together(*args, **kwargs):
        trajectory = await run_episode(*args, **kwargs)
        ended.append(trajectory)
        if len(ended) == 6:
            limits.live = 2
            gate.set()
        await gate.wait()
        return trajectory

    monkeypatch.setattr("rollout.engine.Limits", lambda calls, live: limits)
    monkeypatch.setattr("rollout.engine.run_episode", together)
    gate = asyncio.Event()
    assert len(play_all([toy_task(i) for i in range(20)])) == 20


def test_a_plan_is_asked_only_for_what_can_start():
    meter = Meter()

    def plan():
        for i in range(12):
            assert i - meter.episodes.count < 3
            yield toy_task(i), 0

    async def gather():
        options = {"concurrency": 3, "live": 3, "make_env": make_toy, "meter": meter}
        return [t async for t in run(plan(), ToyPolicy(), run="r", **options)]

    assert len(asyncio.run(gather())) == 12


def test_an_error_of_the_plan_ends_the_run():
    def plan():
        yield from ((toy_task(i), 0) for i in range(5))
        raise UsageError("the price list is gone")

    got = []

    async def consume():
        async for trajectory in run(plan(), ToyPolicy(), run="r", concurrency=2, live=2, make_env=make_toy):
            got.append(trajectory)

    with pytest.raises(UsageError, match="price list"):
        asyncio.run(consume())
    assert 3 <= len(got) <= 5
    assert _no_threads_after(2)


def test_samples_of_a_task_start_together():
    class Noting(Meter):
        def began(self, task, sample):
            super().began(task, sample)
            begun.append((task, sample, int(self.live.value)))

    begun, plan = [], [(toy_task(i), sample) for i in range(6) for sample in range(4)]

    async def consume():
        options = {"concurrency": 4, "live": 8, "make_env": make_toy, "meter": Noting()}
        async for _ in run(plan, ToyPolicy(), run="r", **options):
            pass

    asyncio.run(consume())
    assert [(task, sample) for task, sample, _ in begun] == plan
    assert [alive for _, _, alive in begun[:8]] == list(range(1, 9))


def test_a_plan_may_come_in_bits():
    """A slot waits for its next job while the others play; the run ends when the plan says so."""

    class Fed:
        def __init__(self, jobs):
            self.jobs = jobs

        def __aiter__(self):
            return self

        async def __anext__(self):
            await asyncio.sleep(0.01)
            if not self.jobs:
                raise StopAsyncIteration
            return self.jobs.pop(0)

    tasks = [toy_task(i) for i in range(10)]

    async def gather():
        plan = Fed([(task, 0) for task in tasks])
        return [t.task async for t in run(plan, ToyPolicy(), run="r", concurrency=3, make_env=make_toy)]

    played = asyncio.run(asyncio.wait_for(gather(), 10))
    assert sorted(task.id for task in played) == sorted(task.id for task in tasks)


def test_a_late_reply_is_a_policy_error_and_a_late_world_an_environment_error(monkeypatch):
    monkeypatch.setattr("rollout.engine._CLOSING_SECONDS", 0.1)

    class Late(ToyPolicy):
        async def act(self, episode):
            if episode.task.difficulty == 1:
                await asyncio.sleep(3600)
            return await super().act(episode)

    tasks = [toy_task(0), toy_task(1, "hang"), *(toy_task(i) for i in range(2, 5))]
    trajectories = play_all(tasks, Late(), concurrency=1, live=1, call_timeout=0.2, env_timeout=0.3)
    RELEASE.set()
    assert [(t.stop, t.error) for t in trajectories] == [
        (Stop.POLICY_ERROR, "no reply within 0.2 seconds"),
        (Stop.ENV_ERROR, "the environment did not answer within 0.3 seconds"),
        *[(Stop.FINISHED, None)] * 3,
    ]
    assert _no_threads_after(2)
    RELEASE.clear()


def test_a_timeout_of_their_own_is_no_deadline():
    class Impatient(ToyEnv):
        def setup(self, task):
            raise TimeoutError("the browser did not start")

    async def gather(policy, make_env):
        options = {"run": "r", "call_timeout": 60, "env_timeout": 60}
        return [t.error async for t in run([(toy_task(0), 0)], policy, make_env=make_env, **options)]

    (error,) = asyncio.run(gather(ToyPolicy(), lambda _: Impatient()))
    assert error.startswith("TimeoutError: the browser did not start")
    (error,) = asyncio.run(gather(ToyPolicy(TimeoutError("of the client")), make_toy))
    assert error.startswith("TimeoutError: of the client")


class Decided(Watched):
    """Solves a task with the samples that `solving` names, at once; the others would take an hour."""

    def __init__(self, *solving):
        super().__init__()
        self.solving = solving

    async def act(self, episode):
        if episode.sample not in self.solving:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if episode.sample == 1:
                    raise ConnectionError("lost") from None
                raise
        return await super().act(episode)


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_enough_successes_cut_the_other_samples(concurrency):
    """With few calls at a time most of them are cut while they wait for one."""
    policy, meter, tasks = Decided(0), Meter(), [toy_task(i) for i in range(6)]

    async def gather():
        plan = [(task, sample) for task in tasks for sample in range(4)]
        options = {"concurrency": concurrency, "live": 8, "enough": 1, "meter": meter}
        return [t async for t in run(plan, policy, run="r", make_env=make_toy, **options)]

    if concurrency < 8:
        policy.solving = (0, 1, 2, 3)  # or those that take an hour would keep the others out
    trajectories = asyncio.run(asyncio.wait_for(gather(), 20))
    assert all(t.success for t in trajectories)
    assert {t.task.id for t in trajectories} == {task.id for task in tasks}
    begun, cut = meter.events["episode_started"], meter.events["episode_cut"]
    assert begun == len(trajectories) + cut
    assert cut >= 6
    assert _no_threads_after(2)


def test_samples_are_not_begun_when_there_are_enough_successes():
    policy = Watched()
    tasks = [toy_task(i) for i in range(3)]

    async def gather():
        plan = [(task, sample) for task in tasks for sample in range(5)]
        options = {"concurrency": 1, "enough": 2, "successes": {tasks[0]: 1, tasks[1]: 2}}
        return [(t.task, t.sample) async for t in run(plan, policy, run="r", make_env=make_toy, **options)]

    assert asyncio.run(gather()) == [(tasks[0], 0), (tasks[2], 0), (tasks[2], 1)]
    owed = [(task, sample) for task in tasks for sample in (3, 4)]
    assert still_owed(owed, {tasks[0]: 1, tasks[1]: 2}, 2) == owed[:2] + owed[4:]
    assert still_owed(owed, {tasks[1]: 2}, None) == owed


def test_a_failure_is_no_success():
    """The samples that fail are kept, and those after them are played."""
    policy = ToyPolicy(DONE)

    async def gather():
        plan = [(toy_task(0), sample) for sample in range(4)]
        return [t async for t in run(plan, policy, run="r", concurrency=2, enough=1, make_env=make_toy)]

    trajectories = asyncio.run(gather())
    assert [t.success for t in trajectories] == [False] * 4


def test_a_slot_that_was_cut_tells_later_failures_from_it():
    async def gather():
        plan = [(toy_task(0), sample) for sample in range(4)] + [(toy_task(i, "broken"), 0) for i in range(1, 9)]
        stream = run(plan, Decided(0), run="r", concurrency=4, live=4, enough=1, make_env=make_toy)
        return [t.stop async for t in stream]

    stops = asyncio.run(asyncio.wait_for(gather(), 10))
    assert stops == [Stop.FINISHED] + [Stop.ENV_ERROR] * 8


def test_a_run_that_is_stopped_while_it_cuts_stops():
    async def cancel():
        plan = [(toy_task(i), sample) for i in range(2) for sample in range(8)]
        stream = run(plan, Decided(0), run="r", concurrency=8, live=8, enough=1, make_env=make_toy)
        async with contextlib.aclosing(stream):
            assert (await anext(stream)).sample == 0  # the others have been told, and have not heard yet
        assert _no_threads_after(2)

    asyncio.run(asyncio.wait_for(cancel(), 10))


def test_calls_are_made_in_the_order_in_which_they_were_asked_for():
    async def play():
        policy = Watched(0.001)
        calls = Calls(policy, limit=1)
        episodes = [SimpleNamespace(task=toy_task(i), sample=0, messages=[]) for i in range(10)]
        policy.script = [DONE]
        await asyncio.gather(*[calls.act(episode) for episode in episodes])
        assert policy.order == [(episode.task.id, 0) for episode in episodes]
        assert policy.most == 1
        waiting = [asyncio.create_task(calls.act(episode)) for episode in episodes]
        await asyncio.sleep(0)
        calls.limit = 4
        await asyncio.gather(*waiting)
        assert policy.most == 4

    asyncio.run(play())


def test_a_call_that_is_let_in_as_its_episode_is_cancelled_is_given_on():
    async def play():
        policy = Watched(3600)
        calls = Calls(policy, limit=1)
        episode = SimpleNamespace(task=toy_task(0), sample=0)
        first, second, third = [asyncio.create_task(calls.act(episode)) for _ in range(3)]
        await asyncio.sleep(0.01)
        first.cancel()
        second.cancel()
        await asyncio.sleep(0.01)
        assert policy.in_flight == 1
        assert first.cancelled()
        assert second.cancelled()
        fourth = asyncio.create_task(calls.act(episode))
        await asyncio.sleep(0.01)
        third.cancel()  # lets the fourth in
        await asyncio.sleep(0)
        fourth.cancel()  # before it runs
        await asyncio.sleep(0.01)
        assert fourth.cancelled()
        policy.seconds, policy.script = 0, [DONE]
        reply, _ = await asyncio.wait_for(calls.act(SimpleNamespace(task=toy_task(0), sample=0, messages=[])), 5)
        assert reply.text == DONE

    asyncio.run(play())


def test_process_exits_with_a_stuck_environment():
    code = """
import asyncio
from rollout.engine import run
from tests.toy import ToyPolicy, make_toy, toy_task
async def main():
    plan = [(toy_task(0, "hang"), 0), (toy_task(1), 0)]
    async for t in run(plan, ToyPolicy(), run="r", concurrency=1, timeout=0.3, make_env=make_toy):
        print(t.stop.value)
import rollout.engine
rollout.engine._CLOSING_SECONDS = 0.2
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["timeout", "finished"], done.stderr
    assert done.returncode == 0
    assert "1 environments are still busy" in done.stderr


def test_overhead_benchmark_runs_and_stays_under_a_millisecond():
    arguments = ["--turns", "2000", "--memory-turns", "3000", "--concurrency", "1", "16"]
    done = subprocess.run(
        [sys.executable, "benchmarks/overhead.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])
    assert [row["slots"] for row in measured["ms_per_turn"]] == [1, 16]
    assert all(0 < row["engine_and_store_cpu"] < 1 for row in measured["ms_per_turn"])
    assert list(measured["resident_mb"]) == ["300", "1500", "3000"]
