"""Conversations read from anywhere and written for others, with a card that says what they are."""

import gzip
import json
import os
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.store import Store
from tests.conversations import AGENTINSTRUCT, OPENAI, SHORT, SYSTEM, played
from tests.tiny_tokenizers import tiny_tokenizer
from training import forms
from training.dataset import dataset
from training.export import export
from training.rows import file_hash, read_rows
from training.sources import read_records, source_name, write_records

DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data")) / "agentinstruct"
needs_real = pytest.mark.skipif(not DATA.is_dir(), reason=f"no AgentInstruct at {DATA}; set AGENTTUNING_DATA")


def lines(path: Path) -> list[dict]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def exported(form: str, source: Path | str, folder: Path, **options) -> list[dict]:
    export(form, folder / "out.jsonl", data=str(source), **options)
    return lines(folder / "out.jsonl")


@needs_real
def test_all_of_agentinstruct_comes_back_as_it_was(tmp_path):
    count = 0
    for path in sorted(DATA.glob("*.jsonl.gz")):
        there = lines(path)
        assert exported("agentinstruct", path, tmp_path) == there
        for record, row in zip(there, read_rows(path), strict=True):
            losses = [turn["loss"] for turn in record["conversations"]]
            assert [message["weight"] for message in row["messages"]] == [None if x is None else int(x) for x in losses]
        count += len(there)
    assert count == 1866


@needs_real
def test_the_general_data_comes_back_as_it_was(tmp_path):
    for path in sorted((DATA.parent / "general").glob("*.jsonl.gz")):
        assert exported("sharegpt" if path.name.startswith("glaive") else "openai", path, tmp_path) == lines(path)


def in_jsonl(path: Path, records: list[dict]) -> Path:
    write_records(path, records)
    return path


def in_json(path: Path, records: list[dict]) -> Path:
    path = path.with_suffix(".json")
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def in_parquet(path: Path, records: list[dict]) -> Path:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = path.with_suffix(".parquet")
    parquet.write_table(pyarrow.Table.from_pylist(records), path)
    return path


def in_folder(path: Path, records: list[dict]) -> Path:
    folder = path.with_suffix("")
    write_records(folder / "b" / "two.jsonl.gz", records[1:])
    write_records(folder / "a.jsonl", records[:1])
    (folder / "README.md").write_text("Not data.")
    (folder / "a.jsonl.meta.json").write_text("{}")
    return folder


@pytest.mark.parametrize("kept", [in_jsonl, in_json, in_parquet, in_folder])
def test_records_are_read_from_files_and_folders(tmp_path, kept):
    records = [AGENTINSTRUCT, {**AGENTINSTRUCT, "id": "db_1"}]
    source = kept(tmp_path / "kept.jsonl", records)
    assert [record for _, record in read_records(source)] == records
    assert exported("agentinstruct", source, tmp_path) == records
    assert source_name(source) == "kept"
    before = file_hash(source)
    assert (
        file_hash(kept(tmp_path / "kept.jsonl", records))
        == before
        != file_hash(kept(tmp_path / "kept.jsonl", records[:1]))
    )


def test_parquet_fills_columns_with_nulls_and_they_say_nothing(tmp_path):
    records = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo", "weight": 1}]}]
    records = [{**records[0], "instruction": None, "output": None}, {"instruction": "Hi", "output": "Yo"}]
    rows = read_rows(in_parquet(tmp_path / "kept.jsonl", records))
    assert rows[0]["messages"][0]["weight"] is None
    assert [forms.write(row, "alpaca")["output"] for row in rows] == ["Yo", "Yo"]
    for row in rows:
        assert [(m["role"], m["content"]) for m in row["messages"]] == [("user", "Hi"), ("assistant", "Yo")]


