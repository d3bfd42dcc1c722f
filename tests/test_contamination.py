"""Planted leaks are found, and worlds that share nothing but their templates are clean."""

import gzip
import json
import random
from dataclasses import replace

import numpy as np
import pytest

from envs import Task, UsageError
from envs.registry import env_class
from evaluation.contamination import bins, contamination, examine, is_contaminated, read_conversations
from evaluation.instances import initial_state
from evaluation.ngrams import Ngrams
from evaluation.overlap import Conversation, Finding, Overlap, Sample, conversation
from rollout.collect import collect_tasks
from rollout.selection import select_tasks

WORLDS = ("db", "household", "api", "qa-graph")


class Words:
    """A tokenizer whose tokens are words, without regard to case as the real one."""

    def __init__(self):
        self.numbers = {}
        self.wordless = set()

    def encode(self, texts):
        rows = [[self.numbers.setdefault(w, len(self.numbers)) for w in text.casefold().split()] for text in texts]
        self.wordless |= {number for word, number in self.numbers.items() if not any(map(str.isalpha, word))}
        return rows


def opening(task):
    env = env_class(task.env)()
    try:
        return Sample(task, env.reset(seed=0, options={"task": task})[0])
    finally:
        env.close()


def on(task):
    """A training conversation on a task, as `training.dataset` writes it: opening and the expert's play."""
    env, texts = env_class(task.env)(), []
    try:
        texts.append(env.reset(seed=0, options={"task": task})[0])
        for action in env.expert():
            observation, *_, terminated, truncated, _ = env.step(action)
            texts += [action, observation]
            if terminated or truncated:
                break
    finally:
        env.close()
    return Conversation(tuple(texts), task.env, task.id, initial_state(task))


@pytest.fixture(scope="module")
def samples():
    return [opening(task) for world in WORLDS for task in env_class(world).tasks("test")[:25]]


@pytest.fixture(scope="module")
def training():
    return [on(task) for world in WORLDS for task in env_class(world).tasks("train")[:40]]


def findings(samples, conversations):
    return examine(samples, conversations, Words()).findings()


def found(samples, conversations):
    return [(f.sample, f) for f in findings(samples, conversations) if is_contaminated(f)]


def test_a_clean_set_is_clean_though_its_templates_overlap(samples, training):
    all_of_them = findings(samples, training)
    assert [f for f in all_of_them if is_contaminated(f)] == []
    assert {f.leak for f in all_of_them} == {None}
    assert sum(f.overlap >= 0.2 for f in all_of_them) > 10, "these worlds share no wording: the test shows nothing"
    assert all(f.beyond == 0 for f in all_of_them)


def cut(text, share):
    words = text.split()
    return " ".join(words[: round(len(words) * share)])


PLANTED = {
    "verbatim": (lambda text: text, 1.0),
    "re-cased": (lambda text: text.upper().replace("\n", "  \n "), 1.0),
    "inside other text": (lambda text: f"Please note what follows. {text} So much for that.", 1.0),
    "60% of it": (lambda text: cut(text, 0.6), 0.6),
}


@pytest.mark.parametrize("leak", PLANTED)
@pytest.mark.parametrize("world", ["household", "api"])
def test_planted_words_of_unknown_origin_are_found(samples, training, leak, world):
    plant, share = PLANTED[leak]
    target = max((s for s in samples if s.task.env == env_class(world).id), key=lambda s: len(s.text.split()))
    planted = Conversation((plant(target.text),))
    for others in ([], training):
        ((sample, finding),) = found(samples, [*others, planted])
        assert sample is target, "what it shares with others of its template is no leak of theirs"
        assert (finding.beyond > 0.5, finding.leak) == (True, None)
        assert finding.overlap == pytest.approx(share, abs=0.03) or (others and finding.overlap > share)


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_state_in_other_words_is_found(samples, training, world):
    target = next(s for s in samples if s.task.env == env_class(world).id)
    other = replace(target.task, prompt="Something else, in words of its own?", split="train", id="")
    planted = Conversation(("Nothing of it is said.",), other.env, other.id, initial_state(other))
    ((sample, finding),) = found(samples, [*training, planted])
    assert sample is target
    assert (finding.leak, finding.beyond) == (f"conversation {len(training) + 1} starts in its state", 0.0)


