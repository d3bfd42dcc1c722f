"""What holds for every test file that runs worlds: a test that leaves something behind fails."""

import functools
from types import ModuleType

import pytest

from rollout import leaks

_RUNNING = ("envs.external", "envs.registry", "envs.sandbox", "envs.web", "rollout.", "tests.browsers", "tests.toy")
"""Whoever imports from these runs worlds."""


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
