"""The SQL world: tasks that are well asked, solvable, not solved by luck, and graded on the whole database."""

import re
import subprocess
import sys
from collections import Counter
from contextlib import closing

import pytest

from envs import SPLITS, ToolCall, UsageError
from envs.db.database import Database
from envs.db.domains import DOMAINS, NOVEL, SEEN
from envs.db.domains.columns import Category, Date, Number, Ref
from envs.db.english import article, join_words, plural, say_day, singular
from envs.db.env import DbEnv
from envs.db.tasks import make_task
from envs.db.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.db.templates.drafts import FIRST_GUESSES
from envs.db.thoughts import THOUGHTS
from envs.spaces import Text
from envs.testing import check_env, play
from envs.types import Task


def solved(task: Task) -> bool:
    env = DbEnv()
    env.reset(options={"task": task})
    actions = []
    rows = play(env, task, (actions.append(action) or action for action in env.expert()))
    assert len({action.partition("Action:")[2] for action in actions}) == len(actions), "the expert repeats itself"
    assert not [info["error"] for _, _, info, _ in rows if info.get("error")], f"the expert slips in {task.prompt!r}"
    env.close()
    return rows[-1][1] == 1.0


def finish(task: Task, *statements: str, values: list) -> float:
    """The reward for running some statements and answering."""
    env = DbEnv()
    env.reset(options={"task": task})
    for statement in statements:
        env.step(env.write(ToolCall("sql", {"query": statement})))
    reward = env.step(env.write(ToolCall("answer", {"values": values})))[1]
    env.close()
    return reward


def gold_rows(task: Task) -> list[tuple]:
    domain = DOMAINS[task.data["domain"]]
    with closing(Database(domain.schema, domain.rows(task.data["seed"], task.data["rows"]))) as database:
        return [database.run(statement).rows for statement in task.data["gold"]][-1]


def first(split: str, write: bool) -> Task:
    return next(task for task in DbEnv.tasks(split) if task.data["write"] == write)


def test_contract():
    check_env("db", n=10, random=30)


@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_every_task(split):
    assert all(solved(task) for task in DbEnv.tasks(split)[:100])


@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_500_tasks(split):
    assert all(solved(task) for task in DbEnv.tasks(split)[:500])


@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_doing_nothing_and_200_random_episodes_solve_none(split):
    env = DbEnv()
    env.action_space.seed(7)
    for task in DbEnv.tasks(split)[:200]:
        assert finish(task, values=[]) == 0.0
        env.reset(options={"task": task})
        done = False
        while not done:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            done = terminated or truncated
        assert reward == 0.0, task.prompt


