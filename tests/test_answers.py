"""What becomes of an answer: its text, its reasoning, its tokens, and what is no reply at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.answers import Unreadable, read, usage_of
from rollout.policy import Reply
from rollout.trajectory import Usage
from tests.fake_server import completion

IDS, CHANCES = [11, 12, 2], [-0.5, -0.25, -0.125]


def answer(text: str | None = "Hello.", finish: str = "stop", ids=None, chances=None, **message) -> dict:
    """As vLLM gives it with `return_token_ids` and `logprobs`."""
    whole = completion(text, finish, **message)
    whole["choices"][0] |= {
        "token_ids": ids,
        "logprobs": None if chances is None else {"content": [{"token": "x", "logprob": c} for c in chances]},
    }
    return whole


def test_everything_that_a_server_tells_is_kept():
    whole = answer(ids=IDS, chances=CHANCES) | {"model": "tiny-0613"}
    whole["usage"]["prompt_tokens_details"] = {"cached_tokens": 5}
    assert read(whole) == Reply("Hello.", "stop", 7, 3, IDS, CHANCES, cached_tokens=5, served="tiny-0613")


def test_what_a_server_does_not_tell_is_left_open():
    assert read({"choices": [{"message": {"content": "Hello."}}]}) == Reply("Hello.")
    assert read(answer(chances=CHANCES)).logprobs is None  # which tokens they belong to is not known
    bare = answer(ids=IDS)
    bare["usage"]["prompt_tokens_details"] = None
    assert (read(bare).token_ids, read(bare).logprobs, read(bare).cached_tokens) == (IDS, None, 0)


@pytest.mark.parametrize(
    ("ids", "chances", "words"),
    [(IDS, CHANCES[:2], "3 token ids and 2 log"), ([], [-1.0], "0 token ids and 1"), (["11"], None, "token ids are")],
)
def test_ids_that_contradict_the_answer_make_it_unreadable(ids, chances, words):
    with pytest.raises(Unreadable, match=words):
        read(answer(ids=ids, chances=chances))


@pytest.mark.parametrize(
    ("content", "reasoning", "text"),
    [
        ("<think>I add.</think>\n\nDone.", "I add.", "Done."),
        ("\n<think>\nI add.\n\nTwice.\n</think>\n Done.\n", "I add.\n\nTwice.", " Done.\n"),
        ("I add.\n</think>\n\nDone.", "I add.", "Done."),
        ("<think>One</think>Two</think>Three", "One", "Two</think>Three"),
        ("<think>\n\n</think>\n\nDone.", "", "Done."),
        ("<think>I ad", "I ad", ""),
        ("<think></think>", "", ""),
    ],
)
def test_thinking_at_the_head_of_a_text_is_no_part_of_the_message(content, reasoning, text):
    reply = read(answer(content, ids=IDS, chances=CHANCES))
    assert (reply.reasoning, reply.text) == (reasoning, text)
    assert (reply.token_ids, reply.logprobs) == (None, None)  # they are not those of the message alone


@given(st.text() | st.sampled_from(["Say <think> or </think>.", "a <think>b</think>", "", "\n\n"]))
def test_a_text_without_thinking_at_its_head_is_verbatim(text):
    if not text.lstrip().startswith("<think>") and not ("</think>" in text and "<think>" not in text):
        assert read(answer(text, ids=IDS)) == Reply(text, "stop", 7, 3, IDS)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_in_a_field_of_its_own_is_kept_beside_the_message(field):
    reply = read(answer("Done.", ids=IDS, chances=CHANCES, **{field: "I add."}))
    assert reply == Reply("Done.", "stop", 7, 3, reasoning="I add.")
    both = read(answer("<think>Again.</think>Done.", **{field: "I add."}))
    assert (both.text, both.reasoning) == ("Done.", "I add.\nAgain.")


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_model_that_thought_and_said_nothing_made_a_mistake_of_its_own(finish):
    assert read(answer(None, finish, reasoning="Hmm")) == Reply("", finish, 7, 3, reasoning="Hmm")


def test_a_refusal_is_what_the_model_said():
    assert read(answer(None, refusal="I will not.")).text == "I will not."


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"choices": []},
        {"choices": [{"message": None}]},
        answer(None),
        answer(None, tool_calls=[{"function": {"name": "add", "arguments": "{}"}}]),  # of tools that nobody offered
        answer(["Hello."]),
        answer("Hel", "abort"),
        answer("Hel", "content_filter"),
        answer("Hello.", reasoning=["Hmm"]),
        answer("Hello.", ids=7),
        answer("Hello.", ids=[1], chances=[None]),
    ],
)
def test_an_answer_without_a_reply_says_so(broken):
    with pytest.raises(Unreadable):
        read(broken)


@pytest.mark.parametrize("usage", [None, "many", {}, {"prompt_tokens": None, "prompt_tokens_details": None}])
def test_a_reply_whose_tokens_nobody_counted_took_none(usage):
    assert usage_of(answer() | {"usage": usage}) == Usage()
    assert read(answer() | {"usage": usage}).text == "Hello."


@pytest.mark.parametrize("nothing", [None, [], "usage"])
def test_what_is_no_answer_took_no_tokens(nothing):
    assert usage_of(nothing) == Usage()
