"""An event loop whose clock jumps to the next thing that is due, so that waiting takes no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

_WORK_SECONDS = 1e-6
"""What one round of the loop takes."""


def run_in_fake_time(main: Coroutine[Any, Any, Any]) -> Any:
    """`asyncio.run`, in which an hour of sleep is over at once. The clock starts at 0."""
    with asyncio.Runner(loop_factory=_FakeTime) as runner:
        return runner.run(main)


class _FakeTime(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: _FakeTime):
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None):
        assert timeout is not None, "everybody waits for ever"
        self._loop.now += max(timeout, _WORK_SECONDS)
        return super().select(0)
