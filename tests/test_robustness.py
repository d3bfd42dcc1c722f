"""The same worlds under other words: still solvable, graded alike, and the change is where it should be."""

import json
import re
from dataclasses import replace

import pytest

from envs import UsageError
from envs.errors import UnknownToolError
from envs.format import FORMATS
from envs.registry import env_class
from envs.testing import play
from evaluation.perturbations import _WORDS, PERTURBATIONS, _new_names, _paraphrases, make_perturbed
from evaluation.robustness import robustness, spread
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory
from tests.toy import toy_task

WORLDS = {
    "db": PERTURBATIONS,
    **dict.fromkeys(("api", "household", "qa-graph"), tuple(p for p in PERTURBATIONS if p != "tables")),
}
CASES = [(world, perturbation) for world, perturbations in WORLDS.items() for perturbation in perturbations]


def made(world, perturbation, **options):
    return make_perturbed(world, perturbation=perturbation, **options)


@pytest.mark.parametrize(("world", "perturbation"), CASES)
@pytest.mark.parametrize("format", FORMATS)
def test_the_expert_solves_every_task_and_doing_nothing_none(world, perturbation, format):
    env = made(world, perturbation, format=format)
    try:
        for split in ("test", "novel"):
            for task in env_class(world).tasks(split)[:10]:
                rows = play(env, task, env.expert())
                assert rows[-1][1] == 1, (task.template, rows[-1])
                assert env.task == task
                env.reset(options={"task": task})
                assert env.score() < 1
    finally:
        env.close()


@pytest.mark.parametrize(("world", "perturbation"), CASES)
def test_the_prompt_is_other_words_and_is_told_without_an_episode(world, perturbation):
    env, plain = made(world, perturbation), env_class(world)()
    (task,) = env_class(world).tasks("test")[:1]
    env.reset(options={"task": task})
    assert env.system_prompt == env.prompt_of(task)
    assert (env.prompt_of(task) == plain.prompt_of(task)) == (perturbation == "tables")
    env.close()


@pytest.mark.parametrize("world", ["db", "api", "household", "os", "web", "qa", "qa-graph"])
def test_every_world_of_ours_has_paraphrases_that_name_its_last_tools(world):
    cls = env_class(world)
    texts = _paraphrases()["instructions"][cls.id]
    assert len({cls.instructions, *texts}) == 3
    for text in texts:
        for name, tool in cls.tools.items():
            if tool.final:
                assert re.search(rf"\b{name}\b", text), f"{name} is not in {text!r}"


def test_every_phrase_of_a_paraphrase_is_in_its_format():
    for name, phrases in _paraphrases()["format"].items():
        prompt = FORMATS[name].system("", env_class("db")().specs)
        for old, new in phrases.items():
            assert prompt.count(old) == 1, old
            assert len({old, *new}) == 3


# --- renamed tools --------------------------------------------------------------------------------------------------


def test_a_tool_answers_to_its_new_name_alone():
    env = made("db", "tools")
    (task,) = env_class("db").tasks("test")[:1]
    env.reset(options={"task": task})
    assert set(env.specs) == {"schema", "query", "reply"}
    observation, *_, info = env.step("Thought: I look.\nAction: schema")
    assert (info["call"], info["error"]) == ({"name": "schema", "arguments": {}}, None)
    assert "rows)" in observation
    observation, *_, info = env.step("Thought: I look.\nAction: tables")
    assert info["error"] == UnknownToolError.kind
    assert "Tools: schema, query, reply." in observation
    observation, *_, info = env.step('Thought: I end.\nAction: reply\n{"value": 1}')
    assert (info["error"], "Wrong arguments for reply" in observation) == ("arguments", True)
    *_, terminated, _, _ = env.step('Thought: I end.\nAction: reply\n{"values": []}')
    assert terminated
    env.close()


def test_instructions_name_the_tools_that_end_an_episode_as_they_are_called():
    assert "End with reply:" in made("db", "tools").instructions
    assert "End with reply, or with refuse if a rule forbids it" in made("api", "tools").instructions
    assert made("household", "tools").instructions == env_class("household").instructions


def test_every_tool_gets_a_name_that_is_nobodys():
    from envs.api.services import ALL_TOOLS

    for names in (list(ALL_TOOLS), ["find", "locate"], ["use_x", "x"], [*_WORDS]):
        new = _new_names(names)
        assert list(new) == names
        assert len({*new.values(), *names}) == 2 * len(names)


