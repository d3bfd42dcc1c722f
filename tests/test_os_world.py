"""The shell world: tasks that are well asked, solvable, not solved by luck, and graded on the whole box."""

import random
import re
import subprocess
import sys
from collections import Counter

import pytest

from envs import SPLITS, Task, ToolCall
from envs.sandbox import available
from envs.shell.content import NOVEL, SCENARIOS, SEEN, grow
from envs.shell.env import OsEnv
from envs.shell.grade import answer_matches
from envs.shell.tasks import make_from, make_task, tree_of
from envs.shell.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES, Scene, Template, Unfit
from envs.shell.thoughts import THOUGHTS
from envs.testing import check_env, play

missing = [reason for backend in ("bubblewrap", "docker") if (reason := available(backend))]
needs_box = pytest.mark.skipif(len(missing) == 2, reason="; ".join(missing))
TEMPLATES = SEEN_TEMPLATES + NOVEL_TEMPLATES
DRAWS = 10


def draw(template: Template, number: int) -> Task:
    """A task of a template."""
    rng = random.Random(f"{template.name}/{number}")
    for attempt in range(200):
        scenarios = NOVEL if template in NOVEL_TEMPLATES else SEEN
        scene = Scene(rng.choice(scenarios), f"test/{number}/{attempt}", rng.randint(8, 20), rng)
        try:
            return make_from(template, scene, "novel" if template in NOVEL_TEMPLATES else "train")
        except Unfit:
            continue
    raise AssertionError(f"{template.name} finds nothing to ask")


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[Task]]:
    return {template.name: [draw(template, n) for n in range(DRAWS)] for template in TEMPLATES}


@pytest.fixture
def env():
    world = OsEnv()
    yield world
    world.close()


@needs_box
def test_contract():
    check_env("os", n=2, random=10)


@needs_box
@pytest.mark.slow
def test_contract_of_30_tasks_of_every_split():
    check_env("os", n=30, random=100)


@needs_box
@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_300_tasks(split, env):
    for task in OsEnv.tasks(split)[:300]:
        assert play(env, task, env.expert())[-1][1] == 1.0, task.prompt


@needs_box
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_expert_solves_it_briefly_and_any_harm_or_lack_spoils_it(template, env):
    task, actions = draw(template, 0), []
    rows = play(env, task, (actions.append(action) or action for action in env.expert()))
    assert rows[-1][1] == 1.0, rows[-1][0]
    commands = [action.partition("Action:")[2] for action in actions]
    assert all(map(str.__ne__, commands, commands[1:])), "the expert repeats itself"
    shown = "\n".join(row[0] for row in rows[1:])
    slips = re.search(r"cannot|No such file|not found|syntax error|Usage:|missing|defunct|exit status [^1]", shown)
    assert not slips, shown
    text = env.system_prompt + "".join(actions) + "".join(row[0] for row in rows)
    if task.difficulty <= 2:
        assert len(text) / 3.5 < 700, "an easy episode is long"

    for harm, undo in (("touch ~/extra", "rm ~/extra"), ("chmod 701 ~", "chmod 755 ~"), ("mkdir ~/x", "rmdir ~/x")):
        assert env.score() == 1.0
        env.bash(harm)
        assert env.score() == 0.0, harm
        env.bash(undo)
    if task.data.get("jobs") and set(task.data["jobs"]) - set(task.data.get("stopped", ())):
        env.bash("pkill -9 python3; sleep 0.2")
        assert env.score() == 0.0, "the jobs are gone"
    elif changes := task.data.get("changes"):
        path, node = random.Random(task.id).choice(sorted(changes.items()))
        env.bash(f"chmod -R u+w '{path}'; rm -rf '{path}'" if node else f"echo back > '{path}'")
        assert env.score() == 0.0, f"nobody misses {path}"
    else:
        unrelated = next(path for path, file in tree_of(task.data).files.items() if not (file.folder or file.link))
        env.bash(f"chmod u+w '{unrelated}'; echo more >> '{unrelated}'")
        assert env.score() == 0.0, f"{unrelated} was changed"


def test_wrong_answers_fail_and_right_ones_may_be_written_in_several_ways(drawn):
    for task in (task for tasks in drawn.values() for task in tasks if "answer" in task.data):
        answer = task.data["answer"]
        kind, value = answer["kind"], answer["value"]
        if kind == "set":
            texts = [str(v) for v in value]
            right = ["\n".join(texts), ", ".join(reversed(texts)), "- " + "\n- ".join(texts), f"[{', '.join(texts)}]\n"]
            wrong = ["\n".join([*texts, "another"]), "\n".join([*texts[1:], f"{texts[0]}x"]), ""]
            wrong += ["\n".join(texts[1:])] * (len(texts) > 1)
        else:
            right = [f"{value}", f"{value}\n", f" {value}.", f'"{value}"', f"`{value}`"]
            wrong = [f"1{value}", "", "none", f"x{value}", f"{value} {value}"]
        assert all(answer_matches(text, answer) for text in right), (answer, right)
        assert not any(answer_matches(text, answer) for text in wrong), (answer, wrong)


