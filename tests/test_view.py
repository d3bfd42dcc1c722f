"""The viewer: its lists agree with the store, its door is shut, and a person can find, read, compare and review."""

import http.client
import json
import re
import shutil
import socket
import struct
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the `view` extra")
pytest.importorskip("jinja2", reason="needs the `view` extra")

from rollout.collect import collect_tasks, select_tasks
from rollout.reviews import Review
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory
from rollout.view import queries
from rollout.view.queries import Filters
from rollout.view.reading import read
from rollout.view.search import catch_up, match_expression, prepare, unindexed
from tests.browsers import needs_browser
from tests.test_store import trajectory
from tests.toy import toy_task

HOSTILE = "<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\"'{{ 7 * 7 }}</pre></textarea>"
COMMAND = [sys.executable, "-m", "rollout.view", "--no-open"]


@contextmanager
def viewing(path: Path):
    """The address, token and all, of a viewer in a process of its own."""
    process = subprocess.Popen([*COMMAND, "--store", str(path)], stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


# --- lists and searches ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """A store of 240 trajectories in two runs, indexed."""
    with Store(tmp_path_factory.mktemp("listed") / "s.db") as store:
        for run in ("a", "b"):
            store.start_run(run, {"policy": "toy"})
            for i in range(120):
                task = toy_task(i, split="test" if i % 3 else "train", template=f"kind-{i % 4}")
                stop = [Stop.FINISHED, Stop.MAX_TURNS, Stop.TIMEOUT][i % 7 % 3]
                words = [f"apple{i}", "é" * (i % 2), "pear plum" if i % 5 else "plum pear", "<b>fig</b>"]
                messages = [
                    {"role": "system", "content": "secret"},
                    {"role": "user", "content": "quince", "shot": 0},
                    {"role": "user", "content": task.prompt},
                    {"role": "assistant", "content": " ".join(words)},
                ]
                reward = float(i % 2) if stop.valid else None
                store.add(trajectory(task, run, stop=stop, reward=reward, messages=messages, steps=[Step(1)]))
        store.flush()
        for one in list(store.select("a", valid=True, limit=10)):
            store.add_review(Review(one.id, "accept"))
            store.add_review(Review(one.id, "reject", 1))
        prepare(store)
        while catch_up(store):
            pass
        yield store


def walk(store, filters, limit=17):
    """The ids of the whole list, page by page, down and up again."""
    down, before = [], None
    while rows := queries.page(store, filters, before=before, limit=limit):
        down += rows
        before = rows[-1]["number"]
    up, after = [], 0
    while rows := queries.page(store, filters, after=after, limit=limit):
        up += rows[::-1]
        after = rows[0]["number"]
    assert up == down[::-1]
    return [row["id"] for row in down]


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({}, lambda t: True),
        ({"run": "a"}, lambda t: t.run == "a"),
        ({"run": "nothing"}, lambda t: False),
        ({"split": "train", "difficulty": "2"}, lambda t: t.task.split == "train" and t.task.difficulty == 2),
        ({"template": "kind-1", "policy": "toy"}, lambda t: t.task.template == "kind-1"),
        ({"stop": "max_turns"}, lambda t: t.stop == Stop.MAX_TURNS),
        ({"outcome": "solved"}, lambda t: t.success),
        ({"outcome": "failed"}, lambda t: t.valid and not t.success),
        ({"outcome": "invalid"}, lambda t: not t.valid),
        ({"outcome": "'; DROP TABLE runs"}, lambda t: False),
        ({"q": "apple7"}, lambda t: "apple7 " in t.messages[-1]["content"]),
        ({"q": '"pear plum"', "run": "b"}, lambda t: t.run == "b" and "pear plum" in t.messages[-1]["content"]),
        ({"q": "plum PEAR Task"}, lambda t: True),
        ({"q": "quince"}, lambda t: False),
        ({"q": "secret"}, lambda t: False),
    ],
    ids=str,
)
def test_a_list_has_what_fits_once_newest_first(listed, filters, fits):
    expected = [t for t in listed.select() if fits(t)]
    filters = Filters(**filters)
    found = walk(listed, filters)
    assert sorted(found) == sorted(t.id for t in expected)
    order = [identity for (identity,) in listed.db.conn.execute("SELECT id FROM trajectories ORDER BY number DESC")]
    assert found == [identity for identity in order if identity in set(found)]
    counts = {"valid": sum(t.valid for t in expected), "success": sum(t.success for t in expected)}
    assert queries.totals(listed, filters) == {"episodes": len(expected), **counts}


