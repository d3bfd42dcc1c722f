"""The batched decoder writes what the model alone would write, whoever else is in the batch."""

import math
from collections import Counter
from random import Random

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from envs.errors import UsageError  # noqa: E402
from rollout.decode import Decoder, Request  # noqa: E402

VOCABULARY = 61
STOPS = [5, 9, 13, 17, 21, 25]
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": STOPS,
}
FAMILIES = {
    "llama": ("LlamaConfig", {}),
    "qwen3": ("Qwen3Config", {}),
    "mistral_window": ("MistralConfig", {"sliding_window": 9}),
    "gemma3_window": (
        "Gemma3TextConfig",
        {"sliding_window": 9, "layer_types": ["sliding_attention"] * 2 + ["full_attention"]},
    ),
}


def tiny_model(family: str = "llama"):
    name, more = FAMILIES[family]
    torch.manual_seed(0)
    config = getattr(transformers, name)(**SIZES | more)
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def words(random: Random, least: int, most: int) -> list[int]:
    return random.choices(range(6, VOCABULARY), k=random.randint(least, most))


def finish(decoder: Decoder, requests: list[Request]) -> list[Request]:
    for request in requests:
        decoder.add(request)
    finished = []
    while decoder.busy:
        finished += decoder.step()
    assert {id(request) for request in finished} == {id(request) for request in requests}
    return requests


@torch.inference_mode()
def alone(model, prompt: list[int], most: int) -> tuple[list[int], list[float]]:
    """What transformers' own greedy search writes for one prompt, and the log probabilities of a full forward pass."""
    ids = torch.tensor([prompt])
    whole = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False, eos_token_id=STOPS
    )
    written = whole[0, len(prompt) :]
    logprobs = model(whole).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    return written.tolist(), logprobs.gather(-1, written[:, None])[:, 0].tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_many_ragged_conversations_are_written_as_each_alone(family):
    reference, model, random = tiny_model(family), tiny_model(family), Random(1)
    decoder, system = Decoder(model, STOPS, slots=5, context=256), words(random, 20, 20)
    prompts = [(system if i % 2 else []) + words(random, 1, 40) for i in range(12)]
    finishes = set()
    for _ in range(3):
        requests = finish(decoder, [Request(prompt, random.randint(1, 20)) for prompt in prompts])
        for request in requests:
            written, logprobs = alone(reference, request.prompt, request.max_tokens)
            assert request.sampled == written
            assert request.logprobs == pytest.approx(logprobs, abs=1e-4)
            assert request.finish == ("stop" if written[-1] in STOPS else "length")
            finishes.add(request.finish)
        prompts = [request.prompt + request.sampled + words(random, 1, 10) for request in requests]
    assert finishes == {"stop", "length"}, "the test model should end some answers itself"


def test_a_draw_depends_on_its_own_seed_and_not_on_the_crowd():
    model, random = tiny_model(), Random(2)
    prompts = [words(random, 1, 40) for _ in range(10)]

    def draw(numbers: list[int], slots: int) -> list[list[int]]:
        decoder = Decoder(model, STOPS, temperature=1.0, top_p=0.9, slots=slots, context=128)
        requests = finish(decoder, [Request(prompts[n], 15, Random(n)) for n in numbers])
        return [request.sampled for request in requests]

    together = draw(list(range(10)), slots=10)
    assert together[::-1] == draw(list(range(9, -1, -1)), slots=3)
    assert together[7:8] == draw([7], slots=1)
    assert len({tuple(sampled) for sampled in together}) == 10


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.5, 1.0), (1.5, 0.6)])
def test_draws_follow_the_distribution(temperature, top_p):
    model, prompt, n = tiny_model(), [7, 8, 9], 3000
    with torch.inference_mode():
        logits = model(torch.tensor([prompt])).logits[0, -1]
    chances, logprobs = (logits / temperature).softmax(-1).tolist(), logits.log_softmax(-1).tolist()
    nucleus, total = [], 0.0
    for token in sorted(range(VOCABULARY), key=lambda token: -chances[token]):
        if total < top_p:
            nucleus.append(token)
            total += chances[token]
    decoder = Decoder(model, STOPS, temperature=temperature, top_p=top_p, slots=300, context=8)
    requests = finish(decoder, [Request(prompt, 1, Random(i)) for i in range(n)])
    counts = Counter(request.sampled[0] for request in requests)
    assert set(counts) <= set(nucleus)
    for token in nucleus:
        chance = chances[token] / total
        assert abs(counts[token] / n - chance) < 5 * math.sqrt(chance * (1 - chance) / n) + 1 / n
    for request in requests:
        assert request.logprobs == pytest.approx([logprobs[request.sampled[0]]], abs=1e-4)


def test_keys_are_kept_between_turns_and_a_common_beginning_is_computed_once():
    model, random, fed = tiny_model(), Random(3), []
    model.register_forward_pre_hook(lambda _m, _a, given: fed.append(given["input_ids"].shape[1]), with_kwargs=True)
    decoder, system = Decoder(model, [], slots=4, context=256), words(random, 50, 50)
    (first,) = finish(decoder, [Request(system + words(random, 10, 10), 5)])
    assert fed == [60, 1, 1, 1, 1]
    fed.clear()
    finish(decoder, [Request(first.prompt + first.sampled + words(random, 7, 7), 2)])
    assert fed == [1 + 7, 1], "the last sampled token has not been through the model"
    fed.clear()
    other = [token for token in words(random, 11, 11) if token != first.prompt[50]]
    finish(decoder, [Request(system + other, 1)])
    assert fed == [len(other)]


def test_a_dropped_request_goes_and_leaves_the_others_alone():
    model, random = tiny_model(), Random(4)
    decoder, prompts = Decoder(model, [], slots=2, context=64), [words(random, 5, 9) for _ in range(3)]
    kept, running, waiting = (Request(prompt, 6) for prompt in prompts)
    for request in (running, kept, waiting):
        decoder.add(request)
    decoder.step()
    decoder.drop(running)
    decoder.drop(waiting)
    finished = []
    while decoder.busy:
        finished += decoder.step()
    assert finished == [kept]
    expected, _ = alone(tiny_model(), kept.prompt, 6)
    assert kept.sampled[: len(expected)] == expected
    assert len(running.sampled) == 1
    assert waiting.sampled == []


def test_an_answer_ends_with_the_context():
    decoder = Decoder(tiny_model(), [], slots=1, context=12)
    (request,) = finish(decoder, [Request([7] * 9, 50)])
    assert (len(request.sampled), request.finish) == (3, "length")


def test_models_that_cannot_be_run_are_refused():
    with pytest.raises(UsageError, match="context of 512 tokens is more than LlamaForCausalLM takes \\(256\\)"):
        Decoder(tiny_model(), [], context=512)
    config = transformers.MambaConfig(vocab_size=61, hidden_size=16, num_hidden_layers=1, state_size=4)
    with pytest.raises(UsageError, match="serve it with vLLM"):
        Decoder(transformers.MambaForCausalLM(config), [], context=16)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_same_on_a_gpu():
    model, random = tiny_model().to("cuda"), Random(5)
    prompts = [words(random, 1, 40) for _ in range(12)]
    requests = finish(Decoder(model, STOPS, slots=5, context=128), [Request(prompt, 15) for prompt in prompts])
    reference = tiny_model()
    for request in requests:
        written, logprobs = alone(reference, request.prompt, 15)
        assert request.sampled == written
        assert request.logprobs == pytest.approx(logprobs, abs=1e-2)