def test_requests_read_as_people_write_them(drawn):
    for task in (task for tasks in drawn.values() for task in tasks):
        prompt = task.prompt
        assert not re.search(r"[{}«»]|  |\bNone\b|,[?!]|[^.][.,][.](?![.])", prompt), prompt
        assert prompt[0].isupper() or prompt[0] in "~/", prompt
        assert prompt[-1] in ".?!", prompt
        assert not re.search(r"\b(a|an) (a|an|the)\b|\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwxz]\w", prompt), prompt
        assert len(prompt) < 420, prompt


def test_each_template_asks_in_several_ways_and_a_seen_one_is_solved_in_several(drawn):
    seen = {template.name for template in SEEN_TEMPLATES}
    for name, tasks in drawn.items():
        assert len({task.prompt.split(" ")[0] for task in tasks} | {task.prompt[-12:] for task in tasks}) > 3, name
        commands = {re.sub(r"\S*/\S*", "", step["command"]) for task in tasks for step in task.data["steps"]}
        assert name not in seen or len(commands) > len(tasks[0].data["steps"]), (
            f"{name} is always solved in the same way"
        )


def test_there_are_four_ways_to_think_of_each_step(drawn):
    assert all(len(set(sentences)) >= 4 for sentences in THOUGHTS.values())
    kinds = {step["kind"] for tasks in drawn.values() for task in tasks for step in task.data["steps"]}
    assert kinds == THOUGHTS.keys(), "a kind of step that no template uses, or one without thoughts"


def test_answers_are_short_and_data_is_small(drawn):
    for task in (task for tasks in drawn.values() for task in tasks):
        value = task.data.get("answer", {}).get("value")
        assert not isinstance(value, list) or 1 <= len(value) <= 14, task.prompt
        assert len(task.to_json()) < 16_000, task.template
        assert Task.from_json(task.to_json()) == task


def test_tasks_depend_on_split_and_index_alone():
    code = (
        "from envs.shell.tasks import make_task\n"
        "print(*(make_task(s, i).to_json() for s in ('dev', 'novel') for i in range(40)), sep='\\n')"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    here = [make_task(split, i).to_json() for split in ("dev", "novel") for i in reversed(range(40))]
    assert sorted(here) == sorted(other)


def test_splits_share_no_task_and_no_file_system():
    ids, worlds = Counter(), Counter()
    for split in SPLITS:
        for task in OsEnv.tasks(split)[:60]:
            ids[task.id] += 1
            files = tree_of(task.data).files
            worlds[tuple(sorted((path, file.content) for path, file in files.items()))] += 1
    assert max(ids.values()) == max(worlds.values()) == 1


def test_novel_shares_neither_template_nor_scenario_nor_names():
    assert len(SEEN_TEMPLATES) >= 20
    assert len(NOVEL_TEMPLATES) >= 8
    assert not {t.name for t in SEEN_TEMPLATES} & {t.name for t in NOVEL_TEMPLATES}
    assert {make_task("novel", i).data["scenario"] for i in range(60)} == {scenario.name for scenario in NOVEL}
    assert {make_task("train", i).data["scenario"] for i in range(150)} == {scenario.name for scenario in SEEN}
    for named in ("words", "people"):
        seen, novel = ({word for s in group for word in getattr(s, named)} for group in (SEEN, NOVEL))
        assert not seen & novel, named
    paths = [{part.path for s in group for part in s.parts} for group in (SEEN, NOVEL)]
    assert not paths[0] & paths[1]


@pytest.mark.parametrize("split", ["train", "novel"])
def test_difficulties_are_even_and_templates_take_turns(split):
    templates = NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES
    tasks = OsEnv.tasks(split)[:120]
    assert Counter(task.difficulty for task in tasks) == dict.fromkeys(range(1, 6), 24)
    assert {task.template for task in tasks} == {template.name for template in templates}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_scenario_is_whole(scenario):
    """Whatever is grown of it, all its parts are there, apart from each other, and no two files are equally old."""
    for size in (8, 40):
        world = grow(scenario, "seed", size)
        assert [*grow(scenario, "seed", size).tree.files.items()] == [*world.tree.files.items()]
        assert world.tree.files != grow(scenario, "other", size).tree.files
        assert len(world.shelves) >= 2
        assert world.sheets
        assert world.journals
        assert world.settings
        for shelf in world.shelves:
            files = world.tree.below(shelf.path)
            assert len(files) >= size // 2, shelf.path
            others = [*world.sheets, *world.journals, *world.settings]
            assert not any(other.path.startswith(f"{shelf.path}/") for other in others)
        times = [file.modified for file in world.tree.files.values() if not file.folder]
        assert len(set(times)) == len(times)
        assert sum(len(file.content) for file in world.tree.files.values()) < 2**21
        for sheet in world.sheets:
            assert all(sheet.of_kind(kind) for kind in ("id", "person", "category", "number", "day"))
            assert not any("," in cell for row in sheet.rows for cell in row)


@needs_box
def test_state_key_follows_the_files_and_the_answer(env):
    env.reset(options={"task": make_task("train", 0)})
    start = env.state_key()
    env.bash("ls")
    assert env.state_key() == start
    env.bash("touch ~/extra")
    changed = env.state_key()
    env.step(env.write(ToolCall("answer", {"text": "5"})))
    assert len({start, changed, env.state_key()}) == 3
