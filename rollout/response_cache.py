"""A cache of servers' answers, off by default: `python -m rollout.collect --cache FILE` pays for no request twice.

An answer is found again by the exact request: the URL, every field of the body, and the episode it belongs to (by its
seed, which run seed, task and sample determine). So a run repeated under another name is free, while two samples of one
task, whose first requests are equal when no sampling seed is sent, never get one answer. What comes from the cache
counts no tokens, and its model is called `NAME (cached)`.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from envs.errors import UsageError
from envs.types import canonical_json
from rollout.policy import Episode
from rollout.sqlite import closed_on_failure, open_database

__all__ = ["ResponseCache"]


class ResponseCache:
    """Answers in one SQLite file, which several processes may use. A context manager; leaving it closes the file.

    Neither a key nor a request is kept in it: a request is known by its hash, without what a URL says of a user, a
    password or a query.

    Args:
        path: the file, made with its folder if it is not there.

    Raises:
        UsageError: the file cannot be opened as a database.
    """

    def __init__(self, path: Path | str):
        try:
            self._db = open_database(Path(path))
            with closed_on_failure(self._db):
                self._db["answers"].create({"request": str, "answer": str}, pk="request", if_not_exists=True)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"{path} cannot be opened as a cache of responses: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def get(self, url: str, body: Mapping[str, Any], episode: Episode) -> dict[str, Any] | None:
        """The answer to this request of this episode, free of charge; None when there is none."""
        query = "SELECT answer FROM answers WHERE request = ?"
        found = self._db.conn.execute(query, [_key(url, body, episode)]).fetchone()
        if found is None:
            return None
        answer = json.loads(found[0])
        return {**answer, "model": f"{answer.get('model') or body['model']} (cached)", "usage": {}}

    def put(self, url: str, body: Mapping[str, Any], episode: Episode, answer: dict[str, Any]) -> None:
        """Keep an answer that was read; one that is there stays."""
        row = {"request": _key(url, body, episode), "answer": json.dumps(answer)}
        self._db["answers"].insert(row, ignore=True)


def _key(url: str, body: Mapping[str, Any], episode: Episode) -> str:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    request = canonical_json([where, dict(body), episode.seed])
    return hashlib.sha256(request.encode()).hexdigest()
