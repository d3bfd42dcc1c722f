"""The leak audit: whatever is planted is named, what stays on purpose or is about to end is not."""

import contextlib
import os
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from envs.sandbox import available, open_sandbox, ready_boxes
from envs.scratch import scratch_folder
from envs.web.browser import shared_browser
from rollout import leaks
from rollout.collect import collect_tasks, select_tasks
from tests.browsers import needs_browser

pytest_plugins = "pytester"


@pytest.fixture
def left(monkeypatch):
    """`left()`: what was left since the test began, without much patience."""
    monkeypatch.setattr(leaks, "_GRACE_SECONDS", 0.2)
    before = leaks.snapshot()
    return lambda: leaks.audit(before)


@contextlib.contextmanager
def running(*command: str):
    """A process, until the end of the block."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def test_a_process_is_named_with_its_command(left):
    with running("cat", "-u", "-") as process:
        assert left() == [f"process {process.pid} runs: cat -u -"]
    assert left() == []


def test_a_process_of_a_process_is_named(left):
    with running("sh", "-c", "sleep 99 & echo $!; cat; kill $!") as process:
        below = process.stdout.readline().strip()
        assert f"process {below} runs: sleep 99" in left()


def test_a_process_that_ended_is_no_leak(left):
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody took note
        assert left() == []


def test_a_thread_is_named(left):
    ending = threading.Event()
    thread = threading.Thread(target=ending.wait, name="stray")
    thread.start()
    assert left() == ["thread 'stray' runs"]
    ending.set()
    thread.join()
    assert left() == []


def test_what_ends_soon_is_no_leak():
    before = leaks.snapshot()
    threading.Timer(0.3, lambda: None).start()
    with running("sleep", "0.3"):
        assert leaks.audit(before) == []


def test_what_was_there_before_is_no_leak():
    with running("cat"), scratch_folder():
        assert leaks.audit(leaks.snapshot()) == []


def test_sockets_are_named_by_their_peer(left):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert left() == [f"a socket is open at 127.0.0.1:{port}"]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert f"a connection to 127.0.0.1:{port} is open (ESTABLISHED)" in left()
            accepted, _ = listening.accept()
            accepted.close()
            assert f"a connection to 127.0.0.1:{port} is open (CLOSE_WAIT)" in left()
            assert connection.recv(1) == b""
    assert left() == []


def test_a_temporary_folder_of_this_process_is_named(left):
    with scratch_folder() as folder, tempfile.TemporaryDirectory(prefix="agenttuning-1-"):  # the other is process 1's
        assert left() == [f"temporary folder {folder} is there"]
    assert left() == []


@pytest.mark.skipif(available("bubblewrap") is not None, reason=str(available("bubblewrap")))
def test_an_open_box_is_named_and_those_kept_ready_are_not(left):
    with open_sandbox("bubblewrap", ready=2) as box:
        while len(ready_boxes()) < 2:
            time.sleep(0.01)
        porter = psutil.Process(box.handle).parents()[1].pid
        assert left() == [f"a sandbox is open: process {porter} and those below it"]
    assert left() == []


@pytest.mark.skipif(available("docker") is not None, reason=str(available("docker")))
def test_a_container_is_named(left):
    with open_sandbox("docker") as box:
        (found,) = left()
        assert found.startswith("container ")
        assert found.endswith(" is there (running)")
        assert box.handle
    assert left() == []


@needs_browser
def test_a_browser_context_is_named_and_the_one_made_ready_is_not(left):
    browser = shared_browser()
    context, tab = browser.call(browser.new_context())
    browser.call(tab.goto("data:text/html,hello"))
    assert left() == ["a browser context is open, at data:text/html,hello"]
    browser.call(context.close())
    assert left() == []


@pytest.mark.parametrize("world", ["db", "household", "api", "os", pytest.param("web", marks=needs_browser)])
def test_a_run_of_a_world_leaves_nothing(world, tmp_path):
    if world == "os" and (reason := available("bubblewrap")):
        pytest.skip(reason)
    before = leaks.snapshot()
    collect_tasks(select_tasks(world, n=2), "expert", run="r", store=tmp_path / "s.db", quiet=True)
    assert leaks.audit(before) == []


def test_a_test_that_leaks_fails(pytester, monkeypatch):
    root = Path(__file__).parents[1]
    pytester.makeconftest((root / "tests" / "conftest.py").read_text())
    pytester.makepyfile(
        """
        import threading
        from rollout.collect import collect_tasks

        def test_clean():
            pass

        def test_leaking():
            threading.Thread(target=threading.Event().wait, name="stray", daemon=True).start()
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(root))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["left behind: thread 'stray' runs"])