def test_reviews_filter_the_list(listed):
    reviewed = {review.trajectory for review in listed.reviews()}
    assert set(walk(listed, Filters(review="accept"))) == set(walk(listed, Filters(review="reject"))) == reviewed
    assert walk(listed, Filters(review="correct")) == []
    assert len(walk(listed, Filters(review="none"))) == 240 - 10


def test_the_neighbours_are_those_of_the_list(listed):
    filters = Filters(run="a", outcome="solved")
    found = walk(listed, filters)
    for place, identity in enumerate(found):
        above, below = queries.neighbours(listed, filters, identity)
        assert [above, below] == [found[place - 1] if place else None, [*found, None][place + 1]]


def test_the_menus_offer_what_there_is(listed):
    offered = queries.choices(listed, "a")
    assert offered["run"] == ["b", "a"]
    assert offered["template"] == ["kind-0", "kind-1", "kind-2", "kind-3"]
    assert offered["difficulty"] == list("12345")
    assert queries.choices(listed, "nothing")["env"] == []


ODD = ['"', '""', "'", "AND", "a AND", "NOT x", "text:apple7", "NEAR(a b)", "apple*", "^apple", "-", "a\0b", "(", "{a}"]


@pytest.mark.parametrize("text", ODD)
def test_whatever_is_typed_is_searched_for_and_never_understood(listed, text):
    queries.page(listed, Filters.read({"q": text}))
    queries.totals(listed, Filters.read({"q": text}))


def test_words_and_phrases_are_quoted():
    assert match_expression('one "two three" fo"ur') == '"one" "two three" "fo" "ur"'


def test_an_excerpt_marks_the_match(listed):
    (row,) = queries.page(listed, Filters(q="apple7", run="a"))
    assert f"{queries.MARKS[0]}apple7{queries.MARKS[1]}" in row["excerpt"]


