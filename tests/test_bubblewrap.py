"""What only the bubblewrap backend has: its processes, its rights on the host, its filter and its control groups."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from envs.errors import UsageError
from envs.sandbox import File, SandboxLost, available, cgroups, open_sandbox, seccomp

pytest_plugins = "tests.sandboxes"

ROOT = Path(__file__).parents[1]
HEADERS = {"x86_64": "x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}


@pytest.fixture(autouse=True)
def _usable():
    if reason := available("bubblewrap"):
        pytest.skip(reason)


@pytest.fixture
def box():
    with open_sandbox("bubblewrap") as box:
        yield box


def host_ids(box) -> list[int]:
    """The host's process ids of what runs in a box, its first process first."""
    namespace = os.stat(f"/proc/{box._shell_process}/ns/pid").st_ino
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.stat(folder / "ns" / "pid").st_ino == namespace:
                found.append(int(folder.name))
        except OSError:  # it has ended, or is not ours to look at
            pass
    return sorted(found)


def keeper_of(box) -> int:
    return int(re.search(r"PPid:\t(\d+)", Path(f"/proc/{box._shell_process}/status").read_text())[1])


# --- rights -----------------------------------------------------------------------------------------------------------


def test_nobody_of_the_host_runs_in_a_box(box):
    """As root the box's users are ids that the host does not use; else they are the caller."""
    box.run("sleep 60 &")
    for process in [*host_ids(box), keeper_of(box)]:
        status = Path(f"/proc/{process}/status").read_text()
        ids = {int(number) for line in re.findall("^[UG]id:(.*)$", status, re.MULTILINE) for number in line.split()}
        if os.geteuid() == 0:
            assert min(ids) >= 0x70000000
        else:
            assert ids == {os.geteuid(), os.getegid()}


def test_programs_have_no_rights_and_are_filtered(box):
    for root in (False, True):
        status = box.execute(["cat", "/proc/self/status"], root=root).output
        assert re.search(r"NoNewPrivs:\t1\nSeccomp:\t2", status)
        bounding = int(re.search(r"CapBnd:\t(\w+)", status)[1], 16)
        assert bounding & ~0b1000_0000_0000_0000_0000_0100_1111_1011 == 0
        assert root or bounding == 0


def test_the_filter_refuses_what_widens_the_kernel(box):
    calls = {name: numbers[0 if platform.machine() == "x86_64" else 1] for name, numbers in seccomp._DENIED.items()}
    program = """
        import ctypes, json, sys
        libc = ctypes.CDLL(None, use_errno=True)
        answers = {}
        for name, number in json.load(sys.stdin).items():
            answers[name] = libc.syscall(number, *[0] * 6), ctypes.get_errno()
        print(json.dumps(answers))
    """
    calls = {name: number for name, number in calls.items() if number is not None} | {"clone3": 435}
    outcome = box.execute(["python3", "-c", textwrap.dedent(program)], input=json.dumps(calls).encode())
    answers = json.loads(outcome.output)
    assert answers.pop("clone3") == [-1, 38]
    assert set(map(tuple, answers.values())) == {(-1, 1)}
    assert "Operation not permitted" in box.run("unshare --user true").output
    assert box.run("python3 -c 'import threading; threading.Thread(target=print, args=[5]).start()'").output == "5\n"


