"""`ChatPolicy` against a local server with scripted faults: what is sent, what is retried, what ends an episode."""

import asyncio
import inspect
import itertools
import json
import os
import re
import subprocess
import sys
import time

import pytest
from aiohttp import web

from envs.errors import UsageError
from envs.types import Task
from rollout.chat_policy import ChatPolicy
from rollout.collect import collect_tasks
from rollout.engine import run
from rollout.meter import Meter
from rollout.policies import Sampling, make_policy
from rollout.policy import ContextFull, Episode, PolicyError, Reply
from rollout.store import Store
from rollout.trajectory import Stop, Trajectory
from tests.fake_server import FakeServer, answers, completion, drop, drop_in_body, garbage, hang, raw, stall, status
from tests.test_core import Guess, number

TASK = Task(env="Test/World-v0", prompt="Say hello.")
MESSAGES = [
    {"role": "system", "content": "You are a test.\n"},
    {"role": "user", "content": " Say <|im_end|> hello, \U0001f44b é "},
]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)


def episode(seed: int = 5) -> Episode:
    return Episode(env=None, task=TASK, sample=0, seed=seed, messages=list(MESSAGES), on_env=None)


def ask(server: FakeServer, sampling: Sampling | None = None, times: int = 1, seed: int = 5, **options) -> list[Reply]:
    """Ask a policy on `server` one question, `times` times."""

    async def go():
        policy = ChatPolicy("tiny", sampling or Sampling(), base_url=server.url, **options)
        try:
            return [await policy.act(episode(seed)) for _ in range(times)]
        finally:
            await policy.close()

    return asyncio.run(go())


def test_a_request_carries_exactly_what_was_asked():
    with FakeServer() as server:
        (reply,) = ask(server, Sampling(temperature=0.25, top_p=0.9, max_tokens=77), api_key="secret")
    assert reply == Reply("Hello.", "stop", prompt_tokens=7, completion_tokens=3, served="tiny")
    assert server.bodies == [
        {"model": "tiny", "messages": MESSAGES, "temperature": 0.25, "top_p": 0.9, "max_tokens": 77}
    ]
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_the_seed_is_sent_only_when_set_and_differs_by_episode():
    with FakeServer() as server:
        ask(server, Sampling(seed=2))
        ask(server, Sampling(seed=2), seed=6)
        ask(server, Sampling(seed=2), seed=2**63)
        ask(server, Sampling())
    assert [body.get("seed") for body in server.bodies] == [7, 8, 2, None]


@pytest.mark.parametrize("text", ["", "  spaces \n\n", "Thought: é\nAction: sql\nSELECT '\u2028'", "\0<|im_end|>"])
def test_the_reply_is_verbatim(text):
    with FakeServer(reply=lambda _: text) as server:
        assert ask(server)[0].text == text


def test_a_cut_reply_says_so_and_missing_usage_is_zero():
    answer = {"choices": [{"message": {"content": "Thought: I"}, "finish_reason": "length"}], "usage": None}
    with FakeServer(reply=lambda _: answer) as server:
        assert ask(server) == [Reply("Thought: I", "length", 0, 0, served="tiny")]


def test_a_reply_that_is_all_hidden_reasoning_is_empty_and_cut():
    with FakeServer(reply=lambda _: completion(None, "length", reasoning_content="Hmm")) as server:
        assert ask(server)[0] == Reply("", "length", 7, 3, served="tiny", reasoning="Hmm")


@pytest.mark.parametrize(
    "faults", [[status(500), status(503)], [status(408), status(409)], [drop], [drop_in_body], [garbage]]
)
def test_a_passing_fault_is_retried(faults):
    with FakeServer(faults=faults) as server:
        assert ask(server)[0].text == "Hello."
    assert len(server.bodies) == len(faults) + 1
    assert all(body == server.bodies[0] for body in server.bodies)


def test_retry_after_is_honoured():
    with FakeServer(faults=[status(429, "slow down", {"Retry-After": "1"})]) as server:
        started = time.perf_counter()
        assert ask(server)[0].text == "Hello."
    assert 0.95 < time.perf_counter() - started < 5
    assert len(server.bodies) == 2


def test_a_wait_of_more_than_two_minutes_is_not_waited_for():
    tomorrow = status(429, "come back tomorrow", {"Retry-After": "86400"})
    with FakeServer(faults=[tomorrow]) as server, pytest.raises(PolicyError, match="429 - come back tomorrow"):
        ask(server)