def test_a_replaced_trajectory_is_found_by_what_it_says_now(tmp_path):
    with Store(tmp_path / "s.db") as store:
        prepare(store)
        for word, stop in (("before", Stop.TIMEOUT), ("after", Stop.FINISHED)):
            store.add(trajectory(0, stop=stop, messages=[{"role": "user", "content": word}]))
            store.flush()
            assert unindexed(store) == 1
            assert [catch_up(store), catch_up(store)] == [True, False]
        assert queries.page(store, Filters(q="before")) == []
        assert [row["stop"] for row in queries.page(store, Filters(q="after"))] == ["finished"]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_broken_episode_is_read_up_to_where_it_broke(tmp_path):
    messages = [{"role": role, "content": role} for role in ("system", "user", "assistant", "user", "assistant")]
    one = trajectory(0, stop=Stop.ENV_ERROR, messages=messages, steps=[Step(1, call={"name": "x", "arguments": {}})])
    shown = read(one, [], tmp_path)
    assert (shown.system, shown.task, len(shown.turns), shown.unread) == ("system", "user", 1, "assistant")
    empty = read(trajectory(1, stop=Stop.ENV_ERROR), [], tmp_path)
    assert (empty.task, empty.turns, empty.unread) == (toy_task(1).prompt, [], None)


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The path of a store in which an expert and a random policy have played the same four tasks."""
    path = tmp_path_factory.mktemp("viewed") / "store.db"
    tasks = select_tasks("db", n=4, difficulty="2-3")
    for run, policy in (("teacher", "expert"), ("student", "random")):
        collect_tasks(tasks, policy, run=run, store=path, quiet=True)
    return path


@pytest.fixture(scope="module")
def address(store):
    with viewing(store) as address:
        yield address


@pytest.fixture
def ask(address):
    """Ask the viewer over a plain connection: (status, headers, body)."""
    origin, _, token = address.partition("/?token=")
    host = origin.removeprefix("http://")

    def asked(path, method="GET", body=None, cookie=True, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", int(host.partition(":")[2]), timeout=20)
        if cookie:
            headers["Cookie"] = f"view-{host.partition(':')[2]}={token if cookie is True else cookie}"
        connection.request(method, path, body, {"Host": host, **headers})
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read().decode()
        connection.close()
        return found

    asked.token, asked.host, asked.origin = token, host, origin
    return asked


def test_without_the_token_there_is_nothing(ask):
    for path in ("/", "/trajectories", "/static/view.js", "/trajectories/x", "/?token=wrong", "/?token=%C3%A9"):
        status, headers, body = ask(path, cookie=False)
        assert (status, "Set-Cookie" in headers) == (403, False), path
        assert "teacher" not in body
    assert ask("/", cookie="wrong")[0] == 403
    assert ask("/")[0] == 200


def test_the_token_becomes_a_cookie_and_leaves_the_address(ask):
    status, headers, _ = ask(f"/trajectories?token={ask.token}&run=student", cookie=False)
    found = {name.lower(): value for name, value in headers.items()}
    assert (status, found["location"].removeprefix(ask.origin)) == (303, "/trajectories?run=student")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(found["set-cookie"].split("; "))


def test_another_host_is_refused(ask):
    port = ask.host.partition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", ""):
        assert ask("/", Host=host)[0] == 403, host
    assert ask("/", Host=f"localhost:{port}")[0] == 200


def test_only_the_viewers_own_pages_write(ask, store):
    with Store(store) as opened:
        (one,) = opened.select("teacher", limit=1)
    path, body = f"/trajectories/{one.id}/reviews", json.dumps({"verdict": "accept"})
    assert ask(path, "POST", body)[0] == 403
    assert ask(path, "POST", body, Origin="http://evil.example")[0] == 403
    assert ask(path, "POST", body, cookie=False, Origin=ask.origin)[0] == 403
    with Store(store) as opened:
        assert opened.reviews() == []
    wrongs = ["", "[]", "{}", '{"verdict": "maybe"}', '{"verdict": "reject", "turn": 99}', '{"verdict": "correct"}']
    wrongs += ['{"verdict": "correct", "turn": 99, "text": "x"}', '{"verdict": "accept", "note": "\\ud800"}']
    for wrong in wrongs:
        status, _, said = ask(path, "POST", wrong, Origin=ask.origin)
        assert (status, bool(said)) == (422, True), wrong
    assert ask("/trajectories/nothing/reviews", "POST", body, Origin=ask.origin)[0] == 422
    with Store(store) as opened:
        assert opened.reviews() == []


def test_pages_say_what_they_may_load(ask):
    _, headers, body = ask("/")
    found = {name.lower(): value for name, value in headers.items()}
    assert "default-src 'none'" in found["content-security-policy"]
    assert "unsafe" not in found["content-security-policy"]
    assert not re.findall(r"(?:src|href|action)=[\"']?(?:https?:)?//", body)


def test_what_is_not_there_is_said(ask):
    for path in ("/trajectories/x", "/compare/x/y", "/trajectories/..%2f..%2fx/screenshots/1"):
        assert ask(path)[0] == 404
    assert "no trajectory" in ask("/trajectories/x")[2]
    assert ask("/trajectories?before=x&after=99999999999999999999&outcome=?&q=%22")[0] == 200


def test_an_unchanged_page_is_not_sent_again(ask):
    tag = next(value for name, value in ask("/")[1].items() if name.lower() == "etag")
    assert ask("/", **{"If-None-Match": tag})[0] == 304
    assert ask("/", **{"If-None-Match": '"other"'})[0] == 200


def test_wrong_use_is_said_before_anything_is_served(tmp_path, store):
    done = subprocess.run([*COMMAND, "--store", str(tmp_path / "no.db")], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "collect something first" in done.stderr) == (2, True)
    assert not (tmp_path / "no.db").exists()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [*COMMAND, "--store", str(store), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, f"port {port}" in done.stderr) == (2, True)


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(address, chromium):  # in this order: Playwright occupies the thread's event loop, which filling a store needs
    """The viewer in a tab that fails the test when the page writes to the console or asks for anything elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: "422" in message.text or complaints.append(message.text))  # a refused review
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: r.url.startswith("http://127.0.0.1:") or complaints.append(r.url))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