def test_the_task_itself_is_found_by_its_id_alone(samples, training):
    target = samples[3].task
    ((sample, finding),) = found(samples, [Conversation((), target.env, target.id), *training])
    assert (sample.task, finding.leak) == (target, "conversation 1 is on the task")


def test_a_whole_leaked_conversation_counts_in_full_for_its_own_sample_alone(samples, training):
    target = samples[30]
    ((sample, own),) = found(samples, [*training, on(target.task)])
    assert sample is target
    assert own.beyond == own.overlap == 1.0


def test_a_question_to_a_shared_world_is_found_by_its_words():
    task = Task("AgentTuning/Qa-v0", "How old is Ada?", {"world": "test", "plan": ["age"]}, "test")
    (finding,) = findings([Sample(task, task.prompt)], [Conversation(("how OLD is Ada?",), task.env)])
    assert finding.leak == "conversation 1 has its goal"
    own = Task("AgentTuning/Db-v0", "How old is Ada?", {"domain": "d", "seed": "test/0", "rows": 9}, "test")
    given = Conversation(("how OLD is Ada?",), own.env, "t", "another state")
    (finding,) = findings([Sample(own, own.prompt)], [given])
    assert (finding.leak, finding.overlap, finding.beyond) == (None, 1.0, 0.0)


def test_other_worlds_and_unknown_states_explain_nothing():
    (task,) = env_class("db").tasks("test")[:1]
    text = " ".join(f"word{n}" for n in range(20))
    for given in (Conversation((text,), task.env), Conversation((text,), "Other/World-v0", "x", "state")):
        (finding,) = findings([Sample(task, text)], [given])
        assert finding.beyond == 1.0


# --- n-grams --------------------------------------------------------------------------------------------------------


def slow_share(sample, texts, n):
    grams = {tuple(text[i : i + n]) for text in texts for i in range(len(text) - n + 1)}
    covered = set()
    for i in range(len(sample) - n + 1):
        if tuple(sample[i : i + n]) in grams:
            covered |= set(range(i, i + n))
    return len(covered) / len(sample)


@pytest.mark.parametrize("n", [1, 3, 11])
def test_shares_equal_those_of_a_search_by_hand(n):
    rng = random.Random(n)
    for _ in range(40):
        samples = [[rng.randrange(4) for _ in range(rng.randint(n, 40))] for _ in range(5)]
        texts = [[rng.randrange(4) for _ in range(rng.randint(0, 60))] for _ in range(4)]
        texts += [samples[0][: n + 2], samples[1][-n:]]
        ngrams = Ngrams(samples, n)
        hit = np.zeros(len(ngrams), dtype=bool)
        for text in texts:
            hit[ngrams.find(text)] = True
        for number, sample in enumerate(samples):
            assert ngrams.share(number, hit) == pytest.approx(slow_share(sample, texts, n))


def test_what_is_hashed_alike_is_told_apart(monkeypatch):
    monkeypatch.setattr(Ngrams, "_hash", lambda self, windows: np.zeros(len(windows), dtype=np.uint64))
    ngrams = Ngrams([[1, 2, 3]], 3)
    assert list(ngrams.find([1, 2, 3])) == [0]
    assert list(ngrams.find([3, 2, 1])) == []


def test_a_date_is_no_overlap():
    (finding,) = findings([Sample(Task("Toy/Echo-v0", "x"), "on " + "1 2 3 - " * 5)], [Conversation(("1 2 3 - " * 9,))])
    assert finding.overlap == 0


def test_a_sample_shorter_than_an_n_gram_is_one():
    task = Task("Toy/Echo-v0", "x")
    for text, share in (("say: who lives in ghent now", 1.0), ("who lives in", 0.0)):
        (finding,) = findings([Sample(task, "Who lives in Ghent")], [Conversation((text,))])
        assert finding.overlap == share


