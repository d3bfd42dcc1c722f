"""The knowledge world: tasks that are well asked, solvable with both sets of tools, and not solved by luck."""

import random
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envs import SPLITS, Task, ToolCall, UsageError
from envs.qa.env import QaEnv
from envs.qa.facts import packages
from envs.qa.grade import answer_f1, normalize, split_answer
from envs.qa.graph import QaGraphEnv
from envs.qa.plan import evaluate, forms_of
from envs.qa.tasks import FIRST_GUESSES, MAX_ANSWERS
from envs.qa.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.qa.thoughts import GRAPH, MOVES, REMARKS
from envs.qa.world import get_world
from envs.spaces import Text
from envs.testing import check_env, play

BOTH = pytest.mark.parametrize("world", [QaEnv, QaGraphEnv], ids=["search", "graph"])
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def start(world=QaEnv, split="dev", index=0):
    env = world()
    env.reset(options={"task": world.tasks(split)[index]})
    return env


def say(env, tool, **arguments):
    """What a call gives, without the format's wrapping, and the kind of its error."""
    *_, info = env.step(env.write(ToolCall(tool, arguments), "I try."))
    return env.observation, info["error"]


def expert_play(world, task):
    env, actions = world(), []
    rows = play(env, task, (actions.append(action) or action for action in env.expert()))
    assert not [info["error"] for _, _, info, _ in rows if info.get("error")], f"the expert slips in {task.prompt!r}"
    return env, actions, rows


def solved(world, task):
    return expert_play(world, task)[2][-1][1] == 1.0


@BOTH
def test_contract(world):
    check_env(world, n=10, random=30)


@BOTH
@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_every_task(world, split):
    assert all(solved(world, task) for task in world.tasks(split)[:60])


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_500_tasks(world, split):
    assert all(solved(world, task) for task in world.tasks(split)[:500])


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("split", SPLITS)
def test_doing_nothing_and_200_random_episodes_solve_none(world, split):
    env = world()
    env.action_space.seed(7)
    for task in world.tasks(split)[:200]:
        env.reset(options={"task": task})
        assert env.score() == 0.0
        done = False
        while not done:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            done = terminated or truncated
        assert reward < 1.0, task.prompt


@pytest.mark.parametrize("split", SPLITS)
def test_no_guess_without_reading_is_right(split):
    words = [word for word in Text.WORDS if word.isalnum() or re.search(r"\d", word)]
    assert {normalize(word) for word in words} - {"", "é", "北"} <= {normalize(guess) for guess in FIRST_GUESSES}
    for task in QaEnv.tasks(split)[:100]:
        for guess in ("", ";", *FIRST_GUESSES, task.prompt, *task.prompt.split()):
            assert answer_f1(guess, task.data["gold"]) < 1.0, (guess, task.prompt)