@needs_browser
def test_find_read_compare_correct_reject_and_train(tab, store, tmp_path):
    pytest.importorskip("transformers", reason="needs the `train` extra")
    from tests.tiny_tokenizers import tiny_tokenizer
    from training.dataset import dataset
    from training.rows import read_rows

    with Store(store) as opened:
        students, teachers = ({t.task.id: t for t in opened.select(run)} for run in ("student", "teacher"))
    wrong = next(t for t in students.values() if not t.success)
    right = teachers[wrong.task.id]
    # find by text
    tab.locator("#run-student a").click()
    tab.wait_for_url("**/trajectories?run=student")
    tab.keyboard.press("/")
    tab.keyboard.type(f'"{wrong.task.prompt}"')
    tab.keyboard.press("Enter")
    tab.locator(f"#row-{wrong.id} mark").first.wait_for()
    # read
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**/trajectories/{wrong.id}?**")
    assert tab.locator(".task").inner_text() == wrong.messages[1]["content"]
    assert tab.locator("#turn-1 .tool").inner_text() == (wrong.steps[0].call or {"name": "no action"})["name"]
    assert tab.locator("section.turn").count() == len(wrong.steps)
    # compare with the teacher
    tab.keyboard.press("c")
    tab.wait_for_url("**/compare/**")
    assert tab.locator(".heads h2 a").all_inner_texts() == ["random", "expert"]
    assert tab.locator(".pair.first").count() == 1
    tab.go_back()
    tab.wait_for_url(f"**/trajectories/{wrong.id}?**")
    # correct the first turn: at first with what is no action, then with what the teacher did
    tab.keyboard.press("j")
    assert tab.url.endswith("#turn-1")
    tab.keyboard.press("e")
    text = tab.locator("#turn-1 textarea")
    assert text.input_value() == wrong.messages[2]["content"]
    text.fill("Thought: x\nAction: fly")
    with tab.expect_response("**/reviews") as answer:
        tab.keyboard.press("Control+Enter")
    assert answer.value.status == 422
    tab.get_by_text("There is no tool 'fly'").wait_for()
    text.fill(right.messages[2]["content"])
    tab.locator("#turn-1 input[name=note]").fill("look first")
    tab.locator("#turn-1 button[value=correct]").click()
    tab.locator("#turn-1 .verdict.correct").get_by_text("look first").wait_for()
    differs = right.steps[0].call != wrong.steps[0].call
    assert tab.locator("section.turn.cut").count() == (len(wrong.steps) - 1 if differs else 0)
    # reject another one whole
    tab.keyboard.press("u")
    tab.wait_for_url("**/trajectories?*")
    tab.locator("input[name=q]").fill("")
    tab.locator("input[name=q]").press("Enter")
    tab.locator(f"#row-{wrong.id} .tag.correct").wait_for()
    other = next(t for t in students.values() if t.id != wrong.id)
    tab.locator(f"#row-{other.id} a").click()
    tab.wait_for_url(f"**/trajectories/{other.id}*")
    tab.locator("#whole input[name=note]").fill("guesses")
    tab.keyboard.press("Escape")
    tab.keyboard.press("R")
    tab.locator("#whole .verdict.reject").get_by_text("guesses").wait_for()
    # the next build of the data
    tiny_tokenizer("chatml").save_pretrained(tmp_path / "tokenizer")
    out = tmp_path / "data.jsonl"
    for filters, rest in (("valid", set(students) - {other.task.id}), ("success", {wrong.task.id})):
        options = {"store": store, "tokenizer": str(tmp_path / "tokenizer"), "max_tokens": 100_000}
        dataset(("student",), out, filters, **options)
        rows = {row["task"]: row["messages"] for row in read_rows(out)}
        assert set(rows) >= rest - {other.task.id}
        assert other.task.id not in rows
        corrected = next(m for m in rows[wrong.task.id] if m["role"] == "assistant")
        assert (corrected["content"], corrected["weight"]) == (right.messages[2]["content"], 1)