def test_a_hang_is_given_up_and_tried_again():
    with FakeServer(faults=[hang]) as server:
        started = time.perf_counter()
        assert ask(server, timeout=0.3)[0].text == "Hello."
    assert 0.3 < time.perf_counter() - started < 4
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (status(429, "out of quota"), "429 - out of quota"),
        (status(500, "boom"), "500 - boom"),
        (drop, "ServerDisconnectedError"),
        (drop_in_body, "19 of 500 bytes"),
        (hang, "[Tt]imeout"),
    ],
)
def test_a_lasting_fault_ends_in_a_policy_error_after_all_tries(fault, words):
    with FakeServer(faults=itertools.repeat(fault)) as server:
        with pytest.raises(PolicyError, match=words):
            ask(server, retries=1, timeout=0.3)
        assert len(server.bodies) == 2


def test_nobody_listening_is_a_policy_error():
    with FakeServer() as server:
        pass
    with pytest.raises(PolicyError, match=r"no reply in 1 tries, at last .*[Cc]onnect"):
        ask(server, retries=0)


def test_a_stall_in_the_middle_of_an_answer_is_given_up_too():
    async def trickle(request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for _ in range(200):  # a byte every now and then, which a limit between two bytes would let pass
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    for fault in (stall, trickle):
        with FakeServer(faults=[fault]) as server:
            started = time.perf_counter()
            assert ask(server, timeout=0.3)[0].text == "Hello."
        assert 0.3 < time.perf_counter() - started < 4
        assert len(server.bodies) == 2


def test_the_tries_of_a_call_fit_the_deadline_of_an_episode():
    names = inspect.signature(ChatPolicy).parameters
    tries, timeout = names["retries"].default + 1, names["timeout"].default
    waits = sum(min(0.5 * 2**failed, 8) for failed in range(tries - 1))
    assert tries * timeout + waits < inspect.signature(run).parameters["timeout"].default


def test_one_refusal_holds_up_every_call_of_the_policy():
    sent = []

    def reply(_):
        sent.append(time.perf_counter())
        return "Hello."

    async def go(server):
        policy = ChatPolicy("tiny", Sampling(), base_url=server.url)
        first = asyncio.create_task(policy.act(episode()))
        while not server.bodies:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await asyncio.gather(first, *(policy.act(episode()) for _ in range(8)))
        await policy.close()

    with FakeServer(reply, faults=[status(429, "slow down", {"Retry-After": "1"})]) as server:
        started = time.perf_counter()
        asyncio.run(go(server))
    assert len(sent) == 9
    assert min(sent) - started > 0.95


def test_refusals_do_not_count_while_other_calls_get_through():
    """Of twenty calls each second one is refused, again and again: far more often than a call has tries."""
    faults = itertools.chain.from_iterable(itertools.repeat([status(429, "slow down", {"retry-after-ms": "1"}), None]))

    async def go(server):
        policy = ChatPolicy("tiny", Sampling(), base_url=server.url, retries=2)
        await policy.act(episode())
        replies = await asyncio.gather(*(policy.act(episode()) for _ in range(20)))
        await policy.close()
        return replies

    with FakeServer(faults=itertools.chain([None], faults)) as server:
        assert len(asyncio.run(go(server))) == 20


def test_an_empty_account_ends_the_run():
    broke = status(429, "You exceeded your current quota", code="insufficient_quota", type="insufficient_quota")
    with FakeServer(faults=itertools.repeat(broke)) as server:
        with pytest.raises(UsageError, match=r"exceeded your current quota.*; pay for more and run the same command"):
            ask(server)
        assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": "tiny-chat"}, "the model 'tiny' was asked for and 'tiny-chat' answered"),
        ({"id": "chatcmpl-1", "created": 1, "choices": completion("Hello.")["choices"]}, "was given before"),
    ],
)
def test_an_answer_that_is_not_ours_is_never_a_reply(wrong, words):
    said = {"id": "chatcmpl-1", "created": 1, "model": "tiny"} | completion("Hello.")
    bad = answers(completion("Bad.") | {"id": "x", "created": 1, "model": "tiny"} | wrong)
    with FakeServer(faults=[answers(said), bad]) as server:
        assert [reply.text for reply in ask(server, times=2)] == ["Hello.", "Hello."]
        assert len(server.bodies) == 3
    faults = itertools.chain([answers(said)], itertools.repeat(bad))
    with (
        FakeServer(faults=faults) as server,
        pytest.raises(PolicyError, match=f"no reply in 2 tries, at last .*{words}"),
    ):
        ask(server, times=2, retries=1)


