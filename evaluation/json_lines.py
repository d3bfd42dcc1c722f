"""Files of records, one in JSON a line."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envs.errors import UsageError

__all__ = ["read_json_lines"]


def read_json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield where each record of a .jsonl or .jsonl.gz file stands ("FILE, line 3"), and the record.

    Raises:
        UsageError: no such file, or a line that is not JSON.
    """
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r}")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                where = f"{path}, line {number}"
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise UsageError(f"{where}: not JSON: {error}") from None
                yield where, record
