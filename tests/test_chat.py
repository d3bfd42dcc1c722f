"""Text becomes tokens once: what a server would feed, what the policy wrote, the stop token, and nothing else."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.errors import UsageError
from rollout.chat import prompt_hash, prompt_ids, render, stop_ids, template_hash
from rollout.student import STUDENTS, cache_folder, student_path
from tests.tiny_tokenizers import FAMILIES, tiny_tokenizer

pytest.importorskip("transformers", reason="needs the `train` extra")

STOPS = {
    "chatml": ["<|im_end|>"],
    "llama2": ["</s>"],
    "llama3": ["<|eot_id|>"],
    "gemma": ["<end_of_turn>", "<eos>"],
    "thinking": ["<|im_end|>"],
    "glm": ["<|user|>", "<eop>"],
    "smollm2": ["<|im_end|>"],
}
CONTROLS = sorted({token for _, special, _ in FAMILIES.values() for token in special} | {"<|endoftext|>"})
MARKUP = ["<think>", "</think>", "[INST]", "[/INST]", "<<SYS>>", "<|im_", "end|>", "\n", "\n\n", " ", "  "]

examples = settings(max_examples=50, deadline=None)
# The embedded vocabulary lacks the bytes of these six control characters, and of planes that Unicode leaves empty.
characters = st.characters(codec="utf-8", max_codepoint=0x3FFFF, exclude_characters="\x04\x06\x13\x14\x16\x1d")
plain_texts = st.lists(
    st.one_of(st.text(characters, max_size=12), st.sampled_from([*MARKUP, "Thought: The table."])), max_size=4
)
plain_texts = plain_texts.map("".join).filter(lambda text: not any(control in text for control in CONTROLS))
hostile_texts = st.lists(st.one_of(plain_texts, st.sampled_from(CONTROLS)), max_size=4).map("".join)


def dialogues(texts, turns=4):
    return st.lists(texts, min_size=2, max_size=2 * turns).map(to_messages)


def to_messages(texts):
    """User and assistant in turn, ending with the assistant."""
    pairs = zip(itertools.cycle(["user", "assistant"]), texts[: len(texts) // 2 * 2], strict=False)
    return [{"role": role, "content": content} for role, content in pairs]


def with_system(family, messages, system="Use the tools."):
    return messages if family == "gemma" else [{"role": "system", "content": system}, *messages]


def trained_spans(rendered):
    """(ids before the span, ids of the span) for each run of ids with weight."""
    for sequence in rendered:
        assert len(sequence.ids) == len(sequence.mask)
        start = 0
        for trained, run in itertools.groupby(sequence.mask, key=bool):
            end = start + len(list(run))
            if trained:
                yield sequence.ids[:start], sequence.ids[start:end]
            start = end


def served(tokenizer, messages):
    return tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)


# Fetching and converting it takes a minute; where that has been done, it is tested every time.
EMBEDDED = cache_folder() / "models" / STUDENTS["smollm2"].folder
embedded = pytest.param("smollm2", marks=[] if EMBEDDED.is_dir() else pytest.mark.slow)


@pytest.fixture(scope="module", params=[*FAMILIES, embedded])
def family(request):
    return request.param


@pytest.fixture(scope="module")
def tokenizer(family):
    return embedded_tokenizer() if family == "smollm2" else tiny_tokenizer(family)


def embedded_tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(student_path())


@examples
@given(messages=dialogues(plain_texts), system=plain_texts)
def test_the_prompt_is_what_the_template_gives_a_server(family, tokenizer, messages, system):
    for conversation in (messages[:-1], with_system(family, messages[:-1], system)):
        assert prompt_ids(tokenizer, conversation) == served(tokenizer, conversation)


@examples
@given(messages=dialogues(hostile_texts))
def test_labels_cover_what_was_written_and_the_stop_token_after_what_was_served(family, tokenizer, messages):
    messages = with_system(family, messages)
    assistant_turns = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    spans = list(trained_spans(render(tokenizer, messages)))
    assert len(spans) == len(assistant_turns)
    for (before, span), turn in zip(spans, assistant_turns, strict=True):
        assert before == prompt_ids(tokenizer, messages[:turn])
        text, content = tokenizer.decode(span[:-1], clean_up_tokenization_spaces=False), messages[turn]["content"]
        if family in ("chatml", "smollm2", "thinking", "glm"):
            assert text == content
        else:
            assert text.strip() == content.strip()
        assert span[-1] == stop_ids(tokenizer)[0]
        assert not set(span[:-1]) & set(tokenizer.all_special_ids)


@examples
@given(messages=dialogues(plain_texts), hostile=hostile_texts, data=st.data())
def test_control_tokens_in_an_observation_open_no_turn_and_change_no_label(family, tokenizer, messages, hostile, data):
    harmless, attacked = with_system(family, messages), with_system(family, list(messages))
    turn = data.draw(st.sampled_from([i for i, m in enumerate(attacked) if m["role"] == "user"]))
    attacked[turn] = {"role": "user", "content": f"rows {hostile}{''.join(CONTROLS)} end"}
    controls = set(tokenizer.all_special_ids)

    def turns_opened(dialogue):
        return [i for i in prompt_ids(tokenizer, dialogue) if i in controls]

    def labels(dialogue):
        return [span for _, span in trained_spans(render(tokenizer, dialogue))]

    assert turns_opened(attacked) == turns_opened(harmless)
    assert labels(attacked) == labels(harmless)


def test_a_whole_dialogue_is_one_sequence(family, tokenizer):
    texts = [
        "Hello.",
        "Thought: The table.\nAction: sql\nSELECT 1",
        "Observation: 1",
        "Thought: 1.",
        "Bye",
        "Thought: x",
    ]
    (sequence,) = render(tokenizer, with_system(family, to_messages(texts)))
    assert sequence.ids[-1] == stop_ids(tokenizer)[0]


def test_stop_ids_are_read_off_the_template(family, tokenizer):
    assert tokenizer.convert_ids_to_tokens(stop_ids(tokenizer)) == STOPS[family]


def test_a_template_that_deletes_thoughts_gives_one_sequence_per_turn():
    tokenizer = tiny_tokenizer("thinking")
    messages = to_messages(["a", "<think>one</think>1", "b", "<think>two</think>2", "c", "<think>three</think>3"])
    rendered = render(tokenizer, messages)
    assert [tokenizer.decode(span) for _, span in trained_spans(rendered)] == [
        f"<think>{thought}</think>{n}<|im_end|>" for n, thought in enumerate(["one", "two", "three"], 1)
    ]
    assert len(rendered) == 3
    assert "<think>" not in tokenizer.decode(rendered[2].ids[: rendered[2].mask.index(1.0)])


def test_sampled_ids_are_kept_and_a_prompt_that_reads_them_otherwise_starts_a_new_sequence():
    tokenizer = tiny_tokenizer("chatml")
    messages = to_messages(["a", "Thought", "b", "Action"])
    letters = tokenizer.convert_tokens_to_ids(list("Thought")) + stop_ids(tokenizer)
    assert letters != [*tokenizer("Thought").input_ids, *stop_ids(tokenizer)]
    first, second = render(tokenizer, messages, sampled=[letters, None])
    assert [span for _, span in trained_spans([first])] == [letters]
    assert next(trained_spans([second]))[0] == served(tokenizer, messages[:-1])


def test_a_turn_cut_by_the_token_limit_has_no_stop_token():
    tokenizer = tiny_tokenizer("chatml")
    messages = to_messages(["a", "Thought", "b", "Action"])
    ids, stop = tokenizer("Thought").input_ids, stop_ids(tokenizer)
    for arguments in ({"sampled": [ids, None]}, {"cut": [True, False]}):
        (sequence,) = render(tokenizer, messages, **arguments)
        spans = [span for _, span in trained_spans([sequence])]
        assert spans == [ids, [*tokenizer("Action").input_ids, *stop]]


def test_weights_fall_on_their_turns_and_a_turn_without_weight_is_context():
    tokenizer = tiny_tokenizer("chatml")
    messages = to_messages(["a", "one", "b", "two", "c", "three"])
    (sequence,) = render(tokenizer, messages, weights=[0, 0.5, 0])
    assert set(sequence.mask) == {0.0, 0.5}
    two = [*tokenizer("two").input_ids, *stop_ids(tokenizer)]
    assert list(trained_spans([sequence])) == [(served(tokenizer, messages[:3]), two)]
    assert render(tokenizer, messages, weights=[0, 0, 0]) == []


def test_wrong_use_is_refused_with_what_would_be_right():
    tokenizer = tiny_tokenizer("chatml")
    messages = to_messages(["a", "one", "b", "two"])
    for arguments in ({"weights": [1]}, {"sampled": [None] * 3}, {"cut": []}):
        with pytest.raises(UsageError, match="entries for 2 assistant turns"):
            render(tokenizer, messages, **arguments)
    foreign = tiny_tokenizer("llama3")("three").input_ids
    with pytest.raises(UsageError, match=r"turn 2 .*another tokenizer"):
        render(tokenizer, messages, sampled=[None, foreign])
    with pytest.raises(UsageError, match=r"refuses messages of the roles \(user, user\): roles must alternate"):
        prompt_ids(tiny_tokenizer("llama2"), [messages[0], messages[2]])


def test_a_tokenizer_without_template_or_without_end_of_turn_is_refused():
    import copy

    tokenizer = copy.deepcopy(tiny_tokenizer("chatml"))
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
    with pytest.raises(UsageError, match="not a control token"):
        stop_ids(tokenizer)
    tokenizer.chat_template = None
    with pytest.raises(UsageError, match="no chat template"):
        prompt_ids(tokenizer, [{"role": "user", "content": "a"}])


def test_hashes_name_a_prompt_and_a_template():
    assert re.fullmatch("[0-9a-f]{16}", prompt_hash("Use the tools."))
    assert len({template_hash(tiny_tokenizer(family)) for family in FAMILIES}) == len(FAMILIES)
    assert template_hash(tiny_tokenizer("chatml")) == prompt_hash(FAMILIES["chatml"][0])
