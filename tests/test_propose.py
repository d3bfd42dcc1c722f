"""Proposing tasks: of planted proposals exactly the good ones are kept, each of the others for its reason."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import UsageError
from envs.db import propose as db_propose
from envs.db.domains import DOMAINS
from envs.db.env import DbEnv
from envs.db.propose import DbProposer
from envs.proof import Rejected, prove
from envs.registry import load_tasks
from envs.testing import check_task, env_problems
from rollout.propose import propose
from rollout.similarity import Pool, rouge_l
from rollout.store import Store
from tests.fake_server import FakeServer, completion, status
from tests.toy import ToyEnv, toy_task

# Tables: airlines (id, name, country, planes), flights (id, code, airline_id, destination, distance, fare),
# departures (id, flight_id, left_on, passengers, delay).
GOOD = [
    (
        "Add up every passenger who has ever been carried.",
        ["SELECT SUM(passengers) FROM departures"],
        ["SELECT TOTAL(passengers) FROM departures"],
    ),
    (
        "Fuel got dearer: raise all our fares by ten, please.",
        ["UPDATE flights SET fare = fare + 10"],
        ["UPDATE flights SET fare = 10 + fare WHERE id > 0"],
    ),
    (
        "Our shortest route, how many kilometres is that?",
        ["SELECT distance FROM flights ORDER BY distance LIMIT 1"],
        ["SELECT MIN(distance) FROM flights"],
    ),
    (
        "Forget the departures for which nobody wrote down a delay.",
        ["DELETE FROM departures WHERE delay IS NULL"],
        ["DELETE FROM departures WHERE id IN (SELECT id FROM departures WHERE delay IS NULL)"],
    ),
    (
        "Between the cheapest and the dearest ticket, what is the gap in price?",
        ["SELECT MAX(fare) - MIN(fare) FROM flights"],
        ["SELECT (SELECT MAX(fare) FROM flights) - (SELECT MIN(fare) FROM flights)"],
    ),
    (
        "Night Owl Airways of Iceland joins us with four planes, under number 900.",
        ["INSERT INTO airlines VALUES (900, 'Night Owl Airways', 'Iceland', 4)"],
        ["INSERT INTO airlines (planes, country, name, id) VALUES (4, 'Iceland', 'Night Owl Airways', 900)"],
    ),
    (
        "How full is one departure usually? Round to whole people.",
        ["SELECT ROUND(AVG(passengers)) FROM departures"],
        ["SELECT ROUND(1.0 * SUM(passengers) / COUNT(*)) FROM departures"],
    ),
    (
        "Write each destination in capital letters throughout.",
        ["UPDATE flights SET destination = UPPER(destination)"],
        ["UPDATE flights SET destination = UPPER(destination) WHERE destination <> UPPER(destination)"],
    ),
    (
        "If each carrier bought two more aircraft, what would they own together?",
        ["SELECT SUM(planes) FROM airlines", "SELECT SUM(planes + 2) FROM airlines"],
        ["SELECT SUM(planes) + 2 * COUNT(*) FROM airlines"],
    ),
    (
        "We stop flying far: take out whatever route is longer than the mean, with all that left on it.",
        [
            "DELETE FROM departures WHERE flight_id IN "
            "(SELECT id FROM flights WHERE distance > (SELECT AVG(distance) FROM flights))",
            "DELETE FROM flights WHERE distance > (SELECT AVG(distance) FROM flights)",
        ],
        [
            "DELETE FROM departures WHERE (SELECT distance FROM flights WHERE id = flight_id) > "
            "(SELECT AVG(distance) FROM flights)",
            "DELETE FROM flights WHERE distance > (SELECT SUM(distance) * 1.0 / COUNT(*) FROM flights)",
        ],
    ),
    (
        "Taking every wait at the gate together, how many hours were lost?",
        ["SELECT SUM(delay) / 60.0 FROM departures"],
        ["SELECT SUM(delay / 60.0) FROM departures"],
    ),
    (
        "Name the two longest distances, the longer one first.",
        ["SELECT DISTINCT distance FROM flights ORDER BY distance DESC LIMIT 2"],
        ["SELECT distance FROM flights GROUP BY distance ORDER BY distance DESC LIMIT 2"],
    ),
]
SUM = "SELECT SUM(planes) FROM airlines"
UNSOLVABLE = [
    ("What is the weight of all aircraft?", ["SELECT SUM(weight) FROM airlines"], [SUM]),
    ("How many pilots are employed here?", ["SELECT COUNT(*) FROM pilots"], ["SELECT COUNT(*) FROM pilots"]),
    ("Count aircraft over all the carriers.", [SUM], ["SELECT SUM(planes) + 100 FROM airlines"]),
    (
        "Double the fleet of everybody.",
        ["UPDATE airlines SET planes = planes * 2"],
        ["UPDATE airlines SET planes = 5000"],
    ),
    ("Sum all planes; be quick!", ["SELEC SUM(planes) FROM airlines"], [SUM]),
    ("Look up the total and tell it.", [SUM, "DELETE FROM departures"], [SUM]),
]
TRIVIAL = [
    ("Which carriers come from Atlantis?", *[["SELECT name FROM airlines WHERE country = 'Atlantis'"]] * 2),
    ("Make the fares what they are.", *[["UPDATE flights SET fare = fare"]] * 2),
    ("Tell me nothing at all today.", *[["SELECT NULL"]] * 2),
    ("Drop the routes of length zero.", *[["DELETE FROM flights WHERE distance = 0"]] * 2),
    ("Highest delay before the first flight?", *[["SELECT MAX(delay) FROM departures WHERE id < 0"]] * 2),
    ("Add an index, whatever it is called.", [SUM], ["UPDATE airlines SET name = name"]),
]
FLAKY = [
    ("Give me any place we fly to.", *[["SELECT destination FROM flights LIMIT 1"]] * 2),
    ("Write all carriers' numbers into one text.", *[["SELECT group_concat(id) FROM airlines"]] * 2),
    ("Cancel one of the departures.", *[["DELETE FROM departures WHERE id = (SELECT id FROM departures LIMIT 1)"]] * 2),
    ("Sort three carriers by having planes.", *[["SELECT id FROM airlines ORDER BY planes > 0 LIMIT 3"]] * 2),
    ("The first by whether it has a code?", *[["SELECT code FROM flights ORDER BY code = '' LIMIT 1"]] * 2),
]
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


def harmful(folder):
    return [
        ("Save a copy of this elsewhere.", *[[f"VACUUM INTO '{folder}/stolen.db'"]] * 2),
        ("Open another file beside this one.", *[[f"ATTACH '{folder}/stolen.db' AS other"]] * 2),
        ("Load the extension for statistics.", *[["SELECT load_extension('/tmp/x.so')"]] * 2),
        ("Turn the safety catch off first.", *[["PRAGMA writable_schema = 1"]] * 2),
        ("Count up as long as you can.", *[[ENDLESS]] * 2),
        ("What day is it right now?", [SUM], ["SELECT date('now')"]),
    ]


def duplicates():
    known = known_tasks()
    return [
        (GOOD[0][0], *[["SELECT SUM(passengers) FROM departures"]] * 2),
        (GOOD[4][0].replace("ticket", "seat"), *GOOD[4][1:]),
        (known[0].prompt, [SUM], [SUM]),
        (known[3].prompt.upper(), [SUM], [SUM]),
        (f"Please: {known[7].prompt}", ["DELETE FROM departures"], ["DELETE FROM departures"]),
    ]


def written(request, solution, check):
    proposal = {"request": request, "solution": solution, "check": check}
    return f"Thought: This is new.\nAction: propose\n{json.dumps(proposal)}"


@cache
def known_tasks():
    return DbProposer.world.tasks("train")[:500]


@pytest.fixture
def airline(monkeypatch):
    """Every occasion shows an airline, so that planted SQL fits it; the rows differ."""
    monkeypatch.setattr(DbProposer, "known_tasks", known_tasks)
    monkeypatch.setattr(db_propose, "SEEN", [DOMAINS["airline"]])


def scripted(replies):
    """A server whose model answers occasion i with reply i."""
    number = {occasion.prompt: i for i, occasion in enumerate(DbProposer.tasks("train")[: len(replies)])}
    return FakeServer(lambda body: replies[number[body["messages"][1]["content"]]])


def ask(server, folder, n, **options):
    options = {"store": folder / "s.db", "run": "r"} | options
    return propose("db", f"fake@{server.url}", folder / "tasks.jsonl", n, **options)


def rejected(folder):
    return [json.loads(line) for line in (folder / "tasks.rejected.jsonl").read_text().splitlines()]


@pytest.mark.usefixtures("airline")
def test_of_forty_planted_proposals_exactly_the_good_ones_are_kept(tmp_path):
    planted = {
        "good": GOOD,
        "unsolvable": UNSOLVABLE,
        "trivial": TRIVIAL,
        "flaky": FLAKY,
        "duplicate": duplicates(),
        "refused": harmful(tmp_path),
    }
    # Duplicates come last, since of two that are alike the first is kept; the others take turns.
    order = [(kind, proposal) for kind, proposals in planted.items() for proposal in proposals]
    order.sort(key=lambda pair: (pair[0] == "duplicate", pair[1][0]))
    assert len(order) == 40
    with scripted([written(*proposal) for _, proposal in order]) as server:
        assert ask(server, tmp_path, 40) == 0
    kept = load_tasks(str(tmp_path / "tasks.jsonl"))
    assert [task.prompt for task in kept] == [proposal[0] for kind, proposal in order if kind == "good"]
    found = {row["index"]: row["reason"] for row in rejected(tmp_path)}
    assert found == {index: kind for index, (kind, _) in enumerate(order) if kind != "good"}
    assert {task.split for task in kept} == {"train"}
    assert [problem for task in kept for problem in check_task(DbEnv, task)] == []
    assert not (tmp_path / "stolen.db").exists()


@pytest.mark.usefixtures("airline")
def test_what_cannot_be_read_is_counted_under_its_kind(tmp_path, capsys):
    replies = [
        "I would rather not.",
        "Thought: Hm.\nAction: propose\n{not json}",
        "Thought: Hm.\nAction: sql\nSELECT 1",
        'Thought: Hm.\nAction: propose\n{"request": "How many planes are there?", "solution": "SELECT 1", "check": []}',
        written("How many planes are there?", [SUM], [SUM] * 7),
        written("How many planes are there?", [SUM], [SUM])[:-1] + ', "setup": "rm -rf /"}',
        written("List the distance of every route.", *[["SELECT distance FROM flights"]] * 2),
    ]
    with scripted(replies) as server:
        assert ask(server, tmp_path, len(replies)) == 0
    kinds = ["format", "format", "unknown_tool", "arguments", "arguments", "arguments", "unseen"]
    assert [row["reason"] for row in rejected(tmp_path)] == kinds
    assert [row["replies"] for row in rejected(tmp_path)] == [[reply] for reply in replies]
    assert (tmp_path / "tasks.jsonl").read_text() == ""
    shown = capsys.readouterr().out
    assert "3 arguments" in shown
    assert "49 in, 21 out" in shown
    assert "0 of 7 proposals are tasks" in shown


@pytest.mark.usefixtures("airline")
def test_proposals_are_resumed_and_more_can_be_asked_for(tmp_path):
    with scripted([written(*proposal) for proposal in GOOD]) as server:
        server._faults = iter([status(400, "no such model")] * 3)
        assert ask(server, tmp_path, 6, concurrency=1) == 1
        assert len((tmp_path / "tasks.jsonl").read_text().splitlines()) == 3
        assert ask(server, tmp_path, 6) == 0
        assert len(server.bodies) == 9
        assert ask(server, tmp_path, 12) == 0
        assert len(server.bodies) == 15
        assert ask(server, tmp_path, 12) == 0
        assert len(server.bodies) == 15
    assert [task.prompt for task in load_tasks(str(tmp_path / "tasks.jsonl"))] == [request for request, *_ in GOOD]


@pytest.mark.usefixtures("airline")
def test_a_second_try_is_told_why_the_first_was_not_kept(tmp_path):
    bad, good = written(*UNSOLVABLE[0]), written(*GOOD[0])
    with FakeServer(lambda body: bad if len(body["messages"]) == 2 else good) as server:
        assert ask(server, tmp_path, 1, tries=2) == 0
    assert len(load_tasks(str(tmp_path / "tasks.jsonl"))) == 1
    told = server.bodies[1]["messages"][-1]["content"]
    assert "not kept (unsolvable)" in told
    assert "no such column: weight" in told


@pytest.mark.usefixtures("airline")
def test_the_request_shows_the_database_and_examples_of_the_world(tmp_path):
    with FakeServer(lambda body: completion("Thought:")) as server:
        ask(server, tmp_path, 1)
    system, user = (message["content"] for message in server.bodies[0]["messages"])
    assert "propose(request: string, solution: list[string], check: list[string])" in system
    assert "CREATE TABLE flights" in user
    assert user.count('{"request": ') == db_propose.EXAMPLES


def test_without_a_model_the_experts_proposals_are_kept(tmp_path):
    out = tmp_path / "tasks.jsonl"
    assert propose("db", "expert", out, 8, rouge=1.0, store=tmp_path / "s.db") == 0
    with Store(tmp_path / "s.db") as store:
        assert [t.reward for t in store.select("db-propose-expert")] == [1.0] * 8
    for task in load_tasks(str(out)):
        assert check_task(DbEnv, task) == []
        assert task.data["seed"].startswith("propose/")


def test_the_proposer_keeps_the_contract_of_an_environment():
    assert list(env_problems(DbProposer, 5, 5)) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"env": "dbb"}, "Did you mean 'db'"),
        (
            {"env": "household"},
            "has no proposer, no environment household-propose; there are: AgentTuning/DbPropose-v0",
        ),
        ({"n": 0}, "n must be at least 1"),
        ({"tries": 0}, "tries must be at least 1"),
        ({"rouge": 0}, "rouge must be above 0"),
    ],
)
def test_wrong_use_is_named_before_any_work(tmp_path, options, words):
    with pytest.raises(UsageError, match=words):
        propose(**({"env": "db", "policy": "expert", "out": Path("x"), "store": tmp_path / "s.db"} | options))
    assert not (tmp_path / "s.db").exists()


# --- proving --------------------------------------------------------------------------------------------------------


class Drifting(ToyEnv):
    """Every second play ends in another state."""

    plays = Counter()

    def setup(self, task):
        super().setup(task)
        self.plays[task.id] += 1

    def state_key(self):
        return f"{self.total}{'!' * (self.plays[self.task.id] % 2)}"


class Generous(ToyEnv):
    def score(self):
        return 1.0


@pytest.mark.parametrize(
    ("cls", "task", "kind"),
    [
        (Drifting, toy_task(1), "flaky"),
        (Generous, toy_task(1), "trivial"),
        (ToyEnv, toy_task(1, goal=20), "unsolvable"),
    ],
)
def test_a_task_is_proved_by_playing_it(cls, task, kind):
    with pytest.raises(Rejected) as caught:
        prove(cls, task)
    assert caught.value.kind == kind


def test_a_sound_task_is_proved():
    prove(ToyEnv, toy_task(1))


# --- likeness ---------------------------------------------------------------------------------------------------------


def plain_rouge_l(a, b):
    """By the table of the textbook."""
    a, b = a.split(), b.split()
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return 2 * table[-1][-1] / (len(a) + len(b))


WORDS = st.lists(st.sampled_from(["how", "many", "planes", "are", "there"]), min_size=1, max_size=90).map(" ".join)


@given(WORDS, WORDS)
def test_rouge_l_is_that_of_the_textbook(a, b):
    assert rouge_l(a, b) == pytest.approx(plain_rouge_l(a, b))
    assert rouge_l(a, a) == 1.0


def test_the_nearest_of_a_pool():
    pool = Pool(["How many customers live in Porto?", "Delete order 7."])
    assert pool.nearest("how MANY customers live in Lisbon") == (
        pytest.approx(10 / 12),
        "How many customers live in Porto?",
    )
    pool.add("???")
    assert pool.nearest("???") == (1.0, "???")
    assert Pool().nearest("x") == (0.0, "")
