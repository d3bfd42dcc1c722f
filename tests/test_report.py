"""The report: its numbers are those of the scores, and its page works from disk, alone."""

import json
import re
from dataclasses import replace

import pytest

from envs.errors import UsageError
from evaluation.comparison import compare_runs
from evaluation.failures import pathologies
from evaluation.metrics import score
from evaluation.report.__main__ import report
from rollout.collect import collect_tasks
from rollout.selection import select_tasks
from rollout.store import Store

pytest.importorskip("jinja2", reason="pip install 'agenttuning[view]'")

HOSTILE = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\"> | 3 < 4"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Twelve tasks played by chance, by the expert, and by the expert with what a hostile model might write."""
    path = tmp_path_factory.mktemp("report") / "store.db"
    tasks = select_tasks("db", "test", 8, "1-5", 0) + select_tasks("qa", "test", 4, "1-5", 0)
    for policy in ("random", "expert"):
        collect_tasks(tasks, policy, run=policy, store=path)
    with Store(path) as opened:
        opened.start_run("hostile", {"policy": HOSTILE})
        for t in list(opened.select("expert")):
            messages = [*t.messages[:-1], {"role": "assistant", "content": f"{t.messages[-1]['content']} {HOSTILE}"}]
            opened.add(replace(t, run="hostile", messages=messages, policy=HOSTILE))
    return path


@pytest.fixture(scope="module")
def made(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    files = {"html": folder / "r.html", "markdown": folder / "r.md", "json": folder / "r.json"}
    report(("random", "expert", "hostile"), **files, store=store)
    return files


def test_the_numbers_are_those_of_the_scores(made, store):
    with Store(store) as opened:
        runs = {run: list(opened.select(run)) for run in ("random", "expert", "hostile")}
    content = json.loads(made["json"].read_text())
    for run in content["runs"]:
        found = score(runs[run["name"]])
        assert run["score"]["success"]["share"] == found.success.share
        assert run["score"]["macro"]["interval"]["low"] == found.macro.interval.low
        shown = [{p.kind for p in pathologies(t)} for t in runs[run["name"]]]
        assert run["pathologies"]["tool_error"] == sum("tool_error" in kinds for kinds in shown) / 12
    difference = compare_runs(runs["random"], runs["expert"])
    assert content["comparisons"][0]["overall"]["fixed"] == difference.overall.fixed
    assert len(content["comparisons"][0]["flips"]) == len(difference.flips)
    assert "trajectories" not in content
    cells = re.search(r"\| Db \|(.*)", made["markdown"].read_text())[1].split("|")
    assert [cell.split()[0] for cell in cells if cell.strip()] == [
        f"{score(runs[run]).by_world['AgentTuning/Db-v0'].share:.1%}" for run in runs
    ]


def test_flipped_attempts_are_kept_for_reading_first(store, tmp_path):
    report(("random", "expert"), html=tmp_path / "r.html", trajectories=6, store=store)
    data = re.search(r'id="data">(.*?)</script>', (tmp_path / "r.html").read_text(), re.DOTALL)[1]
    kept = json.loads(data)
    assert len(kept) == 6
    assert all(not t["success"] and t["run"] == "random" for t in kept), "failures before successes"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"runs": ("random",)}, "nothing to write"),
        ({"runs": ()}, "one or more runs"),
        ({"runs": ("random", "random")}, "each once"),
        ({"runs": ("rondom",)}, "Did you mean 'random'"),
    ],
)
def test_wrong_use_is_told(store, tmp_path, arguments, says):
    files = {} if says.startswith("nothing") else {"html": tmp_path / "r.html"}
    with pytest.raises(UsageError, match=says):
        report(**arguments, **files, store=store)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def page(made):
    """The page in Chromium, and all that it logs and asks for."""
    sync_api = pytest.importorskip("playwright.sync_api")
    from envs.web.browser import _find_executable

    try:
        executable = _find_executable()
    except UsageError as error:
        pytest.skip(str(error))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        opened = browser.new_page(viewport={"width": 420, "height": 800}, color_scheme="dark")
        opened.said, opened.asked = [], []
        opened.on("console", lambda message: opened.said.append(message.text))
        opened.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.goto(made["html"].as_uri())
        yield opened
        browser.close()


def test_the_page_is_read_by_keyboard_and_link_and_asks_for_nothing(page, made):
    assert page.locator("#list li").count() == 36
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#list a").nth(1).get_attribute("href")
    assert page.evaluate("location.hash") == second
    assert page.locator("#episode .assistant").count() >= 1
    page.keyboard.press("/")
    page.keyboard.type("no text says this")
    assert page.locator("#list li").count() == 0
    page.fill("#words", "")
    page.select_option("#run", "hostile")
    page.select_option("#outcome", "solved")
    assert page.locator("#list li").count() == 12
    page.locator("#list a").first.click()
    assert HOSTILE in page.locator("#episode .assistant pre").last.inner_text()
    page.goto(f"{made['html'].as_uri()}{second}&turn=1")
    page.reload()
    assert page.locator("#episode .chosen").count() == 1
    assert page.title() == "Evaluation"
    assert page.said == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
