"""Whose answer it is: the rule for names, and completions that are given twice."""

import pytest

from envs.errors import UsageError
from rollout.answers import Unreadable
from rollout.policy import Reply
from rollout.provenance import Provenance, same_model


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("tiny", "tiny"),
        ("gpt-4", "gpt-4-0613"),
        ("gpt-4", "gpt-4-0125-preview"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gemini-1.5-pro", "gemini-1.5-pro-002"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5@20250929"),
        ("mistral-large-latest", "mistral-large-2411"),
        ("org/tiny", "tiny"),
        ("tiny", "/models/tiny.gguf"),
        ("openai/gpt-4o", "gpt-4o-2024-08-06"),
    ],
)
def test_names_of_the_same_model(asked, answered):
    assert same_model(asked, answered)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-4", "gpt-4-turbo"),
        ("gpt-4", "gpt-4-32k"),
        ("gpt-4", "gpt-4.1"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20"),
        ("gpt-4-0613", "gpt-4"),
        ("llama-3", "llama-3-405b"),
        ("llama-2", "llama-2-70b"),
        ("smollm2+one", "smollm2+two"),
        ("smollm2+one", "smollm2"),
        ("tiny", "Tiny-other"),
        ("a.b", "aXb"),
    ],
)
def test_names_of_different_models(asked, answered):
    assert not same_model(asked, answered)


def answer(number="chatcmpl-1", created=1, **fields):
    return {"id": number, "created": created, **fields}


def test_a_completion_is_taken_once():
    provenance = Provenance("tiny")
    provenance.check(answer(), Reply("Hello."))
    with pytest.raises(Unreadable, match="'chatcmpl-1' was given before"):
        provenance.check(answer(), Reply("Hello."))
    for other, text in ((answer("chatcmpl-2"), "Hello."), (answer(created=2), "Hello."), (answer(), "Good-bye.")):
        provenance.check(other, Reply(text))


@pytest.mark.parametrize("number", [None, ""])
def test_an_answer_without_an_id_claims_nothing(number):
    provenance = Provenance("tiny")
    for _ in range(2):
        provenance.check(answer(number), Reply("Hello."))


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("rollout.provenance._REMEMBERED", 100)
    provenance = Provenance("tiny")
    for number in range(1000):
        provenance.check(answer(f"chatcmpl-{number}"), Reply("Hello."))
    provenance.check(answer("chatcmpl-899"), Reply("Hello."))
    with pytest.raises(Unreadable):
        provenance.check(answer("chatcmpl-950"), Reply("Hello."))


def test_a_name_that_was_said_to_be_served_is_the_only_one():
    provenance = Provenance("my-deployment", served="gpt-4-0613")
    provenance.check(answer(model="gpt-4-0613"), Reply(""))
    for other in ("my-deployment", "gpt-4", "gpt-4-0613-2"):
        with pytest.raises(Unreadable, match=f"'gpt-4-0613' was asked for and '{other}' answered"):
            provenance.check(answer(model=other), Reply(""))


def test_a_server_of_another_model_is_the_users_mistake_and_the_sentence_says_what_to_write():
    provenance = Provenance("mine")
    for _ in range(9):
        with pytest.raises(Unreadable):
            provenance.check(answer(model="gpt-4-0613"), Reply(""))
    with pytest.raises(UsageError, match=r"write mine@URL\?served=gpt-4-0613"):
        provenance.check(answer(model="gpt-4-0613"), Reply(""))


def test_a_server_that_has_answered_rightly_is_asked_again_however_often_it_errs():
    provenance = Provenance("mine")
    provenance.check(answer("right", model="mine"), Reply(""))
    for number in range(50):
        with pytest.raises(Unreadable):
            provenance.check(answer(number, model="other"), Reply(""))
