"""A server whose model takes tokens as a real one does: more the longer it plays, and not the same for every task."""

import random
import time
import zlib
from typing import Any

from tests.fake_server import FakeServer, completion

__all__ = ["LEAST", "MOST", "PaidServer"]

LEAST, MOST = 2, 6
"""Turns of an episode in the `db` world."""


class PaidServer(FakeServer):
    """Plays `db` badly: so many queries as a task's text draws, then an answer. `prompt_tokens` and
    `completion_tokens` add up what it has charged.

    Args:
        seconds: until it answers.
        counts: whether it says how many tokens it took.
    """

    def __init__(self, seconds: float = 0.0, counts: bool = True):
        super().__init__(self._play)
        self._seconds, self._counts = seconds, counts
        self.prompt_tokens = self.completion_tokens = 0

    def _play(self, body: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self._seconds)
        messages = body["messages"]
        turns = random.Random(zlib.crc32(messages[1]["content"].encode())).randint(LEAST, MOST)
        last = len(messages) // 2 == turns
        action = 'answer\n{"values": [0]}' if last else f"sql\nSELECT {len(messages)}"
        text = f"Thought: {'well, ' * turns}.\nAction: {action}"
        read, written = sum(len(message["content"]) for message in messages) // 4, len(text) // 4
        self.prompt_tokens += read
        self.completion_tokens += written
        usage = {"prompt_tokens": read, "completion_tokens": written} if self._counts else None
        return completion(text) | {"usage": usage}