@pytest.mark.parametrize("machine", HEADERS)
def test_the_filters_numbers_are_the_kernels(machine):
    header = Path("/usr/include", HEADERS[machine])
    if not header.exists():
        pytest.skip(f"no {header}")
    numbers = dict(re.findall(r"__NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    numbers |= {"umount2": numbers.get("umount2", numbers.get("umount"))}
    column = seccomp.MACHINES[machine]
    for name, ours in seccomp._DENIED.items():
        assert ours[column] == (int(numbers[name]) if name in numbers else None), name


ORDINARY = """
    import json, os, sys
    import envs.sandbox.bubblewrap
    from envs.sandbox import File, available, open_sandbox
    os.setgroups([])
    os.setgid(54321)
    os.setuid(54321)
    if not os.access(sys.executable, os.X_OK):
        sys.executable = "/usr/bin/python3"
    said = {"reason": available("bubblewrap")}
    if not said["reason"]:
        for user in ("user", "root"):
            with open_sandbox("bubblewrap", user=user) as box:
                box.write({box.home + "/a/b": File(b"x", mode=0)})
                said[user] = {
                    "lacks": box.lacks,
                    "id": box.run("id -un; cat a/b; touch /etc/x").output,
                    "system": box.run("touch /usr/x; rm -f /usr/bin/ls; unshare -Ur true; mount -t proc x /mnt").output,
                    "memory": box.run("python3 -c 'bytearray(2**30)'").code,
                    "bomb": box.run(":() { : | : & }; :; sleep 9", 1).stop,
                    "after": box.run("echo on; sleep 50 &").output,
                    "seen": box.snapshot(box.home)[box.home + "/a/b"].size,
                    "fresh": box.execute(["id", "-un"]).output,
                }
    print(json.dumps(said))
"""


def test_an_ordinary_user_has_boxes_too(leak_audit):
    if os.geteuid():
        pytest.skip("all the other tests are run by an ordinary user already")
    if not os.access("/usr/bin/python3", os.X_OK) or not ROOT.stat().st_mode & 1:
        pytest.skip("no Python or no copy of the project that an ordinary user may read")
    with leak_audit():
        command = [sys.executable, "-c", textwrap.dedent(ORDINARY)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60)
    said = json.loads(done.stdout)
    if said["reason"]:
        pytest.skip(said["reason"])
    for user in ("user", "root"):
        told = said[user]
        assert [lack.split(":")[0].split(" (")[0] for lack in told["lacks"]] == ["no control group", "no root"]
        assert told["id"].startswith(f"{user}\n")
        assert ("Read-only" in told["id"]) == (user == "user")
        assert told["system"].count("Read-only file system") == 2
        assert told["system"].count("\n") == 5  # mount says it in two lines
        assert (told["memory"], told["bomb"]) == (1, "timeout")
        assert (told["after"], told["seen"], told["fresh"]) == ("on\n", 1, f"{user}\n")


# --- a system of one's own --------------------------------------------------------------------------------------------


@pytest.fixture
def system(tmp_path):
    """A folder with a very small system: some of this machine's programs and what they need."""
    programs = ["/usr/bin/bash", "/usr/bin/sh", "/usr/bin/cat", "/usr/bin/ls", "/usr/bin/rm", "/usr/bin/mkdir"]
    needed = set()
    for program in programs:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        needed |= set(re.findall(r"(/\S+) \(0x", listed))
    for path in [*programs, *needed]:
        place = tmp_path / os.path.relpath(path if path.startswith("/usr") else f"/usr{path}", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    for name in ("bin", "lib", "lib64"):
        (tmp_path / "usr" / name).mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(f"usr/{name}")
    (tmp_path / "etc" / "old").mkdir(parents=True)
    (tmp_path / "etc" / "old" / "file").write_text("lower\n")
    return tmp_path


def test_a_system_of_ones_own_is_copied_on_write(system):
    with open_sandbox("bubblewrap", root=str(system), user="root") as box:
        assert box.run("cat /etc/old/file; ls /usr/share").output.startswith("lower\n")
        box.run("echo mine > /etc/old/file; rm -r /etc/old; mkdir /etc/old; echo new > /etc/old/other; echo > /usr/x")
        box.write({"/etc/old/third": File(b"x")})
        assert box.execute(["ls", "/etc/old"]).output == "other\nthird\n"
    assert (system / "etc" / "old" / "file").read_text() == "lower\n"
    assert not (system / "usr" / "x").exists()
    with open_sandbox("bubblewrap", root=str(system)) as box:
        assert box.run("cat /etc/old/file").output == "lower\n"


def test_a_folder_without_a_system_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder with a system"):
        open_sandbox("bubblewrap", root=str(tmp_path))


# --- ends -------------------------------------------------------------------------------------------------------------

PARENT = """
    import time
    from envs.sandbox import Limits, open_sandbox
    boxes = [open_sandbox("bubblewrap", ready=2) for _ in range(2)]
    for box in boxes:
        box.run("setsid sleep 80 & trap '' TERM; echo > /tmp/x")
        box.execute(["sh", "-c", "sleep 81 &"])
    print("ready", flush=True)
    boxes[0].run("sleep 82", 60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_python_process(number, leak_audit):
    with leak_audit():
        command = [sys.executable, "-c", textwrap.dedent(PARENT)]
        parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with parent:
            assert parent.stdout.readline() == "ready\n"
            time.sleep(0.2)
            parent.send_signal(number)
            assert parent.wait(20) != 0


def test_a_killed_keeper_is_a_lost_box_that_leaves_nothing(leak_audit):
    open_sandbox("bubblewrap").close()
    with leak_audit(), open_sandbox("bubblewrap") as box:
        os.kill(keeper_of(box), signal.SIGKILL)
        time.sleep(0.3)
        with pytest.raises(SandboxLost):
            box.run("echo")
        with pytest.raises(SandboxLost):
            box.snapshot("/")


def test_boxes_outlive_their_server_and_the_next_has_a_new_one(box):
    from envs.sandbox.client import SERVER

    SERVER._process.kill()
    SERVER._process.wait()
    assert box.run("echo on").output == "on\n"
    with open_sandbox("bubblewrap") as other:
        assert other.run("echo on").output == "on\n"


def test_a_program_in_place_of_the_shell_is_noticed_at_once(box):
    begin = time.monotonic()
    assert box.run("exec sleep 60").stop == "exit"
    assert time.monotonic() - begin < 5
    assert box.processes() == []


def test_our_programs_find_room_in_a_full_box(box):
    box.run(":() { : | : & }; :", 1)
    assert box.execute(["sh", "-c", "echo a | cat"], seconds=5).output == "a\n"


def test_what_the_box_stopped_itself_stays_stopped(box):
    box.run("sleep 60 & sleep 0.1; kill -STOP $!; until grep -q 'T (stopped)' /proc/$!/status; do sleep 0.05; done")
    box.execute(["true"])
    assert [process.state for process in box.processes()] == ["T"]


def test_orphans_leave_no_zombies(box):
    box.run("for i in 1 2 3; do (sleep 0.1 &); done; (sh -c 'exit' &); sleep 0.3")
    assert "defunct" not in box.run("ps -e").output


def test_a_killed_first_process_costs_the_shell_only(box):
    box.run("echo kept > file")
    os.kill(host_ids(box)[0], signal.SIGKILL)
    time.sleep(0.3)
    assert box.run("echo").fresh
    assert box.run("cat file").output == "kept\n"
    os.kill(host_ids(box)[0], signal.SIGKILL)
    time.sleep(0.3)
    assert box.execute(["cat", "file"]).output == "kept\n"


def test_a_forked_child_leaves_its_parents_boxes_alone(box):
    box.run("x=5")
    child = os.fork()
    if child == 0:
        with open_sandbox("bubblewrap") as own:
            os._exit(own.run("echo $x").output == "\n")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert box.run("echo $x").output == "5\n"


def test_sixteen_at_once(leak_audit):
    open_sandbox("bubblewrap").close()
    outputs = []

    def play() -> None:
        with open_sandbox("bubblewrap") as box:
            box.run("echo mine > /tmp/x")
            outputs.append(box.run("cat /tmp/x").output)

    with leak_audit():
        threads = [threading.Thread(target=play) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outputs == ["mine\n"] * 16


# --- control groups ---------------------------------------------------------------------------------------------------


@pytest.fixture
def version_2(tmp_path, monkeypatch):
    """A folder that looks like control groups of version 2, in which a new folder has the files of a group."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    mkdir, rmdir = os.mkdir, os.rmdir

    def make_group(path):
        mkdir(path)
        for name in ("memory.max", "memory.swap.max", "pids.max", "cgroup.procs"):
            Path(path, name).touch()

    def remove_group(path):
        for file in Path(path).iterdir():
            file.unlink()
        rmdir(path)

    monkeypatch.setattr(os, "mkdir", make_group)
    monkeypatch.setattr(os, "rmdir", remove_group)
    monkeypatch.setattr(cgroups, "MOUNT", str(tmp_path))
    return tmp_path


def test_control_groups_of_version_2(version_2):
    group = cgroups.Group(os.getpid(), memory=1000, processes=7)
    group.add(12345)
    folder = version_2 / f"agenttuning-{os.getpid()}"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "memory.max": "1000",
        "memory.swap.max": "0",
        "pids.max": "7",
        "cgroup.procs": "12345",
    }
    assert (version_2 / "cgroup.subtree_control").read_text() == "+memory +pids"
    cgroups.sweep()
    assert folder.exists()
    group.remove()
    assert not folder.exists()


def test_groups_of_dead_processes_are_swept(version_2):
    dead = subprocess.Popen(["true"])
    dead.wait()
    cgroups.Group(dead.pid, 1000, 7)
    cgroups.sweep()
    assert list(version_2.glob("agenttuning-*")) == []
