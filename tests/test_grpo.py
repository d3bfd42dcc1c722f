"""GRPO: our engine plays, ids and log-probabilities arrive as sampled, and rewarded samples become likelier."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("trl", reason="needs the `train` extra")

from envs import AgentEnv, Task, ToolCall, registry, tool  # noqa: E402
from envs.errors import UsageError  # noqa: E402
from rollout.local_policy import LocalPolicy, load_model  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from rollout.store import Store  # noqa: E402
from rollout.trajectory import Trajectory  # noqa: E402
from tests.tiny_models import ascii_tokenizer, tiny_model_folder  # noqa: E402
from training import rollouts  # noqa: E402
from training.grpo import grpo  # noqa: E402
from training.grpo_trainer import GroupTrainer  # noqa: E402
from training.rollouts import Rollouts, to_sample  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


class ParityEnv(AgentEnv):
    """Say two things of any kind; the character codes of both together should add up to an even number: luck decides.

    A task whose `data["fate"]` is given always has that score.
    """

    id = "Toy/Parity-v0"
    instructions = "Say something, twice."

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        fates = [{}, {"fate": 0.0}, {}, {}] * 3
        return [Task(cls.id, f"Task {n}: speak.", {"n": n, **fate}, split=split) for n, fate in enumerate(fates)]

    def setup(self, task: Task) -> None:
        self.said = ""

    def score(self) -> float:
        return self.task.data.get("fate", float(sum(map(ord, self.said)) % 2 == 0))

    def solve(self):
        yield "", ToolCall("say", {"text": "even"})

    def _parse(self, action: str) -> tuple[str, ToolCall]:
        return "", ToolCall("say", {"text": action})

    @tool
    def say(self, text: str) -> str:
        """Say it."""
        self.said += text
        if self._turn == 2:
            self.end()
        return "Once more."


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_model_folder(tmp_path_factory.mktemp("models") / "tiny", ascii_tokenizer())


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Compute in float32, with our world registered."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(registry, "_entries", lambda _: {ParityEnv.id: SimpleNamespace(load=lambda: ParityEnv)})


@pytest.fixture
def train(base, tmp_path):
    """The verb, small and quick."""

    def run(name: str = "out", **options) -> int:
        small = {"base": str(base), "steps": 1, "groups": 2, "samples": 4, "lr": 1e-3, "max_tokens": 6, "context": 800}
        return grpo("parity", out=tmp_path / name, store=tmp_path / "runs.db", **(small | {"save_steps": 1} | options))

    return run


def episodes(tmp_path: Path, run: str) -> list[Trajectory]:
    with Store(tmp_path / "runs.db") as store:
        return list(store.select(run))


def token_logps(model, sample) -> torch.Tensor:
    """The log-probability of each token of the completion, written the plain way."""
    ids = torch.tensor(sample.prompt_ids + sample.completion_ids)
    every = model(input_ids=ids[None]).logits[0, :-1].log_softmax(-1)
    return every.gather(-1, ids[1:, None])[len(sample.prompt_ids) - 1 :, 0]


def test_a_sample_is_what_was_shown_and_written_with_its_logprobs(train, base, tmp_path):
    train(groups=3)
    tokenizer, model = ascii_tokenizer(), load_model(base)[0]
    whole = 0
    for trajectory in episodes(tmp_path, "out-0000"):
        sample, (first, second) = to_sample(tokenizer, trajectory), trajectory.steps
        own = [i for i, mask in zip(sample.completion_ids, sample.env_mask, strict=True) if mask]
        between = [i for i, mask in zip(sample.completion_ids, sample.env_mask, strict=True) if not mask]
        if between:
            whole += 1
            assert own == first.token_ids + second.token_ids
            assert sample.completion_ids[: len(first.token_ids)] == first.token_ids
            assert "Once more." in tokenizer.decode(between)
        else:  # a control token was written, which is shown as plain text later on
            assert own == max(first.token_ids, second.token_ids, key=len)
        with torch.no_grad():
            expected = token_logps(model, sample) * torch.tensor(sample.env_mask)
        torch.testing.assert_close(torch.tensor(sample.logprobs), expected, rtol=0, atol=1e-3)
        assert sample.reward == trajectory.reward
    assert whole > 5


def test_a_step_makes_rewarded_samples_likelier_and_the_others_less(train, base, tmp_path, capsys):
    assert train(groups=3, samples=6) == 0
    before, after = load_model(base)[0], load_model(tmp_path / "out")[0]
    tokenizer, change = ascii_tokenizer(), {0.0: 0.0, 1.0: 0.0}
    groups: dict[str, list[Trajectory]] = {}
    for trajectory in episodes(tmp_path, "out-0000"):
        groups.setdefault(trajectory.task.id, []).append(trajectory)
    varied = [group for group in groups.values() if len({t.reward for t in group}) == 2]
    for trajectory in (t for group in varied for t in group):
        sample = to_sample(tokenizer, trajectory)
        with torch.no_grad():
            gain = token_logps(after, sample) - token_logps(before, sample)
        change[trajectory.reward] += (gain * torch.tensor(sample.env_mask)).sum().item()
    assert len(varied) == 3
    assert change[1.0] > 0.05
    assert change[0.0] < -0.05
    assert "step 1 of 1 · reward 0." in capsys.readouterr().out
    manifest = Manifest.read(tmp_path / "out")
    assert (manifest.base, manifest.method, len(manifest.prompts)) == (str(base), "grpo", 1)
    assert [path.name for path in (tmp_path / "out").glob("**/adapter_model.safetensors")] == [
        "adapter_model.safetensors"
    ]


@pytest.mark.parametrize(("loss", "iterations"), [("dapo", 2), ("grpo", 1), ("dr_grpo", 1)])
def test_the_loss_is_that_of_the_papers(train, tmp_path, monkeypatch, loss, iterations):
    given, compute = [], GroupTrainer.compute_loss

    def otherwise(tokenizer, trajectory):
        """As if the sampler had computed a little differently from the trainer."""
        sample = to_sample(tokenizer, trajectory)
        return replace(sample, logprobs=[value - 0.02 for value in sample.logprobs])

    def watched(self, model, inputs, **kwargs):
        result = compute(self, model, inputs, **kwargs)
        keys = ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask", "tool_mask")
        row = SimpleNamespace(**{key: inputs[key][0] for key in keys})
        prompt, own = row.prompt_ids[row.prompt_mask == 1], row.completion_ids[row.completion_mask == 1]
        sample = SimpleNamespace(prompt_ids=prompt.tolist(), completion_ids=own.tolist())
        with torch.no_grad():
            logps = token_logps(model, sample)
        given.append((sample, row.tool_mask[: len(own)], logps, result.item()))
        return result

    monkeypatch.setattr(GroupTrainer, "compute_loss", watched)
    monkeypatch.setattr(rollouts, "to_sample", otherwise)
    train(loss=loss, iterations=iterations, clip=0.05, lr=3e-3)
    tokenizer = ascii_tokenizer()
    groups: dict[str, list] = {}
    for trajectory in episodes(tmp_path, "out-0000"):
        groups.setdefault(trajectory.task.id, []).append(otherwise(tokenizer, trajectory))
    known = {}
    for group in groups.values():
        rewards = torch.tensor([sample.reward for sample in group])
        scale = 1.0 if loss == "dr_grpo" else rewards.std() + 1e-4
        for sample, advantage in zip(group, (rewards - rewards.mean()) / scale, strict=True):
            known[(*sample.prompt_ids, *sample.completion_ids)] = sample, advantage
    rows = 8
    assert len(given) == rows * iterations
    clipped = 0
    for step in range(iterations):
        batch = given[step * rows : (step + 1) * rows]
        tokens = sum(mask.sum() for _, mask, _, _ in batch)
        for seen, mask, logps, result in batch:
            sample, advantage = known[(*seen.prompt_ids, *seen.completion_ids)]
            assert mask.tolist() == sample.env_mask
            ratio = (logps - torch.tensor(sample.logprobs)).exp()
            worth = torch.min(ratio * advantage, ratio.clamp(0.95, 1.05) * advantage) * mask
            clipped += int(((worth != ratio * advantage) & (mask == 1)).sum())
            share = {"dapo": tokens, "grpo": mask.sum() * rows, "dr_grpo": torch.tensor(800 * rows)}[loss]
            assert result == pytest.approx(-(worth.sum() / share).item(), rel=1e-2, abs=1e-5)
    assert (clipped > 0) == (iterations > 1)


def test_groups_without_variance_are_skipped_and_counted(train, tmp_path, monkeypatch, capsys):
    rewards, play = [], Rollouts.play

    def watched(self, *args):
        groups = play(self, *args)
        rewards.extend([sample.reward for sample in group] for group in groups)
        return groups

    monkeypatch.setattr(Rollouts, "play", watched)
    train(groups=4, samples=3, seed=3)
    assert len(rewards) == 4
    assert all(len(set(group)) == 2 for group in rewards)
    played = {t.task.id for t in episodes(tmp_path, "out-0000")}
    uniform = len(played) - 4
    assert uniform > 0
    printed = capsys.readouterr().out
    assert "4 varied" in printed
    assert f"{uniform} uniform" in printed


def test_where_no_group_varies_nothing_is_trained(train, tmp_path, monkeypatch):
    monkeypatch.setattr(ParityEnv, "score", lambda self: 1.0)
    monkeypatch.setattr(GroupTrainer, "compute_loss", None)
    with pytest.raises(UsageError, match=r"nothing to learn at the first step: 2 groups .* 12 uniform"):
        train()
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_it_ends_early_when_there_is_nothing_more_to_learn(train, tmp_path, monkeypatch, capsys):
    play, calls = Rollouts.play, []

    def solved(self, *args):
        calls.append(1)
        if len(calls) == 3:
            monkeypatch.setattr(ParityEnv, "score", lambda self: 1.0)
        return play(self, *args)

    monkeypatch.setattr(Rollouts, "play", solved)
    assert train(steps=5) == 1
    assert "ended at step 2: 2 groups" in capsys.readouterr().out
    assert Manifest.read(tmp_path / "out").args["ended"] == 2


def test_an_episode_that_the_machine_broke_leaves_its_group_out(train, monkeypatch, capsys):
    act, broken = LocalPolicy.act, []

    async def fails(self, episode):
        if not broken:
            broken.append(episode.task.id)
            raise RuntimeError("the machine broke")
        return await act(self, episode)

    monkeypatch.setattr(LocalPolicy, "act", fails)
    train()
    assert "1 incomplete" in capsys.readouterr().out


class Killed(BaseException):
    pass


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


def test_an_interrupted_training_goes_on_to_the_same_weights(train, tmp_path, capsys, monkeypatch):
    options = {"steps": 2, "run": "whole", "iterations": 2}
    train("whole", **options)
    step, calls = GroupTrainer.training_step, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2 * 8 + 3:
            raise Killed
        return step(*args, **kwargs)

    options["run"] = "broken"
    with monkeypatch.context() as patch:
        patch.setattr(GroupTrainer, "training_step", dies)
        with pytest.raises(Killed):
            train("broken", **options)
    before = {run: episodes(tmp_path, f"broken-000{run}") for run in range(2)}
    capsys.readouterr()
    monkeypatch.setattr(LocalPolicy, "act", None)  # the second step had been played
    train("broken", **options)
    assert "resumed at step 2 of 4" in capsys.readouterr().out
    assert {run: episodes(tmp_path, f"broken-000{run}") for run in range(2)} == before
    whole, resumed = tensors(tmp_path / "whole"), tensors(tmp_path / "broken")
    torch.testing.assert_close(resumed, whole, rtol=0, atol=1e-5)  # TRL draws another order of the rows
    train("whole", **(options | {"run": "whole"}))
    assert "already trained" in capsys.readouterr().out


def test_an_adapter_is_trained_on_and_its_divergence_from_the_start_is_held(train, base, tmp_path):
    train("first")
    train("second", base=str(tmp_path / "first"), kl=0.1)
    manifest = Manifest.read(tmp_path / "second")
    assert (manifest.base, manifest.parent) == (str(base), str(tmp_path / "first"))
    assert json.loads((tmp_path / "second" / "plan.json").read_text())["rank"] is None


def test_wrong_use_is_refused_before_any_work(train, tmp_path):
    for options, match in (
        ({"samples": 1}, "samples must be at least 2"),
        ({"groups": 0}, "groups must be above 0"),
        ({"split": "test"}, "train or explore"),
        ({"difficulty": "5"}, "has no tasks of difficulty 5"),
    ):
        with pytest.raises(UsageError, match=match):
            train(**options)
    assert not (tmp_path / "out").exists()
