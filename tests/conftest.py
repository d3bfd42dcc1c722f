"""What holds for every test: Ctrl-C is heard by what it starts; one that leaves something behind fails."""

import functools
import signal
from types import ModuleType

import pytest

from rollout import leaks

_RUNNING = ("envs.external", "envs.registry", "envs.sandbox", "envs.web", "rollout.", "tests.browsers", "tests.toy")
"""Whoever imports from these runs worlds."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job, and in all that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def leaves_nothing(request):
    """Audit each test of a file that runs worlds: a look takes milliseconds, too long for the thousands of others."""
    if not _runs_worlds(request.module):
        yield
        return
    before = leaks.snapshot()
    yield
    if left := leaks.audit(before):
        pytest.fail("left behind: " + "; ".join(left), pytrace=False)


@functools.cache
def _runs_worlds(module: ModuleType) -> bool:
    origins = (getattr(thing, "__module__", None) or "" for thing in vars(module).values())
    return any(origin.startswith(_RUNNING) for origin in origins)
