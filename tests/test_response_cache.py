"""The cache of answers: the same request is paid for once, and no other request gets its answer."""

import asyncio

import pytest

from envs import Task, UsageError
from rollout.chat_policy import ChatPolicy
from rollout.engine import run
from rollout.policies import Sampling
from rollout.policy import Episode
from rollout.response_cache import ResponseCache
from rollout.trajectory import Trajectory, Usage
from tests.fake_server import FakeServer, answers, completion
from tests.test_native import Shop, calling

BODY = {"model": "tiny", "messages": [{"role": "user", "content": "é \U0001f44b"}], "temperature": 0.7}
URL = "http://127.0.0.1:8000/v1/chat/completions"


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "answers.db"


def episode(seed: int = 5) -> Episode:
    return Episode(env=None, task=Task("Test/World-v0", "Say hello."), sample=0, seed=seed, messages=[], on_env=None)


def buy_one(body: dict) -> str:
    return (
        "Thought: So.\nAction: done" if len(body["messages"]) > 2 else 'Thought: I buy.\nAction: buy\n{"name": "tea"}'
    )


def play(server: FakeServer, path, spec: str = "", seed: int = 0, sampling: Sampling | None = None) -> list[Trajectory]:
    """Two samples of one task of two turns, in a policy of their own."""

    async def go():
        policy = ChatPolicy.from_spec(f"tiny@{server.url}{spec}", sampling or Sampling())
        plan = [(Shop.tasks("train")[1], sample) for sample in range(2)]
        try:
            with ResponseCache(path) as policy.cache:
                played = run(plan, policy, run="r", seed=seed, make_env=lambda _, **options: Shop(**options))
                return sorted([t async for t in played], key=lambda t: t.sample)
        finally:
            await policy.close()

    return asyncio.run(go())


def test_the_same_episodes_again_ask_for_nothing_cost_nothing_and_say_so(path):
    with FakeServer(buy_one) as server:
        first = play(server, path)
        assert len(server.bodies) == 4  # no sample takes the other's answer, though they ask the same
        second = play(server, path)
        assert len(server.bodies) == 4
    assert [t.success for t in first + second] == [True] * 4
    assert [t.messages for t in first] == [t.messages for t in second]
    assert [t.usage for t in first] == [Usage(14, 6)] * 2
    assert [t.usage for t in second] == [Usage()] * 2
    assert [t.served for t in first + second] == ["tiny"] * 2 + ["tiny (cached)"] * 2


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"sampling": Sampling(temperature=0.6)},
        {"sampling": Sampling(max_tokens=9)},
        {"spec": "?tools=native"},
    ],
)
def test_another_request_is_asked_for(path, changed):
    with FakeServer(buy_one) as server:
        play(server, path)
        play(server, path, **changed)
        assert len(server.bodies) == 8


def test_native_calls_come_from_the_cache_too(path):
    def call(body):
        return calling("done", {}) if len(body["messages"]) > 2 else calling("buy", {"name": "tea"})

    with FakeServer(call) as server:
        first, second = play(server, path, "?tools=native"), play(server, path, "?tools=native")
        assert len(server.bodies) == 4
    assert [t.messages for t in first] == [t.messages for t in second]
    assert {step.origin for t in second for step in t.steps} == {"tools"}


def test_an_answer_that_could_not_be_read_is_not_kept(path):
    with FakeServer(buy_one, faults=[answers(completion(None))]) as server:
        play(server, path)
        assert len(server.bodies) == 5
        play(server, path)
        assert len(server.bodies) == 5


def test_another_server_is_asked_for(path):
    with FakeServer(buy_one) as server, FakeServer(buy_one) as other:
        play(server, path)
        play(other, path)
        assert (len(server.bodies), len(other.bodies)) == (4, 4)


def test_the_first_answer_to_a_request_stays(path):
    with ResponseCache(path) as cache:
        assert cache.get(URL, BODY, episode()) is None
        cache.put(URL, BODY, episode(), completion("One."))
        cache.put(URL, BODY, episode(), completion("Two."))
    with ResponseCache(path) as cache:
        found = cache.get(URL, BODY, episode())
        assert found["choices"][0]["message"]["content"] == "One."
        assert (found["model"], found["usage"]) == ("tiny (cached)", {})
        for url, body, seed in [(URL, BODY, 6), (URL, BODY | {"seed": 1}, 5), (URL.replace("8000", "8001"), BODY, 5)]:
            assert cache.get(url, body, episode(seed)) is None


def test_the_file_holds_no_secret_and_no_question(path):
    secret = URL.replace("127", "user:sesame@127") + "?api-key=sesame"
    with ResponseCache(path) as cache:
        cache.put(secret, BODY, episode(), completion("One."))
        assert cache.get(URL, BODY, episode()) is not None
    assert b"sesame" not in path.read_bytes()
    assert BODY["messages"][0]["content"].encode() not in path.read_bytes()


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(UsageError, match=r"notes\.txt cannot be opened as a cache"):
        ResponseCache(tmp_path / "notes.txt")


def test_several_processes_may_share_a_file(path):
    with ResponseCache(path) as one, ResponseCache(path) as other:
        one.put(URL, BODY, episode(), completion("One."))
        assert other.get(URL, BODY, episode())["choices"] == completion("One.")["choices"]
        other.put(URL, BODY, episode(6), completion("Two."))
        assert one.get(URL, BODY, episode(6))["choices"] == completion("Two.")["choices"]
