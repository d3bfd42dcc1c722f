"""Records from files, folders and data sets of the Hugging Face hub, and record files written.

A source is a file (`.jsonl`, `.json`, either also `.gz`, or `.parquet`), a folder of such files, or the name of a data
set on the hub, `OWNER/NAME` or `OWNER/NAME:SPLIT`. Only such a name goes to the network; what is there on the disk is
never looked for elsewhere.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from envs.errors import UsageError
from evaluation.json_lines import read_json_lines

__all__ = ["check_out", "read_records", "source_name", "write_records"]

_HUB_NAME = re.compile(r"(?P<name>[\w.-]+/[\w.-]+?)(:(?P<split>[\w.-]+))?")
_META = ".meta.json"


def read_records(source: Path | str) -> Iterator[tuple[str, Any]]:
    """Yield where each record of a source stands, and the record.

    Raises:
        UsageError: no such source, a file of another kind, or a line that is not JSON (with its number).
    """
    path, hub = Path(source), _HUB_NAME.fullmatch(str(source))
    if path.is_file():
        yield from _read_file(path)
    elif path.is_dir():
        files = sorted(file for file in path.rglob("*") if _kind(file) and not file.name.endswith(_META))
        if not files:
            raise UsageError(f"no file in {path} is one of {', '.join(_READERS)}")
        for file in files:
            yield from _read_file(file)
    elif hub and not _kind(path) and not str(source).startswith("."):
        yield from _read_hub(hub["name"], hub["split"] or "train")
    else:
        raise UsageError(f"no file, folder or data set OWNER/NAME {str(source)!r}")


def source_name(source: Path | str) -> str:
    """The name of a source in tables: the file's or folder's without its ending, or the data set's."""
    return Path(source).name.partition(".")[0]


def check_out(path: Path) -> None:
    """Refuse the name of a file, before any work, that does not say that it holds JSON lines.

    Raises:
        UsageError: it ends in neither `.jsonl` nor `.jsonl.gz`.
    """
    if _kind(path) not in (".jsonl", ".jsonl.gz"):
        raise UsageError(f"{path} must end in .jsonl or .jsonl.gz")


def write_records(path: Path, records: Iterable[dict[str, Any]]) -> str:
    """Write JSON lines, compressed if the name ends in `.gz`, whole or not at all.

    Returns:
        The SHA-256 of the file.
    """
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # equal records make equal files
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return hashlib.sha256(content).hexdigest()


def _kind(path: Path) -> str | None:
    return next((ending for ending in _READERS if path.name.endswith(ending)), None)


def _read_file(path: Path) -> Iterator[tuple[str, Any]]:
    kind = _kind(path)
    if kind is None:
        raise UsageError(f"{path} cannot be read: its name must end in one of {', '.join(_READERS)}")
    return _READERS[kind](path)


def _read_json(path: Path) -> Iterator[tuple[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        try:
            records = json.load(file)
        except ValueError as error:
            raise UsageError(f"{path}: not JSON: {error}") from None
    if not isinstance(records, list):
        raise UsageError(f"{path} must hold one list of records in JSON; one record a line is a .jsonl file")
    return _numbered(path, records)


def _read_parquet(path: Path) -> Iterator[tuple[str, Any]]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        batches = ParquetFile(path).iter_batches()
    except ArrowInvalid as error:
        raise UsageError(f"{path} is not a parquet file: {error}") from None
    return _numbered(path, (record for batch in batches for record in batch.to_pylist()))


def _read_hub(name: str, split: str) -> Iterator[tuple[str, Any]]:
    import datasets

    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False  # nobody else need know that it is read again
    try:
        records = datasets.load_dataset(name, split=split)
    except (OSError, ValueError) as error:
        raise UsageError(f"the data set {name} with the split {split} cannot be had: {error}") from None
    return _numbered(f"{name}:{split}", records)


def _numbered(source: Path | str, records: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for number, record in enumerate(records, 1):
        where = f"{source}, record {number}"
        try:
            json.dumps(record)
        except TypeError as error:  # a picture, a date
            raise UsageError(f"{where}: {error}") from None
        yield where, record


_READERS: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
    ".jsonl": read_json_lines,
    ".jsonl.gz": read_json_lines,
    ".json": _read_json,
    ".json.gz": _read_json,
    ".parquet": _read_parquet,
}
