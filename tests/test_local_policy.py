"""A model in this process acts in many episodes at once, and what it records is what it was shown and what it wrote."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from envs.errors import UsageError  # noqa: E402
from rollout import local_policy  # noqa: E402
from rollout.chat import prompt_ids, render, stop_ids, template_hash  # noqa: E402
from rollout.local_policy import LocalPolicy, load_model  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from rollout.policies import Sampling  # noqa: E402
from rollout.policy import ContextFull, Episode, PolicyError  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

GREEDY = Sampling(temperature=0, max_tokens=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model folder: a tiny random Llama and a tokenizer with a chat template."""
    tokenizer = tiny_tokenizer("chatml")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,
    )
    path = tmp_path_factory.mktemp("models") / "tiny"
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Compute in float32, where a batch writes what one request alone would."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


def episode(prompt: str, seed: int = 0) -> Episode:
    messages = [{"role": "system", "content": "Add numbers."}, {"role": "user", "content": prompt}]
    return Episode(env=None, task=None, sample=0, seed=seed, messages=messages, on_env=None)


async def play(policy: LocalPolicy, game: Episode, turns: int) -> list:
    replies = []
    for turn in range(turns):
        replies.append(await policy.act(game))
        game.messages.append({"role": "assistant", "content": replies[-1].text})
        game.messages.append({"role": "user", "content": f"That was turn {turn}. <|im_end|> Go on."})
    return replies


def acted(path: Path, sampling: Sampling, games: list[Episode], turns: int = 1, **options) -> list[list]:
    """The replies of all games, played at the same time."""

    async def together():
        policy = LocalPolicy.load(path, sampling, **options)
        try:
            return await asyncio.gather(*(play(policy, game, turns) for game in games))
        finally:
            await policy.close()

    return asyncio.run(together())


def test_concurrent_episodes_write_what_each_would_alone(folder):
    games = [episode(f"Make {n} out of {'ones and ' * n} twos.") for n in range(9)]
    model, tokenizer = load_model(folder)
    for game, replies in zip(games, acted(folder, GREEDY, games, turns=3, batch=4), strict=True):
        for turn, reply in enumerate(replies):
            prompt = prompt_ids(tokenizer, game.messages[: 2 + 2 * turn])
            ids = torch.tensor([prompt])
            stops, mask = stop_ids(tokenizer), torch.ones_like(ids)
            whole = model.generate(
                ids, attention_mask=mask, max_new_tokens=12, do_sample=False, eos_token_id=stops, pad_token_id=stops[0]
            )
            assert reply.token_ids == whole[0, len(prompt) :].tolist()
            ended = reply.token_ids[-1] in stops
            assert reply.text == tokenizer.decode(reply.token_ids[:-1] if ended else reply.token_ids)
            assert reply.finish == ("stop" if ended else "length")
            assert (reply.prompt_tokens, reply.completion_tokens) == (len(prompt), len(reply.token_ids))
            assert len(reply.logprobs) == len(reply.token_ids)


def test_the_record_renders_to_what_was_shown_and_written(folder):
    game = episode("Make 3.")
    (replies,) = acted(folder, Sampling(temperature=1.0, max_tokens=8, seed=1), [game], turns=4)
    _, tokenizer = load_model(folder)
    sequences = render(tokenizer, game.messages[:-1], sampled=[reply.token_ids for reply in replies])
    trained = [i for s in sequences for i, weight in zip(s.ids, s.mask, strict=True) if weight]
    assert trained == [i for reply in replies for i in reply.token_ids]
    assert sequences[-1].ids[: replies[-1].prompt_tokens] == prompt_ids(tokenizer, game.messages[:-2])


def test_draws_belong_to_the_seed_of_the_run_and_the_episode(folder):
    def texts(seed: int | None, batch: int) -> list[list[str]]:
        games = [episode("Make 5.", seed=n) for n in range(6)]
        sampling = Sampling(temperature=1.0, max_tokens=8, seed=seed)
        return [[reply.text for reply in replies] for replies in acted(folder, sampling, games, turns=2, batch=batch)]

    assert texts(1, batch=6) == texts(1, batch=2)
    assert len({str(replies) for replies in texts(1, batch=6)}) == 6
    assert texts(1, batch=6) != texts(2, batch=6)
    assert texts(None, batch=6) != texts(None, batch=6)


def test_a_full_context_ends_the_episode(folder):
    prompt = episode("Make 1.")
    length = len(prompt_ids(load_model(folder)[1], prompt.messages))
    with pytest.raises(ContextFull, match=f"{length} tokens, the context {length}"):
        acted(folder, GREEDY, [prompt], context=length)
    ((reply,),) = acted(folder, GREEDY, [episode("Make 1.")], context=length + 1)
    assert reply.completion_tokens == 1


