"""Tasks of the web world: the expert solves them in the browser, and a slip fails."""

import random
import re
from collections import Counter
from functools import cache
from itertools import count

import pytest

from envs.errors import ToolError, UsageError
from envs.records import Rows, differences
from envs.testing import check_env
from envs.types import SPLITS, Task
from envs.web.env import WebEnv
from envs.web.expert import find_element
from envs.web.grade import LONGEST, make_site, problems
from envs.web.sites import NOVEL, SEEN
from envs.web.sites.base import Refused, Site
from envs.web.tasks import make_task
from envs.web.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.wording import says
from rollout.collect import collect_tasks
from rollout.screenshots import screenshot_folder
from rollout.store import Store
from tests.browsers import needs_browser

ID = re.compile(r"[a-z]{3}_\d{3,}")
FACT = re.compile(r"\$\d[\d,.]*\d|\b20\d\d-\d\d-\d\d\b")
TEMPLATES = {template.name: template for template in SEEN_TEMPLATES + NOVEL_TEMPLATES}


@cache
def some_tasks(n: int) -> tuple[Task, ...]:
    return tuple(make_task(split, index) for index in range(-(-n // len(SPLITS))) for split in SPLITS)[:n]


def one_of_each(split: str, key) -> list[Task]:
    """The first tasks of a split with each value of `key(template)`."""
    templates = NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES
    found: dict[object, Task] = {}
    wanted = {key(template) for template in templates}
    for index in count():
        if wanted <= found.keys():
            return list(found.values())
        task = make_task(split, index)
        found.setdefault(key(TEMPLATES[task.template]), task)
    raise AssertionError


def played(task: Task, gold: list[dict] | None = None) -> Site:
    """A task's site after operations; those of its gold steps unless others are given."""
    site = make_site(task.data)
    for step in task.data["gold"] if gold is None else gold:
        site.do(step["do"], **step["with"])
    return site


def verdict(task: Task, gold: list[dict] | None = None, answer: str | None = None) -> list[str]:
    site = played(task, gold)
    try:
        return problems(task.data, site, answer)
    finally:
        site.close()


def closing(task: Task) -> str | None:
    return task.data["steps"][-1]["with"].get("text")


def test_there_are_enough_sites_and_templates():
    assert {"shop", "forum", "wiki", "booking", "admin"} <= SEEN.keys()
    assert len(SEEN_TEMPLATES) >= 20
    assert len(NOVEL_TEMPLATES) >= 8
    assert {template.site for template in SEEN_TEMPLATES} == SEEN.keys()
    assert {template.site for template in NOVEL_TEMPLATES} == NOVEL.keys()
    for templates in (SEEN_TEMPLATES, NOVEL_TEMPLATES):
        assert {template.difficulty for template in templates} == {1, 2, 3, 4, 5}
    assert len(TEMPLATES) == len(SEEN_TEMPLATES) + len(NOVEL_TEMPLATES)


def test_no_training_split_shows_a_novel_site_and_no_two_tasks_share_their_content():
    tasks = some_tasks(60)
    assert {task.data["site"] for task in tasks if task.split == "novel"} <= NOVEL.keys()
    assert {task.data["site"] for task in tasks if task.split != "novel"} == SEEN.keys()
    assert all(task.data["novel"] == (task.split == "novel") for task in tasks)
    assert len({(task.data["site"], task.data["seed"]) for task in tasks}) == len(tasks)


def test_prompts_and_thoughts_are_filled_in_and_begin_differently():
    tasks = some_tasks(60)
    texts = [task.prompt for task in tasks] + [step["thought"] for task in tasks for step in task.data["steps"]]
    unfilled = re.compile(r"[{}\[\]]|\bNone\b(?! of)|  |\bprd_|\brcp_|^\s*$")
    assert [text for text in texts if unfilled.search(text)] == []
    assert len({task.prompt for task in tasks}) > 55
    thoughts = Counter(step["thought"] for task in tasks for step in task.data["steps"])
    assert thoughts.most_common(1)[0][1] < 0.05 * thoughts.total()


def test_the_expert_goes_only_where_links_lead():
    tools = {step["do"] for task in some_tasks(60) for step in task.data["steps"]}
    assert tools <= {"click", "type", "select", "press", "hover", "back", "see", "answer", "finish"}


def changed(value: object, known: list[str], rng: random.Random) -> object:
    """A value of the same kind that is not the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        others = [id for id in known if id[:4] == value[:4] and id != value] if ID.fullmatch(value) else []
        return rng.choice(others) if others else "Something else."
    if isinstance(value, list):
        return value[:-1]
    return {**value, next(iter(value)): []}


def slips(task: Task, rows: Rows, rng: random.Random):
    """(what is wrong, operations) for one slip at a time, some of all that there are."""
    gold, found = task.data["gold"], []
    known = [id for table in rows.values() for id in table]
    for number, step in enumerate(gold):
        found.append(("missing", gold[:number] + gold[number + 1 :]))
        found.append(("twice", gold[: number + 1] + gold[number:]))
        for name, value in step["with"].items():
            other = step | {"with": step["with"] | {name: changed(value, known, rng)}}
            found.append((f"another {name}", [*gold[:number], other, *gold[number + 1 :]]))
    return rng.sample(found, min(5, len(found)))


def audit(tasks) -> Counter:
    """Play each task's gold operations with one slip at a time, and count the slips that were judged."""
    rng, counts = random.Random(0), Counter()
    for task in tasks:
        assert verdict(task, answer=closing(task)) == [], task
        right = played(task)
        for slip, gold in slips(task, right.start, rng):
            try:
                site = played(task, gold)
            except (Refused, ToolError, KeyError):
                continue  # the site does not allow it
            if differences(right.start, site.state.rows(), right.state.rows(), {}):
                assert problems(task.data, site, closing(task)), f"{slip} passes: {task.prompt}"
                counts[slip.split()[0]] += 1
            site.close()
        if task.data["answer"]:
            for text in ("", "I do not know.", f"{closing(task)} {'and so on ' * LONGEST}"):
                assert verdict(task, answer=text), f"{text[:40]!r} passes: {task.prompt}"
                counts["answer"] += 1
        else:
            assert verdict(task, [], "Done."), f"doing nothing passes: {task.prompt}"
            counts["nothing"] += 1
        right.close()
    return counts


def test_no_slip_passes():
    counts = audit(some_tasks(30))
    assert min(counts[slip] for slip in ("missing", "another", "answer", "nothing")) > 8


@pytest.mark.slow
def test_no_slip_passes_in_300_tasks():
    assert audit(some_tasks(300)).total() > 500


def do_more(site: Site) -> None:
    """Change something that no task asks for."""
    match site.name:
        case "shop":
            site.do("set_default_address", address_id=site.state.find("addresses")[-1]["id"])
        case "forum":
            site.do("edit_profile", place="Elsewhere", about="")
        case "wiki":
            site.do("create_article", title="Nonsense", text="Nonsense.")
        case "booking":
            site.do("rate_visit", booking_id=site.select("past")[-1]["id"], stars=1)
        case "admin":
            site.do("revoke_token", token_id=site.state.find("tokens", revoked=False)[-1]["id"])
        case "recipes":
            site.do("add_item", text="17 sparrows")


def test_extra_harm_fails():
    for task in some_tasks(60):
        site = played(task)
        do_more(site)
        assert problems(task.data, site, closing(task)), f"more was done, and it passes: {task.prompt}"
        site.close()


def test_free_text_that_was_to_stay_may_not_be_changed():
    task = next(
        task for task in some_tasks(60) if task.data["site"] == "forum" and task.template == "bookmark-a-thread"
    )
    site = played(task)
    profile = site.state.find("profile")[0]
    site.do("edit_profile", place=profile["place"], about="Rubbish.")
    assert [problem for problem in problems(task.data, site, None) if "should not be changed" in problem]
    site.close()


def test_elements_are_found_by_role_name_and_what_is_near():
    page = 'Shop (/)\n[1] link "A"\nfirst | [2] button "Remove"\nsecond | [3] button "Remove"\n[4] link "A, long"'
    assert find_element(page, "button", "Remove") == 2
    assert find_element(page, "button", "Remove", "second") == 3
    assert find_element(page, "link", "A") == 1
    assert find_element(page, "link", "A", "second") is None
    assert find_element(f'[7] link "{"x" * 77}..."', "link", "x" * 90) == 7
    week = 'Your booking is on Thu 4.\nMon 1 | [1] link "15:00"\nThu 4 | - | [2] link "15:00"'
    assert find_element(week, "link", "15:00", "Thu 4") == 2
    assert find_element(week, "link", "15:00", "Your booking") == 1


def solve(env: WebEnv, task: Task) -> float:
    """Let the expert play, and check that it knows nothing which it has not seen."""
    seen, _ = env.reset(options={"task": task})
    assert env.problems(), task
    solution, observation, reward = env.solve(), None, 0.0
    while True:
        try:
            thought, call = solution.send(observation)
        except StopIteration:
            return reward
        known, _, _ = thought.partition(" = ")
        unseen = [fact for fact in FACT.findall(known) if not says(seen, [fact])]
        assert not unseen, f"{task.template} knows {unseen}: {thought}"
        if call.name == "answer" and " = " not in thought:
            unseen = [words for words in task.data["answer"]["says"] if not says(seen, words)]
            assert not unseen, f"{task.template} answers {unseen}, which it has not seen"
        _, reward, _, truncated, info = env.step(env.write(call, thought))
        assert info["error"] is None, f"{task.template}: {call} -> {env.observation}"
        assert not truncated, task.template
        assert len(env.observation) <= env.max_observation
        observation = env.observation
        seen += f"\n{observation}"


def solve_all(tasks) -> None:
    env = WebEnv()
    try:
        for task in tasks:
            assert solve(env, task) == 1.0, f"{task.template}: {task.prompt} {env.problems()}"
    finally:
        env.close()


@needs_browser
def test_the_expert_solves_a_task_of_each_site_and_of_each_difficulty():
    solve_all(one_of_each("train", lambda template: template.site))
    solve_all(one_of_each("novel", lambda template: template.difficulty))


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_the_expert_solves_all_templates(split):
    solve_all(one_of_each(split, lambda template: template.name))


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_the_expert_solves_60_tasks(split):
    solve_all(make_task(split, 100 + index) for index in range(60))


@needs_browser
@pytest.mark.slow
def test_contract():
    check_env("web", n=10, random=20)


@pytest.mark.parametrize(
    ("change", "said"), [({"site": "shoop"}, r"no site 'shoop'\. Did you mean 'shop'"), ({"gold": None}, "lacks")]
)
def test_a_task_that_cannot_be_played_is_refused(change, said):
    good = make_task("train", 0)
    data = {key: value for key, value in (good.data | change).items() if value is not None or key == "answer"}
    with pytest.raises(UsageError, match=said):
        WebEnv().reset(options={"task": Task(good.env, good.prompt, data)})


@needs_browser
def test_screenshots_are_kept_beside_the_store(tmp_path):
    store = tmp_path / "store.db"
    tasks = WebEnv.tasks("dev")[:2]
    collect_tasks(tasks, "expert", run="seen", store=store, screenshots=True, quiet=True)
    collect_tasks(tasks, "expert", run="unseen", store=store, quiet=True)
    with Store(store) as opened:
        for t in opened.select("seen"):
            pictures = sorted(screenshot_folder(store, t.id).iterdir(), key=lambda file: int(file.stem))
            assert [file.name for file in pictures] == [f"{turn}.png" for turn in range(len(t.steps) + 1)]
            assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures)
        assert not any(screenshot_folder(store, t.id).exists() for t in opened.select("unseen"))