def test_data_sets_of_the_hub_are_read_by_name_and_split(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    folder, asked = in_folder(tmp_path / "set.jsonl", [AGENTINSTRUCT]).parent / "set", []
    (folder / "b" / "two.jsonl.gz").unlink()
    real = datasets.load_dataset

    def load(name, split):
        asked.append((name, split))
        return real(
            "json", data_files={"train": str(folder / "a.jsonl")}, split=split, cache_dir=str(tmp_path / "cache")
        )

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert list(read_records("owner/name")) == [("owner/name:train, record 1", AGENTINSTRUCT)]
    with pytest.raises(UsageError, match=r"the data set owner/name with the split os cannot be had: Unknown split"):
        list(read_records("owner/name:os"))
    assert asked == [("owner/name", "train"), ("owner/name", "os")]
    assert source_name("owner/name:os") == "name:os"


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.jsonl", f"{json.dumps(SHORT)}\n{{\n", "a.jsonl, line 2: not JSON"),
        ("a.jsonl", '{"text": 1}\n', "a.jsonl, line 1: not a conversation: "),
        ("a.jsonl", '{"instruction": "x"}\n', "a.jsonl, line 1: the key 'output' is missing"),
        ("a.jsonl", "\n", "holds no conversations"),
        ("a.json", json.dumps(SHORT), "must hold one list of records"),
        ("a.json", json.dumps([SHORT, 1]), "a.json, record 2: not a conversation: 1"),
        ("a.parquet", "no", "is not a parquet file"),
        ("a.csv", "x", "must end in one of .jsonl, .jsonl.gz, .json"),
        ("none/b.jsonl", "", "no file, folder or data set OWNER/NAME"),
        ("folder", None, "no file in .*folder is one of"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, monkeypatch, name, text, complaint):
    monkeypatch.chdir(tmp_path)
    if text is None:
        Path(name).mkdir()
    elif text:
        Path(name).write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_rows(name)


def test_a_row_that_a_form_cannot_say_is_named_and_nothing_is_written(tmp_path):
    source = in_jsonl(tmp_path / "kept.jsonl", [SHORT, AGENTINSTRUCT])
    with pytest.raises(UsageError, match=r"row 2 \(db_0\) cannot be written as alpaca: turn 2 has weight 0"):
        exported("alpaca", source, tmp_path)
    assert not (tmp_path / "out.jsonl").exists()
    with pytest.raises(UsageError, match=r"must end in \.jsonl or \.jsonl\.gz"):
        export("openai", tmp_path / "out.json", data=str(source))
    with pytest.raises(UsageError, match="either --data FILE or --runs NAME"):
        export("openai", tmp_path / "out.jsonl")


@pytest.fixture
def store(tmp_path) -> Path:
    """A store with a run of three episodes, one of them a failure."""
    path = tmp_path / "store.db"
    with Store(path) as database:
        database.start_run("teacher", {"policy": "gpt-4", "seed": 7, "sampling": {"temperature": 0.5, "top_p": 1.0}})
        for trajectory in (played(1), played(2, difficulty=3), played(3, reward=0.0)):
            database.add(trajectory)
    return path


def test_runs_are_written_with_a_card(store, tmp_path, capsys):
    out, leaks = tmp_path / "out.jsonl.gz", tmp_path / "leaks.json"
    bins = {"clean": {"samples": 79}, "dirty": {"samples": 1}}
    report = {
        "data": "/home/me/data.jsonl",
        "samples": 80,
        "contaminated": [{"text": "secret"}],
        "bins": {"beyond": bins},
    }
    leaks.write_text(json.dumps(report))
    export("agentinstruct", out, runs=("teacher",), licence=("Toy/Echo-v0=CC0-1.0",), contamination=leaks, store=store)
    written = lines(out)
    assert [record["id"] for record in written] == ["agent_0", "agent_1"]
    assert out.read_bytes()[4:8] == bytes(4)  # no time in the gzip header: equal records make equal files
    assert [turn["loss"] for turn in written[0]["conversations"]] == [None, None, True]
    text = Path(f"{out}.card.md").read_text()
    for part in (
        "# out.jsonl.gz",
        "2 conversations in the form `agentinstruct`",
        "| Toy/Echo-v0 | expert | 2 |",
        "- seed: 7",
        "- sampling: temperature 0.5, top_p 1",
        f"```text\n{SYSTEM}\n```",
        "| success | 3 | 1 | 2 |",
        "| Toy/Echo-v0 | 3 |  | 1 |",
        "| Toy/Echo-v0 | 2 | CC0-1.0 |",
        "Of 80 tasks in the evaluation suites, 1 are contaminated by data.jsonl.",
        "| beyond | 79 | 1 |",
    ):
        assert part in text, part
    assert "secret" not in text
    leaks.write_text("{}")
    with pytest.raises(UsageError, match=r"is no report of evaluation\.contamination"):
        export("openai", out, runs=("teacher",), contamination=leaks, store=store)
    assert "No licence" not in capsys.readouterr().out


def test_a_file_of_ours_brings_its_card_and_its_history(store, tmp_path, capsys):
    tiny_tokenizer("chatml").save_pretrained(tmp_path / "tokenizer")
    chat = in_jsonl(tmp_path / "chat.jsonl", [SHORT, OPENAI, {**SHORT, "source": "elsewhere|```"}])
    options = {"general": (str(chat),), "tokenizer": str(tmp_path / "tokenizer"), "store": store, "eta": 0.4}
    dataset(("teacher",), tmp_path / "data.jsonl", **options)
    records = exported("openai", tmp_path / "data.jsonl", tmp_path)
    assert {**OPENAI, "source": "chat"} in records
    text = (tmp_path / "out.jsonl.card.md").read_text()
    for part in (
        "- eta: 0.4",
        "- unit: conversation",
        "| source | conversation | token | loss_token | epochs |",
        "- seed: 7",
        f"Of {chat.name}, by filters",
        "| elsewhere\\|``` | 1 | not stated |",
        "Not measured: no report was given.",
    ):
        assert part in text, part
    assert "No licence is stated for Toy/Echo-v0, chat, elsewhere|```" in capsys.readouterr().out


def test_an_environment_declares_its_licence(monkeypatch, store, tmp_path):
    monkeypatch.setattr("training.card.env_class", lambda name: type("World", (), {"licence": "MIT"}))
    export("openai", tmp_path / "out.jsonl", runs=("teacher",), store=store)
    assert "| Toy/Echo-v0 | 2 | MIT |" in (tmp_path / "out.jsonl.card.md").read_text()
    with pytest.raises(UsageError, match=r"not 'toy=CC0'.*Origins: Toy/Echo-v0"):
        export("openai", tmp_path / "out.jsonl", runs=("teacher",), licence=("toy=CC0",), store=store)
