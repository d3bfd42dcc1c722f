"""Self-play: what is chosen, kept and promoted, and that a loop killed anywhere comes to the same end."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from transformers import LlamaConfig, LlamaForCausalLM

from envs.errors import UsageError
from evaluation.comparison import Difference
from evaluation.statistics import Interval
from rollout.store import Store
from rollout.trajectory import Stop, Trajectory
from tests.selfplay_fakes import faked, make_config, plant
from tests.tiny_tokenizers import tiny_tokenizer
from tests.toy import toy_task
from training.rows import read_rows
from training.selfplay import stages
from training.selfplay.config import Config, Gate, Section, read_config
from training.selfplay.frontier import Frontier
from training.selfplay.gate import judge
from training.selfplay.loop import Loop

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "selfplay-db.toml"


def run(config: Config) -> dict:
    with faked():
        Loop(config).run()
    return json.loads((config.out / "summary.json").read_text())


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_example_is_a_settings_file():
    config = read_config(EXAMPLE)
    assert config.tasks.envs == ("db",)
    assert config.explore.given() == {"samples": 4, "temperature": 1.0}
    assert config.evaluate.given() == {"temperature": 0.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ruonds = 3", "no key 'ruonds'. Did you mean 'rounds'?"),
        ("[explore]\nsampels = 4", "no key 'explore.sampels'. Did you mean 'samples'?"),
        ("[train]\nlr = 'fast'", "train.lr: input should be a valid number"),
        ("[explore]\nsamples = 1", "explore.samples: input should be greater than or equal to 2"),
        ("[general]\neta = 1.0", "general.eta: input should be less than 1"),
        ("method = 'eto'\ncontrol = true", "set control = false"),
        ("method = 'grpo'\ntasks = {envs = ['db', 'os']}", "grpo trains on one environment"),
        ("[dataset]\nfilters = 'succes'", "no filter 'succes'. Did you mean 'success'?"),
        ("rounds = ", "is not TOML"),
    ],
)
def test_wrong_settings_are_refused_before_any_work(tmp_path, text, words):
    file = tmp_path / "wrong.toml"
    before = "" if "tasks" in text else "tasks = {envs = ['db']}\n"
    file.write_text(f"out = '{tmp_path / 'out'}'\n{before}{text}\n")
    with pytest.raises(UsageError, match=re.escape(words)):
        read_config(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path / "absent.toml")


def test_a_missing_key_is_named(tmp_path):
    file = tmp_path / "empty.toml"
    file.touch()
    with pytest.raises(UsageError, match="out: field required; tasks: field required"):
        read_config(file)


def test_the_documentation_has_every_key():
    text = (ROOT / "docs" / "selfplay.md").read_text(encoding="utf-8")
    words = []
    for name, field in Config.model_fields.items():
        if name in ("tasks", "general", "gate"):
            words += [f"`{name}.{key}`" for key in field.annotation.model_fields]
        else:
            words.append(f"`[{name}]`" if isinstance(field.default, Section) else f"`{name}`")
    assert len(words) > 25
    assert [word for word in words if word not in text] == []


# --- the frontier -----------------------------------------------------------------------------------------------------


def attempts(task, *outcomes: bool | None) -> list[Trajectory]:
    """Attempts that succeeded, failed, or (None) were broken by the machine."""
    return [
        Trajectory(
            *("run", task, n, "policy", "react", [], []),
            stop=Stop.ENV_ERROR if won is None else Stop.FINISHED,
            reward=None if won is None else float(won),
        )
        for n, won in enumerate(outcomes)
    ]


def test_a_task_that_is_sometimes_solved_is_worth_most():
    never, sometimes, always = (toy_task(n, template="same") for n in range(3))
    history = [*attempts(never, *[False] * 4), *attempts(sometimes, True, False, True, False)]
    history += attempts(always, *[True] * 4)
    frontier = Frontier(history)
    fresh = toy_task(9, template="same")
    worth = {task: frontier.worth(task) for task in (never, sometimes, always, fresh)}
    assert max(worth, key=worth.get) == sometimes
    assert min(worth[never], worth[always]) < 0.1 < worth[fresh]


def test_a_fresh_task_is_worth_what_its_template_is():
    history = [
        *attempts(toy_task(0, template="hard"), *[False] * 9),
        *attempts(toy_task(1, template="easy"), *[True] * 9),
    ]
    history += attempts(toy_task(2, template="half"), *[True, False] * 5)
    worth = [Frontier(history).worth(toy_task(9, template=name)) for name in ("hard", "easy", "half", "unknown")]
    assert max(worth[:2]) < 0.1
    assert worth[2:] == pytest.approx([1 / 8, 1 / 8])


def test_the_plan_prefers_the_frontier_and_tries_again_what_was_never_solved():
    easy = [toy_task(n, template="easy") for n in range(60)]
    half = [toy_task(n, template="half") for n in range(100, 160)]
    history = [t for task in easy[:20] for t in attempts(task, True, True, True, True)]
    history += [t for task in half[:20] for t in attempts(task, True, False, False, True)]
    never = [toy_task(n, template="half") for n in range(200, 204)]
    history += [t for task in never[:3] for t in attempts(task, False, False)] + attempts(never[3], False)
    frontier = Frontier([*history, *attempts(toy_task(300), None, None)])
    plan = frontier.plan([*easy[20:], *half[20:]], explore=40, retry=3, seed="0")
    assert len(plan.explore) == len(set(plan.explore)) == 40
    assert sum(task.template == "half" for task in plan.explore) > 30
    assert sum(task in easy[:20] for task in plan.explore) < 3
    assert plan.retry[0] == never[3]  # tried least
    assert set(plan.retry) < set(never)
    assert not set(plan.retry) & set(plan.explore)
    assert frontier.plan([*easy[20:], *half[20:]], 40, 3, "0") == plan
    assert frontier.plan([*easy[20:], *half[20:]], 40, 3, "1") != plan


# --- the gate ---------------------------------------------------------------------------------------------------------


def changed(change: float, low: float, high: float) -> Difference:
    return Difference(100, 0.3, 0.3 + change, change, Interval(low, high, "planted"), 1, 1, 0.5)


GOOD = changed(0.1, 0.02, 0.18)


@pytest.mark.parametrize(
    ("dev", "novel", "general", "failed"),
    [
        (GOOD, None, None, None),
        (changed(0.03, -0.04, 0.1), None, None, None),
        (changed(0.03, -0.06, 0.12), None, None, "no: dev 30.0% to 33.0%, +3.0 points (-6.0 to +12.0)"),
        (changed(0.0, -0.01, 0.01), None, None, "no: dev"),
        (changed(-0.1, -0.2, -0.02), None, None, "no: dev"),
        (GOOD, changed(-0.15, -0.3, -0.05), None, None),
        (GOOD, changed(-0.25, -0.4, -0.11), None, "no: novel"),
        (GOOD, GOOD, (0.01, Interval(0.005, 0.015, "")), None),
        (GOOD, GOOD, (0.015, Interval(0.005, 0.025, "")), "no: general negative log-likelihood +1.50%"),
        (GOOD, GOOD, (float("nan"), Interval(float("nan"), float("nan"), "")), "no: general"),
    ],
)
def test_the_gate_says_what_it_looked_at_and_why_it_closed(dev, novel, general, failed):
    verdict = judge(Gate(), dev, novel, general)
    wrong = [reason for reason in verdict.reasons if reason.startswith("no: ")]
    assert verdict.promoted == (failed is None) == (not wrong)
    assert len(verdict.reasons) == 1 + (novel is not None) + (general is not None)
    if failed:
        assert wrong[0].startswith(failed)


# --- the loop ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Config, dict]:
    """A loop in which the student learns from its own successes, and what came of it."""
    config = make_config(tmp_path_factory.mktemp("whole"))
    return config, run(config)


def test_own_successes_make_it_better_round_by_round(whole):
    _, found = whole
    rows = found["checkpoints"]
    assert list(rows) == ["start", "round-1", "round-2", "control-2"]
    shares = [rows[name]["dev"]["success"]["share"] for name in ("start", "round-1", "round-2")]
    assert shares == sorted(shares)
    assert found["champion"] == "round-2"
    assert found["stopped"] == "all 2 rounds are done"
    gain = found["gains"]["start"]["dev"]
    assert gain["change"] == pytest.approx(shares[2] - shares[0])
    assert gain["interval"]["low"] > 0
    assert set(found["gains"]) == {"start", "control-2"}
    explored = rows["round-1"]["explored"]
    assert explored["by"].endswith("start/model")
    assert explored["k"] == 4
    assert explored["pass_k"] > explored["pass_1"]
    assert explored["unique_paths"] >= explored["solved_tasks"] > 0


def test_each_round_trains_on_the_union_and_never_on_an_evaluation_task(whole):
    config, _ = whole
    data = [read_rows(config.out / name / "agent.jsonl") for name in ("start", "round-1", "round-2")]
    tasks = [{row["task"] for row in rows} for rows in data]
    assert tasks[0] < tasks[1] < tasks[2]
    assert {row["split"] for row in data[2]} == {"train", "explore"}
    assert {row["run"] for row in data[2]} >= {"start/teacher", "round-1/explore", "round-2/explore", "round-2/retry"}
    of_task = [row["task"] for row in data[2]]
    assert max(map(of_task.count, of_task)) <= 2
    mixed = read_rows(config.out / "round-2" / "data.jsonl")
    assert sum(row["source"] == "general" for row in mixed) == len(data[2])
    assert len(read_rows(config.out / "control-2" / "data.jsonl")) == len(mixed)
    assert {row.get("run") for row in read_rows(config.out / "control-2" / "agent.jsonl")} == {"start/teacher"}


def test_no_round_plays_again_what_another_has_done(whole):
    config, _ = whole
    with Store(config.out / "agenttuning.db") as store:
        runs = {row["name"]: row for row in store.runs()}
        policies = {name: row["config"]["policy"] for name, row in runs.items()}
        seeds = {name: row["config"]["seed"] for name, row in runs.items()}
    assert policies["round-1/dev"] != policies["round-2/dev"]
    assert seeds["round-1/explore"] != seeds["round-2/explore"]
    assert runs["round-2/retry"]["episodes"] == 3 * 8
    first, second = (
        {task.id for task in stages.select_from_file(str(config.out / name / "explore.jsonl"))}
        for name in ("round-1", "round-2")
    )
    assert len(second - first) > len(second) / 2


def test_the_page_loads_nothing_and_has_the_curves(whole):
    config, found = whole
    page = (config.out / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script|<link|src=|@import|url\(", page)
    titles = re.findall(r"<figure><figcaption>([^<]*)", page)
    assert len(titles) == 7
    for word in ("Success", "Exploration", "KL", "negative log-likelihood", "Tokens", "Time"):
        assert any(word in title for title in titles)
    assert page.count("was promoted") == 2
    assert all(name in page for name in found["checkpoints"])
    assert "/Db-v0" in page


def test_a_worse_checkpoint_is_rolled_back_and_the_loop_gives_up(tmp_path):
    config = make_config(tmp_path, patience=2, rounds=5)
    plant(config.out, "round-1", skill=0.0)
    plant(config.out, "round-2", nll=1.05)
    found = run(config)
    assert found["champion"] == "start"
    assert found["stopped"] == "2 rounds in a row brought no gain"
    assert list(found["checkpoints"]) == ["start", "round-1", "round-2"]  # and no control of nothing
    first, second = (found["checkpoints"][name]["gate"]["reasons"] for name in ("round-1", "round-2"))
    assert [reason[:3] for reason in first] == ["no:", "yes", "yes"]
    assert [reason[:3] for reason in second] == ["yes", "yes", "no:"]
    assert found["checkpoints"]["round-2"]["explored"]["by"].endswith("start/model")


@pytest.mark.parametrize("skill", [0.0, 1.0])
def test_without_tasks_that_are_sometimes_solved_there_is_nothing_to_amplify(tmp_path, skill):
    config = make_config(tmp_path)
    plant(config.out, "start", skill=skill)
    found = run(config)
    assert found["stopped"].startswith("nothing to amplify: pass@k is 0.0% above pass@1")
    assert found["champion"] == "start"
    with Store(config.out / "agenttuning.db") as store:
        runs = {row["name"]: row["episodes"] for row in store.runs()}
    assert runs["round-1/explore"] == config.tasks.preflight * 4


def test_an_episode_that_the_machine_broke_is_owed_before_the_loop_goes_on(tmp_path, monkeypatch):
    from envs.db.env import DbEnv

    config, setup, broken = make_config(tmp_path, rounds=1), DbEnv.setup, []

    def breaks_once(self, task):
        if task.split == "dev" and not broken:
            broken.append(task)
            raise OSError("no space left on device")
        setup(self, task)

    monkeypatch.setattr(DbEnv, "setup", breaks_once)
    with pytest.raises(stages.Unfinished, match="'start/dev' has invalid episodes"):
        run(config)
    assert not (config.out / "start" / "dev.json").exists()
    assert run(config)["checkpoints"]["start"]["dev"]["success"]["n"] == config.tasks.dev


def test_an_experiment_keeps_its_settings_but_may_have_more_rounds_and_a_control(tmp_path):
    before = run(make_config(tmp_path, rounds=1, control=False))
    assert "control-1" not in before["checkpoints"]
    with pytest.raises(UsageError, match=r"other settings: tasks\.dev was 34 and is now 30"):
        run(make_config(tmp_path, tasks={"dev": 30}))
    after = run(make_config(tmp_path, rounds=2))
    assert after["checkpoints"]["round-1"] == before["checkpoints"]["round-1"]
    assert list(after["checkpoints"]) == ["start", "round-1", "round-2", "control-2"]
    with pytest.raises(UsageError, match=r"no model '\./absent'"):
        Loop(make_config(tmp_path, out=tmp_path / "new", base="./absent")).run()
    Loop(make_config(tmp_path, out=tmp_path / "new"))  # nothing was played: the mistake may be mended
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="is not empty and holds no experiment"):
        Loop(make_config(tmp_path, out=tmp_path / "mine"))


def test_killed_before_every_write_it_comes_to_the_same_end(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.selfplay_fakes", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    out = tmp_path / "killed" / "out"
    done = {str(file.relative_to(out))[:-5] for file in out.glob("*/*.json") if not file.name.endswith(".meta.json")}
    killed = (tmp_path / "killed.txt").read_text().split()
    assert set(killed) == done
    assert len(killed) > 60
    ends = []
    for name in ("whole", "killed"):
        text = (tmp_path / name / "out" / "summary.json").read_text()
        ends.append(json.loads(text.replace(f"/{name}/", "/"), object_hook=without_time))
    assert ends[0] == ends[1]


def without_time(row: dict) -> dict:
    return {key: value for key, value in row.items() if key != "seconds"}


@pytest.mark.parametrize("method", ["eto", "grpo"])
def test_the_other_methods_go_on_from_the_checkpoint_in_place(tmp_path, monkeypatch, method):
    calls = []

    def trained(name):
        def train(*args, out=None, **options):
            calls.append((name, args, options))
            folder = out or args[1]
            folder.mkdir(parents=True)
            skill = dict.fromkeys(json.loads((Path(options["base"]) / "skill.json").read_text()), 1.0)
            (folder / "skill.json").write_text(json.dumps(skill))
            return 0

        return train

    monkeypatch.setattr(stages, "dpo", trained("dpo"))
    monkeypatch.setattr(stages, "grpo", trained("grpo"))
    config = make_config(
        tmp_path, method=method, control=False, rounds=1, tasks={"retry": 0}, pairs={"max_tokens": 8192}
    )
    found = run(config)
    assert found["champion"] == "round-1"
    ((name, args, options),) = calls
    assert options["base"] == str(config.out / "start" / "model")
    if method == "eto":
        assert name == "dpo"
        assert args[0] == config.out / "round-1" / "pairs.jsonl"
        assert found["checkpoints"]["round-1"]["trained_on"] == len(args[0].read_text().splitlines())
    else:
        assert name == "grpo"
        assert args == ("db",)
        assert options["run"] == "round-1/grpo"
        assert found["checkpoints"]["round-1"]["explored"] is None


# --- with a model -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_the_stages_fit_together_on_a_tiny_random_model(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="needs the `train` extra")
    monkeypatch.setattr("training.dataset.guard", lambda tasks: None)
    tokenizer = tiny_tokenizer("chatml")
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=4096, **shape))
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "base")
    config = make_config(
        tmp_path,
        base=str(tmp_path / "base"),
        rounds=1,
        control=False,
        tasks={"teacher": 3, "explore": 3, "retry": 0, "preflight": 2, "dev": 3, "novel": 0},
        play={"max_tokens": 4},
        explore={"samples": 2},
        train={"epochs": 1, "batch": 4, "max_tokens": 8192},
        gate={"headroom": 0.0},
    )
    Loop(config).run()
    found = json.loads((config.out / "summary.json").read_text())
    start, last = found["checkpoints"].values()
    assert last["gate"]["promoted"] is False  # a random model solves nothing
    assert start["general"]["kl"] > 0
    assert start["general"]["nll"] < start["general"]["base_nll"]
    assert last["dev"]["success"]["n"] == 3
    assert (config.out / "round-1" / "model" / "adapter_config.json").is_file()
