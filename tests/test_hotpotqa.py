"""Questions in HotpotQA's format: loading, refusing, playing, grading."""

import gzip
import json

import pytest

from envs.errors import UsageError
from envs.qa.grade import token_f1
from envs.qa.hotpotqa import HotpotqaEnv, load
from envs.registry import env_class, load_tasks
from envs.testing import check_task, play
from envs.types import Task, ToolCall

RECORDS = [
    {
        "_id": "5a7a",
        "question": "In which year was the bridge beside the Orle mill opened?",
        "answer": "The year 1871",
        "type": "bridge",
        "level": "medium",
        "supporting_facts": [["Orle mill", 0], ["Long Bridge (Orle)", 1]],
        "context": [
            ["Orle mill", ["The Orle mill stands beside the Long Bridge.", " It grinds rye."]],
            ["Long Bridge (Orle)", ["The Long Bridge crosses the Orle.", " It was opened in the year 1871."]],
            ["Short Bridge", ["The Short Bridge was opened in 1902."]],
        ],
    },
    {
        "_id": "5a7b",
        "question": "Are the Orle mill and the Short Bridge in one town?",
        "answer": "no",
        "type": "comparison",
        "level": "hard",
        "supporting_facts": [["Orle mill", 0], ["Short Bridge", 0]],
        "context": [["Orle mill", ["It is in Vell."]], ["Short Bridge", ["It is in Dorn."]]],
    },
]


def written(folder, records, name="hotpot.json"):
    path = folder / name
    text = json.dumps(records) if ".jsonl" not in name else "\n".join(map(json.dumps, records))
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def score(task, answer):
    env = HotpotqaEnv()
    reward = play(env, task, [env.write(ToolCall("answer", {"text": answer}), "I answer.")])[-1][1]
    env.close()
    return reward


@pytest.mark.parametrize("name", ["hotpot.json", "hotpot.jsonl", "hotpot.json.gz", "hotpot.jsonl.gz"])
def test_every_form_of_file_gives_the_same_tasks(tmp_path, name):
    tasks = load_tasks(f"hotpotqa:{written(tmp_path, RECORDS, name)}")
    assert [(t.id, t.split, t.difficulty, t.template) for t in tasks] == [
        ("5a7a", "test", 3, "bridge"),
        ("5a7b", "test", 4, "comparison"),
    ]
    assert tasks[0].data["evidence"] == ["Orle mill", "Long Bridge (Orle)"]
    assert all(Task.from_json(task.to_json()) == task for task in tasks)


def test_the_reference_opens_the_evidence_and_answers(tmp_path):
    for task in load(written(tmp_path, RECORDS)):
        assert check_task(HotpotqaEnv, task) == []
        env = HotpotqaEnv()
        rows = play(env, task, env.expert())
        assert (rows[-1][1], env.evidence, env.progress()) == (1.0, task.data["evidence"], 1.0)
        env.close()


def test_the_library_is_the_record(tmp_path):
    env = env_class("hotpotqa")()
    for task in load(written(tmp_path, RECORDS)):
        env.reset(options={"task": task})
        shown = env.step(env.write(ToolCall("search", {"query": "bridge"})))[0]
        assert ("Long Bridge" in shown) == (task.id == "5a7a")
    env.close()


def test_the_reward_is_the_f1_of_tokens(tmp_path):
    bridge, comparison = load(written(tmp_path, RECORDS))
    assert [score(bridge, a) for a in ("year 1871", "1871", "in 1871", "1902", "", "the")] == [
        *(1.0, pytest.approx(2 / 3), 0.5, 0.0, 0.0, 0.0),
    ]
    assert [score(comparison, a) for a in ("No.", "no", "no, they are not", "yes", "noanswer")] == [1, 1, 0, 0, 0]
    env = HotpotqaEnv()
    env.reset(options={"task": bridge})
    assert env.score() == 0.0
    env.close()


def test_f1_counts_repeated_tokens_once_each():
    assert token_f1("york york", "new york") == 0.5
    assert token_f1("New York!", "the new york") == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": None}, "test files have none"),
        ({"answer": "..."}, "must have words"),
        ({"level": "insane"}, "easy, medium, hard"),
        ({"supporting_facts": [["Atlantis", 0]]}, "'Atlantis', which is not in its context"),
        ({"context": 3}, "TypeError"),
        ({"question": ""}, "prompt"),
    ],
)
def test_a_record_that_cannot_be_used_is_named(tmp_path, change, message):
    with pytest.raises(UsageError, match=f"(?s)1 of the records.*record 2: .*{message}"):
        load(written(tmp_path, [RECORDS[0], {**RECORDS[1], **change}]))


def test_a_file_that_is_not_json_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{not json")
    with pytest.raises(UsageError, match="neither one JSON list nor"):
        load(path)
    path.write_text("[3]")
    with pytest.raises(UsageError, match="not a JSON object"):
        load(path)


def test_a_task_with_incomplete_data_is_refused():
    with pytest.raises(UsageError, match="documents"):
        HotpotqaEnv().reset(options={"task": Task(HotpotqaEnv.id, "Who?", {"answer": "x", "evidence": []})})