def test_the_engines_meter_hears_of_retries_and_refusals(tmp_path):
    faults = [status(500, "boom"), status(429, "slow down", {"retry-after-ms": "20"})]
    with FakeServer(guess, faults=faults) as server, Meter(tmp_path / "log.jsonl") as meter:
        roll_out(server, [(number("train", 0), 0)], meter=meter)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    retry, refusal = [line for line in lines if line["event"] in ("retry", "rate_limit")]
    assert (retry["event"], retry["wait"]) == ("retry", 0.001)
    assert (refusal["event"], refusal["wait"]) == ("rate_limit", pytest.approx(0.02, abs=0.01))
    assert "500 - boom" in retry["reason"]
    assert "429 - slow down" in refusal["reason"]


UNREADABLE = [
    raw('{"choices": [{"message": {"con'),
    raw("<html>busy</html>", "text/html"),
    raw("[]"),
    raw(b'{"choices": [{"message": {"content": "\xff"}}]}'),
    answers({"choices": []}),
    answers({"choices": None, "error": {"message": "overloaded"}}),
    answers({"choices": [{"message": None}]}),
    answers(completion(None)),
    answers(completion([{"type": "text", "text": "Hello."}])),
    answers(completion("Hel", "abort")),
    answers(completion("", "content_filter")),
    garbage,
]


@pytest.mark.parametrize("fault", UNREADABLE)
def test_an_answer_that_cannot_be_read_is_asked_for_again(fault):
    with FakeServer(faults=[fault]) as server:
        assert ask(server)[0].text == "Hello."
        assert len(server.bodies) == 2
    with FakeServer(faults=itertools.repeat(fault)) as server:
        with pytest.raises(PolicyError, match="no reply in 2 tries, at last"):
            ask(server, retries=1)
        assert len(server.bodies) == 2


@pytest.mark.parametrize("code", [400, 404, 422])
def test_a_refusal_fails_at_once_with_the_servers_sentence(code):
    with FakeServer(faults=itertools.repeat(status(code, "The model 'tiny' does not exist"))) as server:
        with pytest.raises(PolicyError, match=f"/v1/chat/completions: .*{code} - The model 'tiny' does not exist"):
            ask(server)
        assert len(server.bodies) == 1


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_is_the_users_mistake_and_ends_the_run(code):
    with FakeServer(faults=itertools.repeat(status(code, "Incorrect API key"))) as server:
        with pytest.raises(UsageError, match=f"refuses the key: .*{code} - Incorrect API key; set OPENAI_API_KEY"):
            ask(server)
        assert len(server.bodies) == 1


def test_a_refusal_in_another_shape_is_told_too():
    async def not_found(_):
        return web.json_response({"detail": "Not Found"}, status=404)

    with FakeServer(faults=[not_found]) as server, pytest.raises(PolicyError, match=r"404 - .*Not Found"):
        ask(server)


@pytest.mark.parametrize(
    "full",
    [
        status(400, "Too long.", code="context_length_exceeded", type="invalid_request_error"),
        status(400, "This model's maximum context length is 2048 tokens. However, you requested 2100.", code=400),
        status(400, "'max_tokens' or 'max_completion_tokens' is too large: 256. Maximum context length is 2048."),
        status(400, "The decoder prompt (length 2100) is longer than the maximum model length of 2048."),
        status(400, "The input (2100 tokens) is longer than the model's context length (2048 tokens)."),
        status(400, "request (2100 tokens) exceeds the available limit", type="exceed_context_size_error"),
    ],
)
def test_a_full_context_stops_the_episode_and_is_not_an_error(full):
    with FakeServer(faults=itertools.repeat(full)) as server:
        with pytest.raises(ContextFull):
            ask(server)
        assert len(server.bodies) == 1


def test_a_server_that_refuses_max_tokens_gets_the_other_name_from_then_on():
    sentence = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    with FakeServer(faults=[status(400, sentence, code="unsupported_parameter", param="max_tokens")]) as server:
        ask(server, Sampling(max_tokens=9), times=2)
    names = [{key: value for key, value in body.items() if key.startswith("max_")} for body in server.bodies]
    assert names == [{"max_tokens": 9}, {"max_completion_tokens": 9}, {"max_completion_tokens": 9}]