def test_tasks_depend_on_split_and_index_alone():
    code = (
        "from envs.db.tasks import make_task\n"
        "print(*(make_task(s, i).to_json() for s in ('dev', 'novel') for i in range(20)), sep='\\n')"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    here = [make_task(split, i) for split in ("dev", "novel") for i in reversed(range(20))]
    assert sorted(task.to_json() for task in here) == sorted(other)
    assert all(Task.from_json(task.to_json()) == task for task in here)


def test_splits_share_no_task_no_prompt_with_its_database():
    ids, worlds = Counter(), Counter()
    for split in SPLITS:
        for task in DbEnv.tasks(split)[:120]:
            domain = DOMAINS[task.data["domain"]]
            ids[task.id] += 1
            with closing(Database(domain.schema, domain.rows(task.data["seed"], task.data["rows"]))) as database:
                worlds[task.prompt, database.state_hash()] += 1
    assert max(ids.values()) == max(worlds.values()) == 1


def test_novel_shares_neither_schema_nor_template_nor_name():
    assert len(SEEN) >= 20
    assert len(NOVEL) >= 6
    assert len(SEEN_TEMPLATES) >= 20
    assert len(NOVEL_TEMPLATES) >= 8
    assert not {d.schema for d in SEEN} & {d.schema for d in NOVEL}
    assert not {t.name for t in SEEN_TEMPLATES} & {t.name for t in NOVEL_TEMPLATES}
    words = [
        {w for d in group for t in d.tables if t.label for part in t.label.parts for w in part}
        for group in (SEEN, NOVEL)
    ]
    assert len(words[0] & words[1]) < 0.1 * len(words[1])


@pytest.mark.parametrize("split", ["train", "novel"])
def test_difficulties_are_even_and_templates_take_turns(split):
    templates = NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES
    tasks = DbEnv.tasks(split)[:60]
    assert Counter(task.difficulty for task in tasks) == dict.fromkeys(range(1, 6), 12)
    assert {task.template for task in tasks} == {template.name for template in templates}


@pytest.mark.parametrize("split", SPLITS)
def test_questions_read_as_people_write_them(split):
    for task in DbEnv.tasks(split)[:150]:
        assert not re.search(r"_|\bSELECT\b|\bWHERE\b|\bNULL\b|[{}*=<>]|  |\bnone\b\.", task.prompt), task.prompt
        assert task.prompt[0].isupper() or not task.prompt[0].isalpha(), task.prompt
        assert task.prompt[-1] in ".?!", task.prompt
        assert not re.search(r"\b(a|an) (a|an|the)\b|\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwxz]\w", task.prompt), (
            task.prompt
        )


@pytest.mark.parametrize("split", SPLITS)
def test_answers_are_there_short_and_seen_whole(split):
    for task in DbEnv.tasks(split)[:150]:
        if not task.data["write"]:
            rows = gold_rows(task)
            assert 0 < len(rows) < 10
            assert all(value is not None for row in rows for value in row), task.prompt


def test_no_answer_is_a_number_that_the_random_policy_tries():
    numbers = {float(word) for word in Text.WORDS if re.fullmatch(r"-?\d+(\.\d+)?", word)}
    assert numbers == set(FIRST_GUESSES)
    for task in DbEnv.tasks("test")[:150]:
        if not task.data["write"] and len(rows := gold_rows(task)) == len(rows[0]) == 1:
            assert rows[0][0] not in FIRST_GUESSES, task.prompt


def test_easy_episodes_are_short():
    """At most 700 tokens, taken as 3.5 characters each, at difficulties 1 and 2."""
    env = DbEnv()
    assert len(env.system_prompt) < 900
    for task in DbEnv.tasks("train")[:100]:
        if task.difficulty <= 2:
            env.reset(options={"task": task})
            actions = []
            seen = play(env, task, (actions.append(a) or a for a in env.expert()))
            text = env.system_prompt + "".join(actions) + "".join(row[0] for row in seen)
            assert len(text) / 3.5 < 600, task.prompt


def test_a_question_may_not_change_the_database():
    task = first("dev", write=False)
    rows = [list(row) for row in gold_rows(task)]
    assert finish(task, values=rows) == 1.0
    table = DOMAINS[task.data["domain"]].tables[-1].name
    assert finish(task, f"DELETE FROM {table} WHERE id = 1", values=rows) == 0.0


def test_a_wrong_answer_fails():
    task = first("dev", write=False)
    rows = [list(row) for row in gold_rows(task)]
    assert finish(task, values=rows[:-1]) == 0.0
    assert finish(task, values=[*rows, rows[0]]) == 0.0


def test_a_change_is_graded_on_the_whole_database():
    task = first("dev", write=True)
    gold = task.data["gold"]
    table = DOMAINS[task.data["domain"]].tables[-1].name
    assert finish(task, *gold, values=[]) == 1.0
    assert finish(task, *gold, values=["done"]) == 1.0
    assert finish(task, values=[]) == 0.0
    assert finish(task, *gold, f"UPDATE {table} SET id = 9999 WHERE id = 1", values=[]) == 0.0


def test_order_counts_only_where_it_is_asked_for():
    tasks = [task for task in DbEnv.tasks("dev")[:200] if not task.data["write"] and len(gold_rows(task)) > 1]
    for task in tasks:
        backwards = [list(row) for row in reversed(gold_rows(task))]
        assert finish(task, values=backwards) == float(not task.data["ordered"]), task.prompt
    assert any(task.data["ordered"] for task in tasks)


def test_tables_shows_columns_keys_and_counts():
    task = next(task for task in DbEnv.tasks("train") if task.data["domain"] == "shop")
    env = DbEnv()
    env.reset(options={"task": task})
    shown = env.step(env.write(ToolCall("tables")))[0].removeprefix("Observation: ").splitlines()
    assert [line.split()[0] for line in shown] == ["customers", "products", "orders"]
    assert shown[2].count("->") == 2
    assert "customer_id -> customers.id" in shown[2]
    env.step(env.write(ToolCall("sql", {"query": "DELETE FROM orders"})))
    env.step(env.write(ToolCall("sql", {"query": 'CREATE TABLE "odd "" name" (x)'})))
    shown = env.step(env.write(ToolCall("tables")))[0]
    assert "orders (0 rows)" in shown
    assert 'odd " name (0 rows): x' in shown


def test_a_mistake_in_sql_is_an_observation():
    env = DbEnv()
    env.reset(options={"task": make_task("train", 0)})
    _, reward, terminated, _, info = env.step(env.write(ToolCall("sql", {"query": "SELEC 1"})))
    assert (reward, terminated, info["error"]) == (0.0, False, "tool")


def test_state_key_follows_the_database_and_the_answer():
    env = DbEnv()
    task = make_task("train", 0)
    env.reset(options={"task": task})
    start = env.state_key()
    env.step(env.write(ToolCall("tables")))
    assert env.state_key() == start
    table = DOMAINS[task.data["domain"]].tables[-1].name
    env.step(env.write(ToolCall("sql", {"query": f"DELETE FROM {table} WHERE id = 1"})))
    changed = env.state_key()
    env.step(env.write(ToolCall("answer", {"values": []})))
    assert len({start, changed, env.state_key()}) == 3


def test_a_task_with_incomplete_data_is_refused():
    env = DbEnv()
    with pytest.raises(UsageError, match="gold"):
        env.reset(options={"task": Task(DbEnv.id, "How many?", {"domain": "shop", "seed": "a", "rows": 9})})
    data = {**make_task("train", 0).data, "domain": "shops"}
    with pytest.raises(UsageError, match="shop"):
        env.reset(options={"task": Task(DbEnv.id, "How many?", data)})


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_domain_is_whole(domain):
    """Every column has the words its kind needs, every reference a parent before it, and the rows fit the schema."""
    names = [table.name for table in domain.tables]
    for table in domain.tables:
        for column in table.columns:
            assert "_" not in column.called
            if isinstance(column, Ref):
                assert names.index(column.to) < names.index(table.name)
                assert all((column.pred, column.mod, column.verb, column.never))
            if isinstance(column, Category):
                assert "{v}" in column.pred
                assert "{v}" in column.mod or not column.mod
            if isinstance(column, Number):
                assert "{v}" in column.beyond(True)
                assert "{v}" in column.beyond(False)
            if isinstance(column, Date):
                assert column.pred or column.null
            assert bool(column.null) == bool(column.missing) == bool(column.present)
    for size in (10, 2000):
        rows = domain.rows("seed", size)
        Database(domain.schema, rows).close()
        assert all(len({row[0] for row in table}) == len(table) for table in rows.values())
    assert domain.rows("seed", 50) == domain.rows("seed", 50) != domain.rows("other seed", 50)


def test_there_are_four_ways_to_think_of_each_step():
    assert all(len(set(sentences)) >= 4 for sentences in THOUGHTS.values())
    kinds = {step["kind"] for split in ("train", "novel") for t in DbEnv.tasks(split)[:260] for step in t.data["steps"]}
    assert kinds == THOUGHTS.keys(), "a kind of step that no template uses, or one without thoughts"


def test_english():
    assert [
        singular(p) for p in ("live in Porto", "are red", "took place", "have left", "teach yoga", "cost more")
    ] == [
        *("lives in Porto", "is red", "took place", "has left", "teaches yoga", "costs more"),
    ]
    assert [plural(n) for n in ("city", "day", "dish", "number of pages", "address")] == [
        *("cities", "days", "dishes", "numbers of pages", "addresses"),
    ]
    assert [article(n) for n in ("order", "hourly wage", "unit price", "book")] == [
        *("an order", "an hourly wage", "a unit price", "a book"),
    ]
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert say_day("2023-05-03") == "3 May 2023"