@BOTH
def test_tasks_depend_on_split_and_index_alone(world):
    code = (
        f"from {world.__module__} import {world.__name__} as world\n"
        "print(*(world.tasks(s)[i].to_json() for s in ('dev', 'novel') for i in range(20)), sep='\\n')"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    here = [world.tasks(split)[i] for split in ("dev", "novel") for i in reversed(range(20))]
    assert sorted(task.to_json() for task in here) == sorted(other)
    assert all(Task.from_json(task.to_json()) == task for task in here)


@BOTH
def test_splits_share_no_question(world):
    tasks = {split: world.tasks(split)[:150] for split in SPLITS}
    assert max(Counter(task.id for split in SPLITS for task in tasks[split]).values()) == 1
    asked = {split: {str(task.data["plan"]) for task in tasks[split]} for split in SPLITS}
    assert max(Counter(plan for split in SPLITS for plan in asked[split]).values()) == 1
    # A figure that is missing may be asked for twice in a long run; most questions are not.
    assert all(len(asked[split]) > 0.95 * len(tasks[split]) for split in SPLITS)


def test_novel_has_templates_and_kinds_of_its_own():
    assert len(SEEN_TEMPLATES) >= 20
    assert len(NOVEL_TEMPLATES) >= 8
    assert sum(template.graph for template in SEEN_TEMPLATES) >= 10
    assert sum(template.graph for template in NOVEL_TEMPLATES) >= 8
    assert not {t.name for t in SEEN_TEMPLATES} & {t.name for t in NOVEL_TEMPLATES}
    assert {t.difficulty for t in SEEN_TEMPLATES if t.graph} == {t.difficulty for t in NOVEL_TEMPLATES if t.graph}
    asked = {
        split: {get_world(split).facts[task.data["plan"][0][1]].kind for task in QaEnv.tasks(split)[:150]}
        for split in ("train", "novel")
    }
    assert not asked["train"] & asked["novel"]


@BOTH
@pytest.mark.parametrize("split", ["train", "novel"])
def test_difficulties_are_even_and_templates_take_turns(world, split):
    templates = [t for t in (NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES) if world is QaEnv or t.graph]
    tasks = world.tasks(split)[:60]
    assert Counter(task.difficulty for task in tasks) == dict.fromkeys(range(1, 6), 12)
    assert {task.template for task in tasks} == {template.name for template in templates}


@pytest.mark.parametrize("split", SPLITS)
def test_questions_read_as_people_write_them(split):
    for task in QaEnv.tasks(split)[:200]:
        assert not re.search(r"_(?!\w+\b)|[{}*=<>#]|  |\bNone\b", task.prompt), task.prompt
        assert task.prompt[0].isupper() or not task.prompt[0].isascii(), task.prompt
        assert task.prompt[-1] in ".?!", task.prompt
        assert not re.search(r"(?<!\S)(an? an?|an? the|the the|a [aeio]\w+|an [bcdfgjklmnpqrstvwxz]\w+)\b", task.prompt)


@pytest.mark.parametrize("split", SPLITS)
def test_the_plan_gives_the_answer_and_the_answer_is_short(split):
    facts = get_world(split).facts
    for task in QaEnv.tasks(split)[:150]:
        results = evaluate(facts, task.data["plan"])
        assert forms_of(facts, results[-1]) == task.data["gold"]
        assert 1 <= len(task.data["gold"]) <= MAX_ANSWERS
        forms = [{normalize(form) for form in forms} for forms in task.data["gold"]]
        assert sum(map(len, forms)) == len(set().union(*forms)), f"two members have one name: {task.prompt}"
        assert answer_f1("; ".join(names[0] for names in task.data["gold"]), task.data["gold"]) == 1.0
        assert set(task.data["evidence"]) <= facts.keys()


@pytest.mark.parametrize("split", ["train", "novel"])
def test_the_expert_says_only_what_it_has_seen(split):
    for task in QaEnv.tasks(split)[:100]:
        env, actions, rows = expert_play(QaEnv, task)
        seen = task.prompt
        for (observation, *_), action in zip(rows, actions, strict=False):
            seen += "\n" + re.sub(r"\n\(page .*\)$", "", observation.removeprefix("Observation: "))
            thought = action.partition("\nAction:")[0]
            for quote in re.findall(r'"([^"]+)"', thought):
                assert quote in " ".join(seen.split("\n")), (quote, task.prompt)
        assert set(task.data["evidence"]) <= set(env.evidence)
        assert env.progress() == 1.0
        if task.data["plan"][-1][0] not in (
            "count",
            "truth",
            "difference",
            "sum",
            "total",
            "days",
            "years",
            "unstated",
        ):
            for value in split_answer(actions[-1].rpartition("\n")[2]):
                assert value.casefold() in seen.casefold(), (value, task.prompt)


def test_there_are_ways_to_think_of_each_step():
    assert all(len(set(sentences)) >= 3 for group in (MOVES, GRAPH) for sentences in group.values())
    assert all(len(set(sentences)) >= 2 for sentences in REMARKS.values())
    thoughts = Counter()
    for task in QaEnv.tasks("train")[:60]:
        thoughts.update(action.partition("\nAction:")[0] for action in expert_play(QaEnv, task)[1])
    assert len(thoughts) > 0.95 * thoughts.total()


@BOTH
def test_easy_episodes_are_short(world):
    """At most 250 tokens of instructions and 700 of an easy episode, taken as 3.5 characters each."""
    lengths = []
    for task in world.tasks("train")[:150]:
        if task.difficulty <= 2:
            env, actions, rows = expert_play(world, task)
            text = env.system_prompt + "".join(actions) + "".join(row[0] for row in rows)
            lengths.append(len(text) / 3.5)
    assert len(env.system_prompt) / 3.5 < 250
    assert max(lengths) < 800
    assert sum(lengths) / len(lengths) < 520


def test_a_wrong_missing_or_extra_answer_fails():
    task = next(task for task in QaEnv.tasks("dev") if len(task.data["gold"]) == 3)
    names = [forms[0] for forms in task.data["gold"]]
    rewards = []
    for answer in (names, names[:-1], [*names, "Atlantis"], ["Atlantis"], names[::-1]):
        env = QaEnv()
        env.reset(options={"task": task})
        rewards.append(env.step(env.write(ToolCall("answer", {"text": "; ".join(answer)})))[1])
    assert rewards == [1.0, 0.8, pytest.approx(6 / 7), 0.0, 1.0]


@pytest.mark.parametrize("split", ["train", "novel"])
def test_a_mutated_answer_fails(split):
    rng, pool = random.Random(6), [forms[0] for task in QaEnv.tasks(split)[:40] for forms in task.data["gold"]]
    for task in QaEnv.tasks(split)[:200]:
        gold = task.data["gold"]
        names = [forms[0] for forms in gold]
        at = rng.randrange(len(names))
        other = rng.choice([name for name in pool if answer_f1(name, gold) == 0])
        mutants = [
            [*names[:at], other, *names[at + 1 :]],
            [*names[:at], *names[at + 1 :]],
            [*names, other],
            [*names[:at], re.sub(r"\d", lambda m: str(9 - int(m[0])), names[at], count=1), *names[at + 1 :]],
            [*names[:at], f"{names[at]} or so", *names[at + 1 :]],
        ]
        for mutant in mutants:
            assert mutant == names or answer_f1("; ".join(mutant), gold) < 1.0, (mutant, task.prompt)


def test_reading_leaves_evidence():
    env = start()
    assert (env.evidence, env.progress()) == ([], 0.0)
    say(env, "search", query="Peru")
    assert env.evidence == []
    say(env, "open", document="peru")
    say(env, "open", document="The Euro")
    say(env, "open", document="Peru")
    assert env.evidence == ["Peru", "Euro"]


def test_mistakes_are_observations_that_help():
    env = start()
    assert say(env, "more") == ("No document is open. Open one by its title first.", "tool")
    assert say(env, "find", text="x")[1] == "tool"
    text, error = say(env, "open", document="Lisbonn, capital of Portugal")
    assert "Portugal" in text
    assert error == "tool"
    assert say(env, "search", query="?!*\"'") == ("No document has any of these words.", None)
    say(env, "open", document="Lisbon")
    assert say(env, "find", text="qqq") == ("'qqq' is not in 'Lisbon'.", None)
    assert say(env, "find", text=" ")[1] == "tool"
    assert "Portugal" in say(env, "find", text="PORTUGAL")[0]
    env.reset(options={"task": env.task})
    assert say(env, "more")[1] == "tool"


def test_a_long_document_has_pages():
    env = start()
    assert say(env, "open", document="Brazil")[0].endswith("(page 1 of 2)")
    assert say(env, "more")[0].endswith("(page 2 of 2)")
    assert say(env, "more") == ("This was the last page.", "tool")


def test_the_graph_says_what_it_holds():
    env = start(QaGraphEnv)
    assert "capital" in say(env, "get_relations", variable="peru")[0]
    assert say(env, "get_neighbors", variable="Peru", relation="capital") == ("#0: 1 city (Lima)", None)
    assert say(env, "get_neighbors", variable="Peru", relation="neighbours")[0].startswith("#1: 5 countries (Bolivia")
    assert say(env, "get_attributes", variable="#1")[0] == "population, area"
    assert say(env, "argmax", variable="#1", attribute="area")[0] == "#2: 1 country (Brazil)"
    assert say(env, "argmin", variable="#1", attribute="area")[0] == "#3: 1 country (Ecuador)"
    assert say(env, "intersection", a="#1", b="#2")[0] == "#4: 1 country (Brazil)"
    assert say(env, "count", variable="#1")[0] == "#5: 1 number (5)"
    assert say(env, "get_neighbors", variable="#1", relation="population")[0].startswith("#6: 5 numbers (")


def test_mistakes_with_the_graph_are_observations_that_help():
    env = start(QaGraphEnv)
    say(env, "get_neighbors", variable="Peru", relation="capital")
    for tool, arguments, part in (
        ("get_relations", {"variable": "#7"}, "There is no variable #7; there are 1 so far."),
        ("get_relations", {"variable": "#" + "9" * 5000}, "There is no variable #999"),
        ("get_relations", {"variable": "Atlantis"}, "nothing called 'Atlantis'"),
        ("get_neighbors", {"variable": "Peru", "relation": "capitol"}, "Did you mean 'capital'?"),
        ("get_neighbors", {"variable": "Peru", "relation": "capital of"}, "Did you mean 'capital'?"),
        ("get_neighbors", {"variable": "Antarctica", "relation": "capital"}, ""),
        ("argmax", {"variable": "#0", "attribute": "country"}, "Cities have no 'country' to go by."),
        ("intersection", {"a": "#0", "b": "Peru"}, "Both must be of one kind"),
        ("answer", {"variable": "Peru"}, "The answer must be a result such as #0."),
        ("answer", {"variable": ""}, "The answer must be a result such as #0."),
    ):
        text, error = say(env, tool, **arguments)
        assert part in text
        assert error == "tool"
        assert len(text) < 300
    assert not env._ended


ABSURD = (
    *("", " ", ";", "#", "#0", "#-1", "#\u00b2", "# 0", "#\u0663", "the", "The the", "Peru", "the Euro", "capital"),
    *('"', '""', "'", "')--", '" OR "', "NEAR(a b)", "title:Peru", "Peru*", "^Peru", "a AND NOT b", "-Peru"),
    *("'; DROP TABLE documents; --", "documents MATCH", "rank:bm25(10)", "../../etc/passwd", "%s{0}{x!r}"),
    *(
        "9" * 5000,
        "a " * 3000,
        "\0",
        "\u0130",
        "\u00df",
        "\ufdfd" * 200,
        "\u202e",
        "1e999",
        "-0",
        "NaN",
        "0" * 4000 + "1",
    ),
)


def calls(world):
    """Calls of the world's tools with strings that are absurd, and now and then something else."""
    value = st.one_of(st.sampled_from(ABSURD), st.text(), st.none(), st.integers(), st.lists(st.text(), max_size=2))

    def arguments(name):
        parameters = world.tools[name].spec.parameters["properties"]
        return st.tuples(st.just(name), st.fixed_dictionaries(dict.fromkeys(parameters, value)))

    return st.sampled_from(sorted(world.tools)).flatmap(arguments)


def fuzz(world, count):
    """`count` absurd calls give observations; the library is afterwards as it was."""
    env = start(world)

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(calls(world))
    def one_call(call):
        if env._ended:
            env.reset(options={"task": env.task})
        text, error = say(env, call[0], **call[1])
        assert error in (None, "tool", "arguments", "format", "unknown_tool")
        assert len(text) <= env.max_observation + 60

    before = say(start(), "search", query="Peru Lima capital")
    one_call()
    assert say(start(), "search", query="Peru Lima capital") == before


@BOTH
def test_absurd_calls_are_observations(world):
    fuzz(world, 250)


@pytest.mark.slow
@BOTH
def test_20000_absurd_calls_are_observations(world):
    fuzz(world, 10_000)


def test_an_incomplete_task_is_refused():
    for world in (QaEnv, QaGraphEnv):
        with pytest.raises(UsageError, match="gold"):
            world().reset(options={"task": Task(world.id, "Who?", {"world": "dev", "plan": []})})
        data = {**world.tasks("dev")[0].data, "world": "trian"}
        with pytest.raises(UsageError, match="train"):
            world().reset(options={"task": Task(world.id, "Who?", data)})


def test_the_packages_are_pinned_and_others_refused(monkeypatch):
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    assert extras["qa"] == [f"{name}=={version}" for name, version in packages.PINNED.items()]
    packages.require_packages()
    monkeypatch.setitem(packages.PINNED, "babel", "1.0")
    monkeypatch.setitem(packages.PINNED, "atlantis-data", "2")
    with pytest.raises(UsageError, match=r"babel 2.18.0, atlantis-data is missing: pip install .*babel==1.0"):
        packages.require_packages()