def test_a_failing_model_makes_the_turn_owed_and_the_policy_lives_on(folder):
    async def fail_once():
        policy = LocalPolicy.load(folder, GREEDY)
        model = policy._decoder._model

        def run_out(*_args, **_kwargs):
            hook.remove()
            raise RuntimeError("out of memory")

        hook = model.register_forward_pre_hook(run_out)
        with pytest.raises(PolicyError, match="RuntimeError: out of memory"):
            await policy.act(episode("Make 1."))
        reply = await policy.act(episode("Make 1."))
        await policy.close()
        with pytest.raises(PolicyError, match="closed"):
            await policy.act(episode("Make 1."))
        return reply

    assert asyncio.run(fail_once()).token_ids == acted(folder, GREEDY, [episode("Make 1.")])[0][0].token_ids


def test_an_abandoned_turn_frees_its_place(folder):
    async def abandon():
        policy = LocalPolicy.load(folder, Sampling(temperature=0, max_tokens=400), batch=1)
        policy._stop_ids.clear()
        policy._decoder._stop_ids.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(policy.act(episode("Make 1.")), timeout=0.05)
        policy._sampling = GREEDY
        reply = await asyncio.wait_for(policy.act(episode("Make 2.")), timeout=30)
        await policy.close()
        return reply

    assert asyncio.run(abandon()).completion_tokens == 12


def test_a_process_may_exit_in_the_middle_of_a_turn(folder):
    code = f"""
import asyncio, pathlib
from rollout.local_policy import LocalPolicy
from rollout.policies import Sampling
from rollout.policy import Episode
policy = LocalPolicy.load(pathlib.Path({str(folder)!r}), Sampling(max_tokens=400))
policy._decoder._stop_ids.clear()
game = Episode(None, None, 0, 0, [{{"role": "user", "content": "Go."}}], None)
async def main():
    asyncio.ensure_future(policy.act(game))
    await asyncio.sleep(0.05)
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def adapter(folder, tmp_path_factory) -> Path:
    """An adapter folder with our manifest, whose adapter changes what the model writes."""
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    config = peft.LoraConfig(target_modules="all-linear", r=4, init_lora_weights=False)
    tuned = peft.get_peft_model(model, config)
    path = tmp_path_factory.mktemp("adapters") / "tuned"
    tuned.save_pretrained(path)
    tokenizer = tiny_tokenizer("chatml")
    tokenizer.save_pretrained(path)
    Manifest(str(folder), "lora", "react", [], template_hash(tokenizer), data="").write(path)
    return path


def test_an_adapter_is_merged_into_the_base_that_its_manifest_names(folder, adapter):
    peft = pytest.importorskip("peft")
    tuned = peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(folder), adapter).eval()
    ids = torch.arange(30)[None]
    with torch.inference_mode():
        expected, merged = tuned(ids).logits, load_model(adapter)[0](ids).logits
        base = load_model(folder)[0](ids).logits
    assert torch.allclose(merged, expected, atol=1e-3)
    assert not torch.allclose(merged, base, atol=1e-1)
    ((by_manifest,),) = acted(adapter, GREEDY, [episode("Make 1.")])
    ((by_argument,),) = acted(folder, GREEDY, [episode("Make 1.")], adapter=adapter)
    assert by_manifest.token_ids == by_argument.token_ids


def test_the_name_is_the_folder_unless_given(folder, adapter):
    names = []
    for options in ({}, {"adapter": adapter}, {"name": "smollm2"}):
        policy = LocalPolicy.load(folder, GREEDY, **options)
        names.append(policy.name)
        asyncio.run(policy.close())
    assert names == ["tiny", "tuned", "smollm2"]


def test_the_weights_are_bfloat16_where_the_processor_computes_in_it(folder, monkeypatch):
    assert load_model(folder)[0].dtype == torch.float32
    monkeypatch.setattr(local_policy.torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert load_model(folder)[0].dtype == torch.bfloat16


def test_folders_that_hold_something_else_are_named(folder, tmp_path):
    for path, more, message in [
        (tmp_path, {}, "is not a model folder: it has no config.json"),
        (folder, {"adapter": tmp_path}, "is not an adapter folder: it has no adapter_config.json"),
        (tmp_path / "nowhere", {}, "is not a model folder"),
    ]:
        with pytest.raises(UsageError, match=message):
            LocalPolicy.load(path, GREEDY, **more)
