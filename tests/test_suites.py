"""Suites, the worlds that can be played here, and which of them a checkpoint was trained on."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest

import envs
from envs import UsageError, WorldError
from envs.api.tasks import make_task
from evaluation.prompts import untrained
from evaluation.run import evaluate
from evaluation.suites import Entry, load_suite, suite_names, tasks_hash
from evaluation.worlds import check_options, make_world, playable
from rollout.chat import prompt_hash
from rollout.manifest import Manifest
from rollout.selection import select_tasks
from rollout.store import Store

OURS = ["Db", "Os", "Web", "Household", "Api", "Qa", "QaGraph"]
FROZEN = {
    # Suite, version and the hash of its first three tasks of each world; and of all of them.
    "db-dev": (1, "29a7758c65cb735f", "2abacd2330c78ebe"),
    "db-easy-test": (1, "3355da7a4b6c5e59", "f6bb0f0bcb6a1d95"),
    "db-novel": (1, "5bfa849890ce15f6", "c655b20cc6d69e4f"),
    "db-test": (1, "f240b156d5f505f2", "2becd85f0834de2b"),
    "held-in": (1, "741ae7b8d054cc5d", "7f630e55e7a9fdb7"),
    "held-out": (1, "45d3c85d48669cd1", "ef8294e25e3bc4a4"),
    "novel": (1, "7b3d13b02ce74b3d", "2f04d0ffb4df5a10"),
    "smoke": (1, "12a0a3e88131a729", "12a0a3e88131a729"),
}
"""A suite never changes its meaning: where a hash here differs, give the changed suite a new version."""


def tasks_of(suite):
    """The tasks of those entries whose package is installed."""
    tasks = []
    for entry in suite.entries:
        with suppress(UsageError):
            tasks += entry.tasks()
    return tasks


def test_every_suite_is_frozen():
    assert FROZEN.keys() == set(suite_names())


@pytest.mark.parametrize("name", FROZEN)
def test_the_first_tasks_of_a_suite_never_change(name):
    suite = load_suite(name)
    tasks = tasks_of(suite.shrunk(3))
    if len(tasks) < 3 * len({entry.env for entry in suite.entries}):
        pytest.skip("the package of a world is not installed")
    assert (suite.version, tasks_hash(tasks)) == FROZEN[name][:2]


@pytest.mark.slow
@pytest.mark.parametrize("name", FROZEN)
def test_the_tasks_of_a_suite_never_change(name):
    suite = load_suite(name)
    tasks = tasks_of(suite)
    if len(tasks) < sum(entry.n for entry in suite.entries):
        pytest.skip("the package of a world is not installed")
    assert tasks_hash(tasks) == FROZEN[name][2]
    assert len({(task.env, task.id) for task in tasks}) == len(tasks)


def test_held_in_and_novel_have_all_worlds_of_ours_and_held_out_none():
    worlds = {name: list(dict.fromkeys(entry.env for entry in load_suite(name).entries)) for name in suite_names()}
    ours = [f"AgentTuning/{name}-v0" for name in OURS]
    assert worlds["held-in"] == worlds["novel"] == worlds["smoke"] == ours
    assert not set(worlds["held-out"]) & set(ours)
    assert {entry.split for entry in load_suite("held-in").entries} == {"test"}
    assert {entry.split for entry in load_suite("novel").entries} == {"novel"}
    assert [load_suite(name).held_in for name in ("held-in", "novel", "held-out")] == [True, False, False]


def test_the_worlds_of_held_in_have_at_least_15_templates_and_all_difficulties():
    for entry in load_suite("held-in").entries:
        if not entry.env.startswith("AgentTuning/Web"):  # whose tasks take long to draw
            tasks = entry.tasks()
            assert len({task.template for task in tasks}) >= 15, entry.env
            assert Counter(task.difficulty for task in tasks) == dict.fromkeys(range(1, 6), 20)


def test_every_category_of_bfcl_is_in_held_out():
    pytest.importorskip("bfcl_eval")
    from envs.external.bfcl import CATEGORIES

    entries = [entry for entry in load_suite("held-out").entries if "Bfcl" in entry.env]
    templates = Counter(task.template for entry in entries for task in entry.tasks())
    assert templates == dict.fromkeys(CATEGORIES, 10)


def test_a_suite_shrinks_by_world_and_evenly_within_one():
    shrunk = load_suite("held-out").shrunk(20)
    sizes = Counter()
    for entry in shrunk.entries:
        sizes[entry.env] += entry.n
    assert set(sizes.values()) == {20}
    bfcl = [entry.n for entry in shrunk.entries if "Bfcl" in entry.env]
    assert (len(bfcl), set(bfcl)) == (15, {1, 2})
    assert [entry.n for entry in load_suite("held-out").shrunk(1).entries] == [1] * 4
    assert load_suite("db-test").shrunk(3).tasks() == load_suite("db-test").tasks()[:3]


def test_suites_that_compare_share_no_task():
    test, dev, novel = ({t.id for t in load_suite(name).tasks()} for name in ("db-test", "db-dev", "db-novel"))
    assert len(test | dev | novel) == 300


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'held-out'"):
        load_suite("held_out")


@pytest.mark.parametrize("n", [0, -1, 101])
def test_a_suite_cannot_grow_or_vanish(n):
    with pytest.raises(UsageError, match="from 1 to 100"):
        load_suite("db-test").shrunk(n)


# --- what can be played here -----------------------------------------------------------------------------------------


def test_a_world_whose_package_is_missing_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr("envs.external.textworld_games.find_spec", lambda name: None)
    entries = [Entry("AgentTuning/Textworld-v0", "novel", 2), Entry("AgentTuning/Db-v0", "test", 2)]
    tasks, missing = playable(entries, [], {})
    assert tasks == entries[1].tasks()
    assert missing.keys() == {"AgentTuning/Textworld-v0"}
    assert "pip install 'agenttuning[textworld]'" in missing["AgentTuning/Textworld-v0"]


def test_a_world_that_breaks_at_reset_is_named_too():
    entries = [Entry("AgentTuning/Os-v0", "test", 1), Entry("AgentTuning/Db-v0", "test", 1)]
    tasks, missing = playable(entries, [], {"sandbox": "nowhere"})
    assert [task.env for task in tasks] == ["AgentTuning/Db-v0"]
    assert "nowhere" in missing["AgentTuning/Os-v0"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (WorldError("no browser starts"), "no browser starts"),
        (ModuleNotFoundError("No module named 'jinja2'", name="jinja2"), "pip install jinja2"),
    ],
)
def test_what_a_world_lacks_is_said_in_words(monkeypatch, error, said):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("evaluation.worlds.make_world", broken)
    tasks, missing = playable([], select_tasks("db", "dev", 2), {})
    assert tasks == []
    assert said in missing["AgentTuning/Db-v0"]


def test_a_fault_of_the_code_is_no_missing_world(monkeypatch):
    def broken(*_, **__):
        raise KeyError("bug")

    monkeypatch.setattr("evaluation.worlds.make_world", broken)
    with pytest.raises(KeyError):
        playable([], select_tasks("db", "dev", 1), {})


def test_each_world_is_given_the_options_that_it_has():
    options = {"sandbox": "docker", "max_observation": 77, "format": "hermes"}
    db, os = make_world("db", **options), make_world("os", **options)
    assert (db.max_observation, db.format.name) == (os.max_observation, os.format.name) == (77, "hermes")
    check_options(options, ["db", "os"])
    with pytest.raises(UsageError, match=r"option 'sandbx'\. Did you mean 'sandbox'"):
        check_options({"sandbx": 1}, ["db", "os"])
    with pytest.raises(UsageError, match="option 'sandbox'"):
        check_options({"sandbox": "docker"}, ["db"])


def test_missing_worlds_are_in_the_results_and_not_in_the_mean_of_worlds(tmp_path, monkeypatch, capsys):
    def without_browser(env, **options):
        if env == "AgentTuning/Web-v0":
            raise UsageError("the web world needs a browser: apt-get install chromium-headless-shell")
        return make_world(env, **options)

    monkeypatch.setattr("evaluation.worlds.make_world", without_browser)
    monkeypatch.setattr("evaluation.run.load_suite", lambda name: _without(load_suite(name), "Os"))
    written = tmp_path / "score.json"
    assert evaluate("expert", "smoke", n=1, store=tmp_path / "runs.db", json=written) == 0
    row = json.loads(written.read_text())
    assert row["missing"] == {
        "AgentTuning/Web-v0": "the web world needs a browser: apt-get install chromium-headless-shell"
    }
    assert len(row["by_world"]) == 5
    assert (row["macro"]["share"], row["suite"], row["version"], row["complete"]) == (1.0, "smoke", 1, True)
    said = " ".join(capsys.readouterr().out.split())
    assert "mean of 5 worlds" in said
    assert "Not played, and in no number above: AgentTuning/Web-v0: the web world needs a browser" in said


def _without(suite, *names):
    return replace(
        suite, entries=tuple(e for e in suite.entries if e.env not in {f"AgentTuning/{n}-v0" for n in names})
    )


def test_a_suite_of_which_nothing_can_be_played_is_refused(tmp_path):
    tasks = tmp_path / "os.jsonl"
    tasks.write_text(select_tasks("os", "dev", 1)[0].to_json())
    with pytest.raises(UsageError, match=r"no world of this can be played here: AgentTuning/Os-v0: .*nowhere"):
        evaluate("expert", tasks=(str(tasks),), env_options=("sandbox=nowhere",), store=tmp_path / "runs.db")
    assert not (tmp_path / "runs.db").exists()


def test_files_are_played_beside_a_suite_or_alone(tmp_path):
    file, store, written = tmp_path / "mine.jsonl", tmp_path / "runs.db", tmp_path / "score.json"
    file.write_text("\n".join(task.to_json() for task in select_tasks("qa-graph", "dev", 4)))
    assert evaluate("expert", tasks=(str(file),), n=3, store=store) == 0
    assert evaluate("expert", "db-dev", (str(file),), n=2, store=store, json=written) == 0
    with Store(store) as opened:
        assert {run["name"]: run["episodes"] for run in opened.runs()} == {"mine-expert": 3, "db-dev-expert": 4}
    row = json.loads(written.read_text())
    assert (row["files"], row["suite"], len(row["by_world"])) == ([str(file)], "db-dev", 2)
    with pytest.raises(UsageError, match="nothing to play"):
        evaluate("expert", store=store)


# --- which worlds a checkpoint knows ---------------------------------------------------------------------------------


class Played(Exception):
    """Where the model would be loaded."""


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    def of(*prompts):
        hashes = [prompt_hash(envs.make(env, format=format).system_prompt) for env, format in prompts]
        Manifest("smollm2", "lora", "react", hashes, template="", data="").write(tmp_path)
        return f"local:{tmp_path}"

    def played(*_, **__):
        raise Played

    monkeypatch.setattr("evaluation.run.collect_tasks", played)
    return of


@pytest.mark.parametrize("prefix", ["local:", "smollm2+", "vllm:", "vllm:smollm2+"])
def test_a_checkpoint_trained_on_a_world_in_another_format_is_refused_before_any_work(tmp_path, checkpoint, prefix):
    policy = checkpoint(("db", "hermes")).replace("local:", prefix)
    with pytest.raises(UsageError, match=r"trained on AgentTuning/Db-v0 with the hermes system prompt, not the react"):
        evaluate(policy, "db-test", n=1, store=tmp_path / "runs.db")
    assert not (tmp_path / "runs.db").exists()
    for fine in ({"format": "hermes"}, {"allow_other_prompt": True}):
        with pytest.raises(Played):
            evaluate(policy, "db-test", n=1, store=tmp_path / "runs.db", **fine)


def test_a_world_that_a_checkpoint_never_saw_is_played_and_named(checkpoint):
    policy = checkpoint(("db", "react"), ("household", "react"))
    tasks = [*select_tasks("db", "novel", 2), *select_tasks("qa", "test", 2)]
    assert untrained(policy, tasks, "react") == ["AgentTuning/Qa-v0"]
    with pytest.raises(UsageError, match="Give --format react"):
        untrained(policy, tasks, "hermes")
    assert untrained("gpt-4", tasks, "react") == untrained("expert", tasks, "react") == []


def test_a_checkpoint_that_knows_both_formats_may_be_asked_in_either(checkpoint):
    policy = checkpoint(("db", "react"), ("db", "hermes"))
    for format in ("react", "hermes"):
        assert untrained(policy, select_tasks("db", "test", 1), format) == []


def test_a_world_with_a_prompt_for_each_task_is_known_by_its_train_tasks(tmp_path):
    world = envs.make("api", format="hermes")
    trained = sorted({prompt_hash(world.prompt_of(make_task("train", i))) for i in range(5, 15)})
    Manifest("smollm2", "lora", "hermes", trained, template="", data="").write(tmp_path)
    novel = select_tasks("api", "novel", 10)
    assert not {prompt_hash(world.prompt_of(task)) for task in novel} & set(trained)
    assert untrained(f"local:{tmp_path}", novel, "hermes") == []
    with pytest.raises(UsageError, match="trained on AgentTuning/Api-v0"):
        untrained(f"local:{tmp_path}", novel, "react")
