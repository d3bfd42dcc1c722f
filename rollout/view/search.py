"""Full-text search over conversations: SQLite's FTS5, kept up to date beside the trajectories in the same file.

What is searched is what was said after the system prompt: the task, thoughts, actions and observations, without
demonstrations. The index holds no text of its own; it reads the trajectories' (external content). Only the viewer
builds it, so that a collection pays nothing for it.
"""

import re

from rollout.store import Store

__all__ = ["catch_up", "match_expression", "prepare", "unindexed"]

_BATCH = 200
"""Trajectories indexed in one transaction, for which writers wait."""
_TABLES = (
    """
    CREATE VIEW IF NOT EXISTS searched_text AS SELECT number, (
        SELECT group_concat(json_extract(value, '$.content'), char(10)) FROM json_each(messages)
        WHERE json_extract(value, '$.role') != 'system' AND json_extract(value, '$.shot') IS NULL
    ) AS text FROM trajectories
    """,
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS searched USING fts5(
        text, content='searched_text', content_rowid='number', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    "CREATE TABLE IF NOT EXISTS searched_upto (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO searched_upto VALUES (1, 0)",
)


def prepare(store: Store) -> None:
    """Make the index where the file has none."""
    with store.transaction():
        for statement in _TABLES:
            store.db.conn.execute(statement)


def catch_up(store: Store) -> bool:
    """Index the oldest trajectories that are not indexed yet, a batch of them; return whether any were left to index.

    A number is never given twice, so what a replaced trajectory leaves in the index finds nothing and is harmless.
    """
    if not unindexed(store):
        return False
    connection = store.db.conn
    with store.transaction():  # another viewer may have indexed some since
        batch = "SELECT number FROM trajectories WHERE number > (SELECT number FROM searched_upto) ORDER BY 1 LIMIT ?"
        last = connection.execute(f"SELECT max(number) FROM ({batch})", [_BATCH]).fetchone()[0]
        if last is not None:
            connection.execute(
                "INSERT INTO searched (rowid, text) SELECT number, text FROM searched_text "
                "WHERE number > (SELECT number FROM searched_upto) AND number <= ?",
                [last],
            )
            connection.execute("UPDATE searched_upto SET number = ?", [last])
    return True


def unindexed(store: Store) -> int:
    """How many trajectories a search does not know yet."""
    query = "SELECT count(*) FROM trajectories WHERE number > (SELECT number FROM searched_upto)"
    return store.db.conn.execute(query).fetchone()[0]


def match_expression(text: str) -> str:
    """What a person typed, words and "phrases" that must all occur, as an FTS5 expression.

    Every term is quoted, so nothing of FTS5's own syntax is understood.
    """
    terms = re.findall(r'"([^"]*)"?|([^\s"]+)', text.replace("\0", " "))
    return " ".join(f'"{phrase or word}"' for phrase, word in terms)
