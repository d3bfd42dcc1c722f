"""Sequences in one row have the losses and gradients that each has alone, and none sees another."""

import random

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from rollout.chat import Rendered  # noqa: E402
from training import packing  # noqa: E402
from training.loss import token_losses  # noqa: E402
from training.packing import ATTENTION, attend, pack, packs  # noqa: E402

VOCABULARY = 50
SYSTEM = [random.Random(0).randrange(VOCABULARY) for _ in range(24)]


def tiny(window: int | None = None):
    """A random model with grouped heads, in float32; with a window, each second layer sees only so far back."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "vocab_size": VOCABULARY}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.3}
    if window is None:
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, **heads))
    layers = ["sliding_attention", "full_attention", "sliding_attention"]
    windowed = {"use_sliding_window": True, "sliding_window": window, "layer_types": layers}
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**sizes, **heads, **windowed))


@pytest.fixture(scope="module", params=[None, 10], ids=["full", "window"])
def models(request):
    """A model with our attention, and the same with transformers' own."""
    transformers.AttentionInterface.register(ATTENTION, attend)
    ours, theirs = tiny(request.param), tiny(request.param)
    ours.set_attn_implementation(ATTENTION)
    theirs.set_attn_implementation("eager")
    return ours, theirs


def sequence(seed: int, start: list[int], length: int) -> Rendered:
    """`start`, then random ids of which every third is trained, with uneven weights, and the last one."""
    draw = random.Random(seed)
    ids = start + [draw.randrange(VOCABULARY) for _ in range(length)]
    mask = [draw.choice([0.25, 1.0]) if i % 3 == 0 else 0.0 for i in range(len(ids))]
    return Rendered(ids, [0.0] * len(start) + mask[len(start) : -1] + [1.0])


def branching() -> list[Rendered]:
    """Two families that begin alike, one of them branching again, one sequence inside another, and one apart."""
    turn = sequence(1, SYSTEM, 20).ids
    inside = sequence(2, turn, 18)
    return [
        *(sequence(n, SYSTEM, 5 + 7 * n) for n in range(3, 6)),
        inside,
        sequence(7, inside.ids, 30),
        sequence(8, turn, 3),
        sequence(9, [], 40),
        sequence(9, [], 40),
    ]


def loss(model, sequences: list[Rendered]):
    one = pack(sequences)
    return (token_losses(model, model.get_output_embeddings(), one) * one.weights).sum()


def loss_alone(model, sequences: list[Rendered]):
    """By the book: each sequence by itself through the plain model, and the whole table of logits."""
    total = torch.zeros(())
    for one in sequences:
        logits = model(input_ids=torch.tensor([one.ids]), use_cache=False).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(one.ids[1:]), reduction="none")
        total = total + (losses * torch.tensor(one.mask[1:])).sum()
    return total


def gradients(model, total) -> list:
    model.zero_grad()
    total.backward()
    return [p.grad.clone() for p in model.parameters()]


def test_packed_losses_and_gradients_are_those_of_the_sequences_alone(models):
    ours, theirs = models
    packed, alone = loss(ours, branching()), loss_alone(theirs, branching())
    assert packed.item() == pytest.approx(alone.item(), rel=1e-5)
    for one, other in zip(gradients(ours, packed), gradients(theirs, alone), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("start", [[], SYSTEM], ids=["apart", "alike"])
def test_changing_one_token_of_a_sequence_changes_no_other(models, start):
    ours, _ = models
    first, second = sequence(1, start, 30), sequence(2, start, 30)
    ids = list(first.ids)
    ids[-20] = (ids[-20] + 1) % VOCABULARY
    with torch.no_grad():
        before, after = (
            token_losses(ours, ours.get_output_embeddings(), pack([one, second]))
            for one in (first, Rendered(ids, first.mask))
        )
    of_second = pack([first, second]).sequences == 1
    assert torch.equal(before[of_second], after[of_second])
    assert not torch.equal(before[~of_second], after[~of_second])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(2, 25), st.integers(0, 3)), min_size=1, max_size=6))