def test_a_server_that_refuses_both_names_is_not_asked_for_ever():
    with FakeServer(faults=itertools.repeat(status(400, "'max_completion_tokens' must be positive"))) as server:
        with pytest.raises(PolicyError, match="must be positive"):
            ask(server)
        assert len(server.bodies) == 2


def test_a_proxy_of_the_environment_does_not_break_loopback(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with FakeServer() as server:
        assert ask(server)[0].text == "Hello."


def test_openai_itself_needs_a_key_and_the_sentence_says_what_to_set():
    with pytest.raises(UsageError, match=r"'gpt-4' needs a key: set OPENAI_API_KEY.*gpt-4@http://127.0.0.1:8000/v1"):
        make_policy("gpt-4", Sampling())
    with pytest.raises(UsageError, match="Did you mean 'expert'"):
        make_policy("exprt", Sampling())


def test_key_and_url_come_from_the_environment_and_a_url_in_the_spec_wins(monkeypatch):
    async def first_request(spec):
        policy = make_policy(spec, Sampling())
        assert policy.name == "org/tiny"
        await policy.act(episode())
        await policy.close()

    with FakeServer() as one, FakeServer() as other:
        monkeypatch.setenv("OPENAI_BASE_URL", one.url)
        asyncio.run(first_request("org/tiny"))
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        asyncio.run(first_request(f"org/tiny@{other.url}"))
    assert [body["model"] for body in one.bodies + other.bodies] == ["org/tiny", "org/tiny"]
    assert "secret" not in one.headers[0]["Authorization"]
    assert other.headers[0]["Authorization"] == "Bearer secret"


def test_making_a_policy_sends_nothing():
    with FakeServer() as server:
        asyncio.run(make_policy(f"tiny@{server.url}", Sampling()).close())
    assert server.bodies == []


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("@http://127.0.0.1:1/v1", "names no model"),
        ("?tools=native", "names no model"),
        ("tiny@http://", "not the URL of a server"),
        ("tiny@https:/v1", "not the URL of a server"),
        ("tiny@http://127.0.0.1:1/v1,http://127.0.0.1:2/v1", "several servers; only vllm:"),
        ("tiny@http://127.0.0.1:1/v1?tool=native", "no option 'tool'. Did you mean 'tools'"),
        ("tiny@http://127.0.0.1:1/v1?tools=openai", "can only be native"),
        ("tiny@http://127.0.0.1:1/v1?tools", "no value; write tools=..."),
        ("tiny@http://127.0.0.1:1/v1?served=a&served=b", "an option twice"),
        ("tiny@http://127.0.0.1:1/v1?timeout=soon", "a number of seconds above 0, not 'soon'"),
        ("tiny@http://127.0.0.1:1/v1?timeout=0", "a number of seconds above 0, not '0'"),
    ],
)
def test_a_spec_that_is_not_one_is_the_users_mistake(spec, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        make_policy(spec, Sampling())


def test_the_options_of_a_spec_arrive():
    async def go(server):
        policy = make_policy(f"org/tiny:8b@{server.url}?timeout=0.3&served=other", Sampling())
        try:
            return policy.name, await policy.act(episode())
        finally:
            await policy.close()

    with FakeServer(lambda _: {"model": "other"} | completion("Hello."), faults=[hang]) as server:
        name, reply = asyncio.run(go(server))
    assert (name, reply.served, server.bodies[0]["model"]) == ("org/tiny:8b", "other", "org/tiny:8b")


def test_more_fields_can_be_asked_for():
    with FakeServer() as server:
        ask(server, extra={"return_token_ids": True, "logprobs": True})
    assert server.bodies[0] == {
        "model": "tiny",
        "messages": MESSAGES,
        "temperature": 0.7,
        "top_p": 1.0,
        "return_token_ids": True,
        "logprobs": True,
        "max_tokens": 256,
    }


# --- through the engine and the store ------------------------------------------------------------------------------


def roll_out(server: FakeServer, plan, deadline: float = 20, meter: Meter | None = None, **options) -> list[Trajectory]:
    async def go():
        policy = ChatPolicy("tiny", Sampling(), base_url=server.url, **options)
        try:
            episodes = run(
                plan,
                policy,
                run="test",
                concurrency=4,
                timeout=deadline,
                meter=meter,
                make_env=lambda _, **kw: Guess(**kw),
            )
            return [trajectory async for trajectory in episodes]
        finally:
            await policy.close()

    return asyncio.run(go())


def guess(body) -> str:
    """Always right: the prompt of task 17 says `Guess number 17`, and the number is 17 % 7."""
    index = int(body["messages"][1]["content"].split()[2])
    return f'Thought: I count.\nAction: answer\n{{"number": {index % 7}}}'


@pytest.mark.parametrize(
    ("fault", "words"), [(status(500, "boom"), "500 - boom"), (drop, "Disconnected"), (hang, "imeout")]
)
def test_an_episode_that_dies_is_invalid_counted_and_owed_again(tmp_path, fault, words):
    plan = [(number("train", index), 0) for index in range(6)]
    with Store(tmp_path / "store.db") as store:
        store.start_run("test", {})
        with FakeServer(guess, faults=[fault] * 2) as server:
            for trajectory in roll_out(server, plan, retries=0, timeout=0.5):
                store.add(trajectory)
        dead = list(store.select("test", valid=False))
        assert [t.stop.valid for t in dead] == [False, False]
        assert all(words in t.error and t.reward is None and not t.success for t in dead)
        assert (store.runs()[0]["episodes"], store.runs()[0]["valid"]) == (6, 4)
        owed = store.owed("test", plan)
        assert sorted(task.id for task, _ in owed) == sorted(t.task.id for t in dead)
        with FakeServer(guess) as server:
            for trajectory in roll_out(server, owed):
                store.add(trajectory)
            assert len(server.bodies) == 2
        assert store.owed("test", plan) == []
        assert [t.success for t in store.select("test")] == [True] * 6


def test_a_server_that_hangs_for_ever_cannot_hold_an_episode_past_its_deadline():
    with FakeServer(guess, faults=itertools.repeat(hang)) as server:
        started = time.perf_counter()
        (trajectory,) = roll_out(server, [(number("train", 0), 0)], deadline=0.5)
    assert time.perf_counter() - started < 5
    assert (trajectory.stop, trajectory.valid) == (Stop.TIMEOUT, False)


def test_the_requests_of_an_episode_are_the_record():
    def once_then_right(body):
        return guess(body) if len(body["messages"]) > 2 else 'Thought: \ud800?\nAction: hint\n{"below": 3}'

    with FakeServer(once_then_right) as server:
        (trajectory,) = roll_out(server, [(number("train", 0), 0)])
    assert trajectory.success
    assert [len(body["messages"]) for body in server.bodies] == [2, 4]
    assert server.bodies[-1]["messages"] == trajectory.messages[:4]
    assert trajectory.messages[2]["content"].startswith("Thought: \ufffd?")
    assert (trajectory.usage.prompt_tokens, trajectory.usage.completion_tokens) == (14, 6)


def test_a_collection_counts_the_dead_and_the_same_command_plays_what_is_owed(tmp_path):
    def collected(server):
        return collect_tasks(
            [number("train", index) for index in range(6)],
            f"tiny@{server.url}",
            run="test",
            store=tmp_path / "store.db",
            concurrency=1,
            quiet=True,
            make_env=lambda _, **options: Guess(**options),
        )

    tries = 6
    with FakeServer(guess, faults=[status(503, "loading")] * 2 * tries) as server:
        first = collected(server)
        assert len(server.bodies) == 2 * tries + 4
    assert (first.planned, first.already, first.owed) == (6, 0, 2)
    assert first.played.stops == {Stop.POLICY_ERROR: 2, Stop.FINISHED: 4}
    assert "503 - loading" in str(first)
    with FakeServer(guess) as server:
        second = collected(server)
        assert len(server.bodies) == 2
    assert (second.planned, second.already, second.owed) == (6, 4, 0)


def collect_command(folder, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "rollout.collect", "--env", "db", "--n", "2", "--store", str(folder / "s.db")]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, env=dict(os.environ))


def test_the_command_without_a_key_is_wrong_use_and_one_sentence(tmp_path):
    done = collect_command(tmp_path, "--policy", "gpt-4")
    assert done.returncode == 2
    assert "set OPENAI_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_against_a_dead_server_ran_with_failures(tmp_path):
    with FakeServer(faults=itertools.repeat(status(500, "boom"))) as server:
        done = collect_command(tmp_path, "--policy", f"tiny@{server.url}", "--temperature", "0.5", "--max-tokens", "9")
        assert {body["model"] for body in server.bodies} == {"tiny"}
        assert {(body["temperature"], body["max_tokens"]) for body in server.bodies} == {(0.5, 9)}
        assert {body["messages"][0]["role"] for body in server.bodies} == {"system"}
    assert done.returncode == 1, done.stderr
    assert "500 - boom" in done.stdout
    assert "2 are owed" in done.stdout
