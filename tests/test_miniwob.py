"""MiniWoB++ in our browser: every page plays by its seed, and a policy of a few lines solves the plain ones."""

import importlib.util
import re

import pytest

from envs import ToolCall, UsageError
from envs.external.miniwob import MiniwobEnv, miniwob_pages
from envs.types import Task
from tests.browsers import needs_browser

pytestmark = [
    needs_browser,
    pytest.mark.skipif(not importlib.util.find_spec("miniwob"), reason="pip install --no-deps miniwob==1.1.0"),
]


@pytest.fixture
def env():
    env = MiniwobEnv()
    yield env
    env.close()


def task_of(page: str, seed: int) -> Task:
    return Task(MiniwobEnv.id, f"MiniWoB++, {page}:", {"page": page, "seed": seed}, "novel", template=page)


def element(observation: str, pattern: str) -> int:
    return int(re.search(rf"\[(\d+)\] {pattern}", observation)[1])


def solve(page: str, seen: str):
    """What a few lines can see in the page's text."""
    goal = seen.split("\n\n")[1]
    if page == "click-test":
        yield ToolCall("click", {"element": element(seen, 'button "Click Me!"')})
    elif page == "click-button":
        yield ToolCall(
            "click", {"element": element(seen, f'button "{re.search(chr(34) + "(.*?)" + chr(34), goal)[1]}"')}
        )
    elif page == "enter-text":
        yield ToolCall("type", {"element": element(seen, "textbox"), "text": re.search(r'"(.*?)"', goal)[1]})
        yield ToolCall("click", {"element": element(seen, "button")})
    elif page == "login-user":
        name, word = re.findall(r'"(.*?)"', goal)
        yield ToolCall("type", {"element": 1, "text": name})
        yield ToolCall("type", {"element": 2, "text": word})
        yield ToolCall("click", {"element": 3})
    elif page == "choose-list":
        option = re.match(r"Select (.*) from the list", goal)[1]
        yield ToolCall("select", {"element": 1, "option": option})
        yield ToolCall("click", {"element": element(seen, "button")})


def reward(env, page: str, seed: int, calls=None) -> float:
    seen, _ = env.reset(options={"task": task_of(page, seed)})
    for call in calls or solve(page, seen):
        _, reward, terminated, _, info = env.step(env.write(call, "x"))
        assert info["error"] is None
        if terminated:
            return reward
    return 0.0


PLAIN = ("click-test", "click-button", "enter-text", "login-user", "choose-list")


@pytest.mark.parametrize("page", PLAIN)
def test_a_policy_of_a_few_lines_solves_it(env, page):
    assert [reward(env, page, seed) for seed in range(3)] == [1.0] * 3


@pytest.mark.slow
@pytest.mark.parametrize("page", PLAIN)
def test_a_policy_of_a_few_lines_solves_it_on_20_seeds(env, page):
    assert [reward(env, page, seed) for seed in range(20)] == [1.0] * 20


def test_the_wrong_button_ends_the_episode_without_a_reward(env):
    seen, _ = env.reset(options={"task": task_of("click-button", 1)})
    wanted = re.search(r'"(.*?)"', seen)[1]
    wrong = next(int(n) for n, name in re.findall(r'\[(\d+)\] button "(.*?)"', seen) if name != wanted)
    _, got, terminated, _, _ = env.step(env.write(ToolCall("click", {"element": wrong}), "x"))
    assert (terminated, got) == (True, 0.0)


def episode(env, page: str) -> list[str]:
    """The observations of a reset and of a few random actions."""
    seen = [env.reset(options={"task": task_of(page, 7)})[0]]
    env.action_space.seed(3)
    for _ in range(3):
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        seen.append(observation)
        if terminated or truncated:
            break
    return seen


@pytest.mark.parametrize("page", ["click-pie", "book-flight", "choose-date", "flight.AA"])
def test_what_moves_or_knows_the_date_plays_the_same_twice(env, page):
    assert episode(env, page) == episode(env, page)


@pytest.mark.slow
def test_every_registered_page_plays_the_same_twice(env):
    pages = list(miniwob_pages())
    assert len(pages) == 128
    assert [page for page in pages if episode(env, page) != episode(env, page)] == []


def test_what_is_drawn_can_be_clicked_by_its_place(env):
    seen, _ = env.reset(options={"task": task_of("click-shape", 2)})
    x, y = map(int, re.search(r"at (\d+),(\d+)\)", seen).groups())
    _, _, terminated, _, info = env.step(env.write(ToolCall("click_at", {"x": x, "y": y}), "x"))
    assert (terminated, info["error"]) == (True, None)


def test_a_page_that_is_not_there_is_named(env):
    with pytest.raises(UsageError, match="no page 'click-tset'"):
        env.reset(options={"task": task_of("click-tset", 0)})


def test_it_is_held_out():
    assert [split for split in ("train", "explore", "dev", "test") if len(MiniwobEnv.tasks(split))] == []
    assert MiniwobEnv.tasks("novel")[128].data == {"page": next(iter(miniwob_pages())), "seed": 1}
