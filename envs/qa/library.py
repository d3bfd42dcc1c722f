"""A library of documents: search by BM25 (SQLite's FTS5, in memory), titles, pages, passages."""

import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping

from envs.qa.english import fold

__all__ = ["Library", "Titles", "pages", "passages"]

PAGE = 450
"""Characters of one page, at most; a longer sentence is a page of its own."""
RESULTS = 5
TITLE_WEIGHT = 5.0
MAX_WORDS = 32
"""Words of a query that count."""


class Library:
    """Documents by title. One library serves every thread.

    Args:
        documents: title to text.
    """

    def __init__(self, documents: Mapping[str, str]):
        self.documents = dict(documents)
        self.titles = Titles(self.documents)
        self._lock = threading.Lock()
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(
            "CREATE VIRTUAL TABLE documents USING fts5(title, text, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        self._index.executemany("INSERT INTO documents VALUES (?, ?)", self.documents.items())

    def search(self, query: str, limit: int = RESULTS) -> list[tuple[str, str]]:
        """The documents that fit a query best, as (title, the passage that fits)."""
        # Only letters and digits pass, each word in quotes: nothing is left of FTS5's query language.
        words = [f'"{word}"' for word in re.findall(r"[^\W_]+", query)[:MAX_WORDS]]
        if not words:
            return []
        statement = (
            "SELECT title, snippet(documents, 1, '', '', '...', 12) FROM documents WHERE documents MATCH ? "
            f"ORDER BY bm25(documents, {TITLE_WEIGHT}), title LIMIT ?"
        )
        with self._lock:
            found = self._index.execute(statement, (" OR ".join(words), limit)).fetchall()
        return [(title, " ".join(passage.split())) for title, passage in found]

    def close(self) -> None:
        """Give the memory of the index back; searching is over."""
        self._index.close()


class Titles:
    """Finds titles by how people write them: case, accents, punctuation and "the" do not matter."""

    def __init__(self, titles: Iterable[str]):
        exact = list(titles)
        self._by_key = {_key(title): title for title in reversed(exact)} | {title: title for title in exact}

    def find(self, name: str) -> str | None:
        """The title that a name stands for, None where there is none."""
        return self._by_key.get(name.strip()) or self._by_key.get(_key(name))


def pages(text: str) -> list[str]:
    """A text cut at the ends of sentences into pages."""
    cut, page = [], ""
    for line in re.split(r"(?<=\n)|(?<=[.!?] )", text):
        if page and len(page) + len(line) > PAGE:
            cut.append(page.strip())
            page = ""
        page += line
    return [*cut, page.strip()] if page.strip() or not cut else cut


def passages(text: str, words: str) -> list[str]:
    """The sentences that contain some words, whatever their case."""
    sentences = re.split(r"\n|(?<=[.!?]) ", text)
    return [sentence for sentence in sentences if words.casefold() in sentence.casefold()]


def _key(name: str) -> str:
    return fold(re.sub(r"^\s*the\s", "", name, flags=re.IGNORECASE))