def test_bins_are_llama_2s():
    task = Task("Toy/Echo-v0", "x")
    shares = [0.0, 0.19, 0.2, 0.5, 0.79, 0.8, 1.0]
    findings = [Finding(Sample(replace(task, id=str(k)), ""), share, 0.0, None) for k, share in enumerate(shares)]
    counts = {name: inside.samples for name, inside in bins(findings, "overlap").items()}
    assert counts == {"clean": 2, "not clean": 5, "not dirty": 5, "dirty": 2}
    assert bins(findings, "beyond")["clean"].samples == 7


def test_system_messages_and_demonstrations_are_left_out():
    messages = [
        {"role": "system", "content": "You are."},
        {"role": "user", "content": "A demonstration.", "shot": 0},
        {"role": "user", "content": "Do it."},
        {"role": "assistant", "content": "Done."},
    ]
    assert conversation({"messages": messages}) == Conversation(("Do it.", "Done."))


def test_conversations_on_nobody_knows_what_are_counted():
    given = [Conversation(("Hi.",)), Conversation(("Hi.",), "A/B-v0", "t"), Conversation(("Hi.",), "A/B-v0", "t", "s")]
    assert examine([Sample(Task("Toy/Echo-v0", "x"), "x y")], given, Words()).unplaced == 1


def test_overlap_may_be_asked_at_any_time(samples):
    overlap = Overlap(samples[:2], Words().encode(s.text for s in samples[:2]))
    assert [f.overlap for f in overlap.findings()] == [0, 0]


# --- the verb -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory, training):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    folder = tmp_path_factory.mktemp("tokenizer")
    made = Tokenizer(models.WordLevel(unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = [text for c in training for text in c.texts] + [task.prompt for task in select_tasks("db", "dev", 100)]
    made.train_from_iterator([text.casefold() for text in texts], trainers.WordLevelTrainer(special_tokens=["?"]))
    made.save(str(folder / "tokenizer.json"))
    return folder


def training_file(path, conversations):
    rows = [
        {"messages": [{"role": "user", "content": text} for text in c.texts], "env": c.env, "task": c.task}
        | ({"state": c.state} if c.state else {})
        for c in conversations
    ]
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_the_verb_reports_leaks_and_scores_by_bin(tmp_path, tokenizer, training, capsys):
    clean = training_file(tmp_path / "clean.jsonl", training)
    options = {"suite": ("db-dev",), "tokenizer": str(tokenizer)}
    assert contamination(clean, **options) == 0
    assert "Clean: no instance" in capsys.readouterr().out
    tasks = select_tasks("db", "dev", 100)
    collect_tasks(tasks, "expert", run="e", store=tmp_path / "s.db", quiet=True)
    planted = training_file(tmp_path / "planted.jsonl.gz", [*training, Conversation((tasks[5].prompt.upper(),))])
    report = tmp_path / "deep" / "report.json"
    assert contamination(planted, out=report, run="e", store=tmp_path / "s.db", **options) == 1
    assert f"{tasks[5].id}: 100% of its tokens" in capsys.readouterr().out
    written = json.loads(report.read_text())
    assert [(row["task"], row["beyond"], row["suites"]) for row in written["contaminated"]] == [
        (tasks[5].id, 1.0, ["db-dev"])
    ]
    assert written["suites"]["db-dev"]["samples"] == 100
    dirty = written["bins"]["beyond"]["dirty"]
    assert (dirty["samples"], dirty["success"]["n"], dirty["success"]["share"]) == (1, 1, 1.0)
    assert not written["clean"]


def test_wrong_use(tmp_path, tokenizer):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": []}\n{"text": "no messages"}\n')
    with pytest.raises(UsageError, match="line 2: not a conversation"):
        list(read_conversations(bad))
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    for data, options, words in (
        (tmp_path / "none.jsonl", {}, "no file"),
        (empty, {}, "holds no conversations"),
        (bad, {"suite": ("db-dve",)}, "Did you mean 'db-dev'"),
        (bad, {"tokenizer": str(tmp_path)}, "no tokenizer.json"),
        (bad, {"run": "none", "store": tmp_path / "s.db"}, "no run 'none'"),
    ):
        with pytest.raises(UsageError, match=words):
            contamination(data, **{"suite": ("db-dev",), "tokenizer": str(tokenizer)} | options)
