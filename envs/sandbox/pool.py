"""Boxes made ready in the background."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from envs.sandbox.interface import Sandbox

__all__ = ["Pool"]


class Pool:
    """Some boxes of one kind, opened one after the other in a thread of their own, so that `take` need not wait.

    Args:
        open: makes a box.
        size: boxes kept ready; each that is taken is replaced.
    """

    def __init__(self, open: Callable[[], Sandbox], size: int):
        self._open, self._size = open, size
        self._lock = threading.Lock()
        self._boxes: deque[Future[Sandbox]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-pool")

    def take(self) -> Sandbox:
        """A new box: one that is ready, or one made while the caller waits."""
        with self._lock:
            box = self._boxes.popleft() if self._boxes and self._boxes[0].done() else None
            while len(self._boxes) < self._size:
                self._boxes.append(self._thread.submit(self._open))
        return box.result() if box else self._open()

    def ready(self) -> list[Sandbox]:
        """The boxes that are made and that nobody took yet."""
        with self._lock:
            made = [box for box in self._boxes if box.done() and not box.cancelled() and not box.exception()]
        return [box.result() for box in made]

    def close(self) -> None:
        """Close the boxes that nobody took."""
        self._thread.shutdown(cancel_futures=True)
        while self._boxes:
            box = self._boxes.popleft()
            if not box.cancelled() and not box.exception():
                box.result().close()