# --- renamed tables -------------------------------------------------------------------------------------------------


def test_tables_have_other_names_and_the_rest_is_as_it_was():
    (task,) = env_class("db").tasks("test")[:1]
    plain, env = env_class("db")(), made("db", "tables")
    for each in (plain, env):
        each.reset(options={"task": task})
    before = plain.step("Thought: I look.\nAction: tables")[0]
    after = env.step("Thought: I look.\nAction: tables")[0]
    assert after != before
    assert after.replace("tbl_", "") == before
    name = re.match(r"Observation: (\w+)", before)[1]
    assert "no such table" in env.step(f"Thought: Old.\nAction: sql\nSELECT * FROM {name}")[0]
    assert env.step(f"Thought: New.\nAction: sql\nSELECT COUNT(*) FROM tbl_{name}")[4]["error"] is None
    env.close()
    plain.close()


def test_a_text_in_sql_keeps_its_words():
    env = made("db", "tables")
    (task,) = env_class("db").tasks("test")[:1]
    env.reset(options={"task": task})
    table = next(iter(env._tables))
    query = f"SELECT {table}.name FROM {table.upper()} WHERE note = 'the {table} isn''t {table}'"
    renamed = f"SELECT tbl_{table}.name FROM tbl_{table} WHERE note = 'the {table} isn''t {table}'"
    assert env._with_new_tables(query) == renamed
    env.close()


def test_no_column_has_the_name_of_a_table():
    """What `_with_new_tables` rests on."""
    from envs.db.database import Database
    from envs.db.domains import DOMAINS

    for domain in DOMAINS.values():
        schema = Database(domain.schema, domain.rows("x", 5)).schema()
        assert not schema.keys() & {column for columns in schema.values() for column in columns}


def test_wrong_use():
    for env, perturbation, options, words in (
        ("db", "tabels", {}, "Did you mean 'tables'"),
        ("api", "tables", {}, "has no tables to rename"),
        ("db", "tools", {"colour": 1}, "colour"),
    ):
        with pytest.raises(UsageError, match=words):
            made(env, perturbation, **options)
    with pytest.raises(UsageError, match="Did you mean 'format'"):
        robustness("db-test", "expert", ("fromat",))


# --- the spread -----------------------------------------------------------------------------------------------------


def episodes(wins, tasks=40):
    return [
        Trajectory("r", replace(toy_task(k), template=f"t{k % 20}"), 0, "toy", "react", [], [Step(1)], Stop.FINISHED,
                   float(k < wins))
        for k in range(tasks)
    ]  # fmt: skip


def test_the_spread_is_that_of_what_all_tasks_were_played_in():
    found = spread(episodes(30), {"tools": episodes(20), "format": episodes(32), "tables": episodes(0, 10)})
    assert (found.lowest, found.highest) == (0.5, 0.8)
    assert found.mean == pytest.approx((0.75 + 0.5 + 0.8) / 3)
    tools = found.changes["tools"]
    assert (tools.n, tools.change, tools.fixed, tools.broken) == (40, -0.25, 0, 10)
    assert tools.interval.low < -0.25 < tools.interval.high < 0
    assert (found.changes["tables"].n, found.changes["tables"].before) == (10, 1.0)


def test_the_verb_keeps_a_run_for_each_and_goes_on(tmp_path, capsys):
    options = {"n": 6, "store": tmp_path / "s.db", "json": tmp_path / "deep" / "r.json"}
    assert robustness("db-test", "expert", **options) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "lowest 100.0%, mean 100.0%, highest 100.0%" in said
    with Store(tmp_path / "s.db") as store:
        runs = {run["name"]: run["success"] for run in store.runs()}
        formats = {t.run: t.format for t in store.select()}
        (react, hermes) = (formats["db-test-expert~original"], formats["db-test-expert~format"])
    kinds = ("original", *PERTURBATIONS, "format")
    assert runs == {f"db-test-expert~{kind}": 6 for kind in kinds}
    assert (react, hermes) == ("react", "hermes")
    written = json.loads((tmp_path / "deep" / "r.json").read_text())
    assert written["changes"].keys() == {*PERTURBATIONS, "format"}
    assert robustness("db-test", "expert", **options) == 0
    assert "6 episodes planned, 6 already" in capsys.readouterr().out