def test_any_tree_of_sequences_is_laid_out_so_that_each_can_be_read_off_its_path(shapes):
    """Also where sequences repeat, end where others go on, or have nothing in common."""
    starts = [[], SYSTEM, sequence(1, SYSTEM, 17).ids]
    sequences = [sequence(seed, starts[start], length) for start, length, seed in shapes]
    one = pack(sequences)
    assert [s for path in one.paths for s in range(path[-1].start, path[-1].stop)] == list(range(one.input_ids.numel()))
    ids, positions = one.input_ids[0].tolist(), one.position_ids[0].tolist()
    seen = [[i for part in path for i in range(part.start, part.stop)] for path in one.paths]
    for path in seen:
        assert [positions[i] for i in path] == list(range(len(path)))
    read = {tuple(ids[i] for i in path) for path in seen}
    assert {tuple(s.ids) for s in sequences} <= read
    for n, wanted in enumerate(sequences):
        own = one.sequences == n
        trained = [i for i, weight in enumerate(wanted.mask) if weight and i]
        assert one.targets[own].tolist() == [wanted.ids[i] for i in trained]
        assert one.weights[own].tolist() == [wanted.mask[i] for i in trained]
        assert [positions[i] + 1 for i in one.predictors[own].tolist()] == trained


def test_what_sequences_share_is_there_once():
    shared = [sequence(n, SYSTEM, 10) for n in range(5)]
    assert pack(shared).input_ids.numel() == len(SYSTEM) + 5 * 10
    assert pack([shared[0], shared[0]]).input_ids.numel() == len(SYSTEM) + 10
    short = [sequence(n, SYSTEM[:8], 10) for n in range(5)]
    assert pack(short).input_ids.numel() == 5 * 18, "a few ids are not worth a stretch of their own"


@pytest.mark.parametrize("tokens", [0, 60, 100, 10_000])
def test_packs_hold_every_sequence_once_and_no_more_tokens_than_asked(tokens):
    sequences = branching()
    random.Random(0).shuffle(sequences)
    divided = packs(sequences, tokens)
    assert all(one.input_ids.numel() <= tokens or len(set(one.sequences.tolist())) == 1 for one in divided)
    assert sum(len(set(one.sequences.tolist())) for one in divided) == len(sequences)
    assert sorted(i for one in divided for i in one.targets.tolist()) == sorted(
        i for s in sequences for i, weight in zip(s.ids[1:], s.mask[1:], strict=True) if weight
    )
    if tokens == 10_000:
        assert len(divided) == 1


@pytest.mark.parametrize("window", [None, 10])
def test_attention_by_hand_is_the_same_attention(window, monkeypatch):
    """What a CPU does in bfloat16 with short stretches, against the fused kernel on the same numbers."""
    paths = pack(branching()).paths
    draw = torch.Generator().manual_seed(0)
    length = paths[-1][-1].stop
    query, key, value = (torch.randn(1, heads, length, 8, generator=draw).bfloat16() for heads in (4, 2, 2))
    options = {"scaling": 0.5, "paths": paths, "sliding_window": window}
    by_hand, _ = attend(None, query, key, value, None, **options)
    monkeypatch.setattr(packing, "_SMALL", 0)
    monkeypatch.setattr(packing, "_by_hand", None)
    fused, _ = attend(None, query.float(), key.float(), value.float(), None, **options)
    torch.testing.assert_close(by_hand.float(), fused, rtol=0.02, atol=0.02)


def test_without_paths_sequences_would_leak(models, monkeypatch):
    """The tests above fail where the boundary is missing."""
    ours, theirs = models
    sequences = [sequence(1, [], 30), sequence(2, [], 30)]

    def one_stretch(module, query, key, value, mask, **options):
        return attend(module, query, key, value, mask, **options | {"paths": [(slice(0, query.shape[2]),)]})

    monkeypatch.setitem(transformers.AttentionInterface._global_mapping, ATTENTION, one_stretch)
    assert loss(ours, sequences).item() != pytest.approx(loss_alone(theirs, sequences).item(), rel=1e-4)


def test_models_whose_tokens_meet_elsewhere_are_not_packed(models):
    from training.model import packable

    ours, _ = models
    assert packable(ours)
    ours.config.layer_types = ["conv", "full_attention", "full_attention"]
    assert not packable(ours)