@needs_browser
def test_a_turn_is_accepted_and_rejected_by_a_key(tab, address, store):
    with Store(store) as opened:
        one = max(opened.select("teacher"), key=lambda t: len(t.steps))
    tab.goto(f"{address.partition('/?')[0]}/trajectories/{one.id}#turn-2")
    assert tab.locator(".selected").get_attribute("id") == "turn-2"
    for key, verdict in (("r", "reject"), ("a", "accept")):
        tab.keyboard.press(key)
        tab.locator(f"#turn-2 .verdict.{verdict}").wait_for()
    tab.keyboard.press("n")
    tab.keyboard.type("jk")
    tab.keyboard.press("Enter")  # a note alone is no verdict
    assert tab.locator(".selected").get_attribute("id") == "turn-2"
    tab.keyboard.press("r")
    tab.locator("#turn-2 .verdict.reject").get_by_text("jk").wait_for()
    with Store(store) as opened:
        found = [(review.turn, review.verdict, review.note) for review in opened.reviews(trajectory=one.id)]
    assert found == [(2, "reject", ""), (2, "accept", ""), (2, "reject", "jk")]


@needs_browser
def test_an_open_list_follows_a_collection(tab, address, store):
    tab.goto(f"{address.partition('/?')[0]}/trajectories")
    tab.evaluate("window.kept = true")
    tab.locator("tr[data-item]").first.wait_for()
    tab.keyboard.press("j")
    chosen = tab.locator(".selected").get_attribute("id")
    tab.locator("input[name=q]").fill("half a wor")
    for i in range(2):
        one = trajectory(i, "growing")
        with Store(store) as opened:
            opened.start_run("growing", {})
            opened.add(one)
        tab.locator(f"#row-{one.id}.fresh").wait_for()
    assert tab.locator("#live").inner_text() == "live"
    assert tab.evaluate("window.kept")
    assert tab.locator(".selected").get_attribute("id") == chosen
    assert tab.locator("input[name=q]").input_value() == "half a wor"


def picture(path: Path) -> None:
    """A PNG of one pixel."""
    parts = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")
    chunks = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@needs_browser
def test_hostile_texts_are_inert_and_every_page_fits(chromium, tmp_path):
    path = tmp_path / "hostile.db"
    task = toy_task(0, template=HOSTILE)
    call = {"name": HOSTILE, "arguments": {HOSTILE: HOSTILE, "b": [HOSTILE]}}
    messages = [{"role": role, "content": HOSTILE} for role in ("system", "user", "assistant", "user", "assistant")]
    with Store(path) as opened:
        for run in (HOSTILE, "w" * 300):
            opened.start_run(run, {"policy": HOSTILE})
            steps = [Step(1, HOSTILE, call), Step(2, "x" * 500, None, "format")]
            one = Trajectory(run, task, 0, HOSTILE, "react", messages, steps, Stop.FINISHED, 0.0)
            opened.add(one)
            opened.add_review(Review(one.id, "reject", 1, HOSTILE))
        other = next(opened.select(HOSTILE))
    picture(Path(f"{path}.screenshots") / one.id / "1.png")
    with viewing(path) as address:
        origin = address.partition("/?")[0]
        places = [
            "/",
            "/trajectories",
            "/trajectories?q=script",
            f"/trajectories/{one.id}?q=window",
            f"/compare/{one.id}/{other.id}",
        ]
        for width, scheme in ((1280, "light"), (420, "dark")):
            context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page, complaints = context.new_page(), []
            page.on("console", lambda message, into=complaints: into.append(message.text))
            page.goto(address)
            for place in places:
                page.goto(origin + place)
                page.get_by_text("window.owned").first.wait_for(state="attached")
                assert page.evaluate("window.owned") is None, place
                assert page.evaluate("document.documentElement.scrollWidth") <= width, place
                assert page.locator("main script").count() == 0
            assert complaints == []
            context.close()
        context = chromium.new_context()
        page = context.new_page()
        page.goto(address)
        page.goto(f"{origin}/trajectories/{one.id}")
        image = page.locator("#turn-1 .screenshot img")
        image.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.screenshot img').naturalWidth === 1")
        context.close()
