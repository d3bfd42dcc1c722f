"""Processes that run in a box from the start of a task, and what must run at its end.

A job is {"argv": [...], "cwd": path}. It is told by both, as the host sees them. What must be started is in Python.
"""

import posixpath
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from envs.errors import WorldError
from envs.sandbox import Process, Sandbox

__all__ = ["jobs_match", "start_jobs"]

_PATIENCE = 20.0
"""Seconds that jobs may take to appear on a busy machine."""

Job = Mapping[str, Any]


def start_jobs(sandbox: Sandbox, jobs: Mapping[str, Job]) -> None:
    """Start jobs in the background of the box's shell and wait until they run.

    Raises:
        WorldError: they do not.
    """
    if not jobs:
        return
    for job in jobs.values():
        start = f"setsid -f {shlex.join(job['argv'])} < /dev/null > /dev/null 2>&1"
        sandbox.run(f"(cd {shlex.quote(job['cwd'])} && {start})")
    deadline = time.monotonic() + _PATIENCE
    while not all(_running(job, sandbox.processes()) for job in jobs.values()):
        if time.monotonic() > deadline:
            raise WorldError(f"the jobs of a task did not start: {sorted(jobs)}")
        time.sleep(0.005)


def jobs_match(
    sandbox: Sandbox, jobs: Mapping[str, Job], stopped: Sequence[str], started: Sequence[Mapping[str, Any]]
) -> bool:
    """Say whether just the jobs in `stopped` are gone, and every {script, arguments} in `started` runs once."""
    if not (jobs or started):
        return True
    processes = sandbox.processes()
    return all(_running(job, processes) != (name in stopped) for name, job in jobs.items()) and all(
        sum(_runs(process, **wanted) for process in processes) == 1 for wanted in started
    )


def _running(job: Job, processes: Sequence[Process]) -> bool:
    return any((list(p.argv), p.cwd) == (job["argv"], job["cwd"]) and p.state != "Z" for p in processes)


def _runs(process: Process, script: str, arguments: Sequence[str]) -> bool:
    """Whether a process runs a script, named by any path, by itself or by Python, with just these arguments."""
    argv = list(process.argv)
    if argv and posixpath.basename(argv[0]).startswith("python"):
        argv = [word for n, word in enumerate(argv[1:]) if n or word != "-u"]
    if not argv or process.state == "Z":
        return False
    return posixpath.normpath(posixpath.join(process.cwd, argv[0])) == script and argv[1:] == list(arguments)
