"""A thread on which environments live: made, used and closed there and nowhere else."""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from envs.core import AgentEnv
from envs.errors import WorldError

__all__ = ["EnvThread"]

_log = logging.getLogger(__name__)


class EnvThread:
    """A thread that owns environments, one per id, and runs functions in the order in which they come.

    Not an executor: Python waits for an executor's threads at exit, and a stuck environment would hold the process.

    Args:
        make: makes the environment of an id.
        threads: a set in which it stands until it has ended.
        timeout: seconds for one function; None for no deadline.
    """

    def __init__(self, make: Callable[[str], AgentEnv], threads: set["EnvThread"], timeout: float | None = None):
        self._make, self._timeout = make, timeout
        self._envs: dict[str, AgentEnv] = {}
        self._jobs = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._pending = 0
        self.ended = self._loop.create_future()
        threads.add(self)
        self.ended.add_done_callback(lambda _: threads.discard(self))
        threading.Thread(target=self._run, name="env", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether a function is still running, which after the end of an episode means that it is stuck."""
        return self._pending > 0

    def env(self, env_id: str) -> AgentEnv:
        """The environment of this id, made at first use. To be called on the thread."""
        if env_id not in self._envs:
            self._envs[env_id] = self._make(env_id)
        return self._envs[env_id]

    async def call(self, function: Callable, *args: Any) -> Any:
        """Run `function(*args)` on the thread and return or raise what it does.

        Raises:
            WorldError: it has not ended at its deadline. It goes on: leave the thread to it.
        """
        future = self._loop.create_future()
        self._pending += 1
        self._jobs.put((future, function, args))
        if self._timeout is None:
            return await future
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                return await future
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise WorldError(f"the environment did not answer within {self._timeout:g} seconds") from error

    def retire(self) -> None:
        """Let the thread close its environments and end, when it has done what it is doing."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function, args = job
            result = error = None
            try:
                result = function(*args)
            except Exception as raised:
                error = raised
            except BaseException as raised:
                error = WorldError(f"the environment raised {type(raised).__name__}")
            if isinstance(error, StopIteration):  # which a future refuses
                error = RuntimeError("a generator on the environment's thread has ended")
            self._post(self._settle, future, result, error)
            del job, future, function, args, result, error  # a waiting thread keeps no episode alive
        for env_id, env in self._envs.items():
            try:
                env.close()
            except Exception:
                _log.warning("closing %s failed", env_id, exc_info=True)
        self._post(self.ended.set_result, None)

    def _post(self, callback: Callable, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits for an abandoned thread
            self._loop.call_soon_threadsafe(callback, *args)

    def _settle(self, future: asyncio.Future, result: Any, error: Exception | None) -> None:
        self._pending -= 1
        if future.done():  # cancelled: the episode ran past its deadline
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
