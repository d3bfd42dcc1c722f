"""Sandboxes behave the same in every backend: the persistent shell, fresh programs, files, limits and the end."""

import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envs.errors import UsageError
from envs.sandbox import BACKENDS, Entry, File, Limits, SandboxLost, available, open_sandbox

pytest_plugins = "tests.sandboxes"

# --- the persistent shell ---------------------------------------------------------------------------------------------


def test_the_shell_keeps_its_state(box):
    assert box.run("mkdir -p a/b; cd a/b; x=5; greet() { echo hello $1; }; alias up='cd ..'").output == ""
    assert box.run("pwd; echo $x; greet you; up; pwd").output == f"{box.home}/a/b\n5\nhello you\n{box.home}/a\n"


def test_a_job_lives_on_and_its_output_comes_with_a_later_command(box):
    box.run("(sleep 0.3; echo late) & echo started")
    assert [process.argv for process in box.processes()] != []
    time.sleep(0.6)
    assert box.run("echo now").output == "late\nnow\n"
    assert box.processes() == []


def test_the_status_of_a_command_is_kept_for_the_next(box):
    assert box.run("sh -c 'exit 7'").code == 7
    assert box.run("echo $?").output == "7\n"
    assert box.run("echo $?").output == "0\n"


@pytest.mark.parametrize(
    ("command", "code", "output"),
    [
        ("echo 'unclosed", 2, "unexpected EOF"),
        ("if true; then", 2, "syntax error"),
        ("cat", 0, ""),
        ("read line; echo $?", 0, "1\n"),
        ("no-such-program", 127, "command not found"),
        ("cat <<END\nof $((1 + 1)) lines\nEND", 0, "of 2 lines\n"),
        ("# nothing", 0, ""),
        ("", 0, ""),
        ("echo a\0b", 0, "ab\n"),
        ("echo \udcff", 0, "?\n"),
        ("exec 3>&- 4>&- 0<&- 1>&- 2>&-; echo unheard", 1, ""),
        ("exec >/tmp/log 2>&1 </dev/zero; echo unheard", 0, ""),
        ("set -x -v; : traced; set +x +v", 0, "++ : traced\n++ set +x +v\n"),
        ("printf() { echo fake; }; eval() { echo fake; }; echo real", 0, "real\n"),
        ("trap 'echo trapped' DEBUG; trap - DEBUG", 0, "trapped\n"),
    ],
)
def test_whatever_a_command_does_the_shell_goes_on(box, command, code, output):
    outcome = box.run("cd /tmp; " + command if command.startswith("exec") else command)
    assert outcome.code == code
    assert outcome.stop == ""
    assert output in outcome.output
    assert (outcome.output == "") == (output == "")
    assert box.run("echo next").output == "next\n"


@pytest.mark.parametrize("command", ["exit", "exit 3", "exec true", "kill -9 $$", "set -e; false"])
def test_a_shell_that_ends_is_replaced_and_files_stay(box, command):
    box.run("echo kept > file; x=5; cd /tmp; sleep 50 &")
    outcome = box.run(f"echo before; {command}")
    assert (outcome.output, outcome.code, outcome.stop, outcome.fresh) == ("before\n", None, "exit", True)
    assert box.run("pwd; echo [$x]; cat file; echo $?").output == f"{box.home}\n[]\nkept\n0\n"
    assert box.processes() == []


def test_a_command_past_its_time_is_killed_with_all_it_started(box):
    box.run("x=5; sleep 51 &")
    time.sleep(0.05)
    begin = time.monotonic()
    outcome = box.run("echo begun; setsid sleep 52 & trap '' TERM; python3 -c 'import time; time.sleep(53)' | cat", 1)
    assert time.monotonic() - begin < 3
    assert (outcome.output, outcome.code, outcome.stop, outcome.fresh) == ("begun\n", None, "timeout", False)
    assert box.run("echo $x").output.endswith("5\n")  # after what bash has to say of a killed job
    assert [process.argv for process in box.processes()] == [("sleep", "51")]


@pytest.mark.parametrize("command", ["while :; do :; done", "while true; do sleep 1; done"])
def test_a_shell_that_does_not_come_back_is_replaced(box, command):
    box.run("cd /tmp; echo kept > file")
    outcome = box.run(command, 0.5)
    assert (outcome.stop, outcome.code, outcome.fresh) == ("timeout", None, True)
    assert box.run("pwd; cat /tmp/file").output == f"{box.home}\nkept\n"


def test_endless_output_costs_no_memory_and_is_clipped_with_the_cut_stated(box):
    outcome = box.run("echo first; yes", 1)
    assert outcome.stop == "timeout"
    assert outcome.dropped > 10**6
    head, _, tail = outcome.output.partition(f"\n[... {outcome.dropped} bytes dropped ...]\n")
    assert head.startswith("first\ny\ny\n")
    assert tail.endswith("y\n")
    assert box.limits.output - 100 < len(head) + len(tail) <= box.limits.output


def test_a_flood_in_the_background_spoils_no_later_command(box):
    box.run("yes & sleep 0.1; echo fg")
    assert (box.run("sh -c 'exit 5'").code, box.run("true").stop) == (5, "")
    box.run("kill %1; wait")
    box.run("true")
    assert box.run("echo clear").output == "clear\n"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40) | st.text("'\"\\$`(){}[]<>&|;#!*? \n\t\r", max_size=20))
def test_any_text_is_a_command(box, text):
    box.run(text, 2)
    assert box.run("builtin echo next", 5).output.endswith("next\n")


# --- fresh programs ---------------------------------------------------------------------------------------------------


def test_execute_runs_a_system_program_untouched_by_the_shell(box):
    box.run("mkdir bin; printf '#!/bin/sh\\necho fake' > bin/ls; chmod +x bin/ls; export PATH=$PWD/bin A=b; cd bin")
    box.run("echo 'echo fake' > ~/.bashrc; cp ~/.bashrc ~/.profile; cp ~/.bashrc ~/.bash_profile; ls() { echo fake; }")
    assert box.execute(["ls"]).output == "bin\n"
    assert box.execute(["bash", "-lc", "echo"], cwd="/").output in ("\n", "fake\n\n")  # a login shell was asked for
    environment = dict(line.split("=", 1) for line in box.execute(["env"]).output.splitlines())
    assert "A" not in environment
    assert environment["PATH"] == "/usr/sbin:/usr/bin:/sbin:/bin"
    assert "AGENTTUNING_SECRET" not in environment


def test_execute_gives_input_status_and_place(box):
    outcome = box.execute(["sh", "-c", "cat; pwd; id -u; exit 3"], input=b"given\n", cwd="/tmp")
    assert (outcome.output, outcome.code, outcome.stop) == ("given\n/tmp\n1000\n", 3, "")
    assert box.execute(["cat"], input=b"x" * 10**6).dropped == 10**6 - box.limits.output
    assert box.execute(["sh", "-c", "kill -9 $$"]).code == 137


def test_execute_says_what_cannot_be_run(box):
    assert box.execute(["no-such-program"]).code == 127
    assert box.execute(["true"], cwd="/no/such/folder").code == 127
    assert box.execute(["/etc/passwd"]).code == 126
    assert box.execute(["echo", "a\0b"]).code != 0
    assert box.execute(["echo", "x" * 10**6]).code != 0
    assert box.run("echo on").output == "on\n"


def test_execute_past_its_time_is_killed_and_spares_the_shell(box):
    box.run("x=5; sleep 51 &")
    time.sleep(0.05)
    outcome = box.execute(["sh", "-c", "echo begun; setsid sleep 52 & sleep 53"], seconds=0.5)
    assert (outcome.output, outcome.code, outcome.stop) == ("begun\n", None, "timeout")
    assert [process.argv for process in box.processes()] == [("sleep", "51")]
    assert box.run("echo $x").output == "5\n"


def test_what_execute_leaves_running_goes_on(box):
    assert box.execute(["sh", "-c", "sleep 54 & sleep 0.1"]).code == 0
    assert [process.argv for process in box.processes()] == [("sleep", "54")]


def test_what_else_runs_stands_still_while_execute_does(box):
    box.run("echo x > /tmp/growing; while :; do echo x >> /tmp/growing; done &")
    before, after = box.execute(["sh", "-c", "wc -l < /tmp/growing; sleep 0.3; wc -l < /tmp/growing"]).output.split()
    assert before == after
    time.sleep(0.3)
    assert len(box.read("/tmp/growing")) > 2 * int(after)


# --- files ------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_there_as_said(box):
    box.write(
        {
            "/home/user/deep/er": File(folder=True, mode=0o700, modified=86400),
            "/home/user/deep/er/file": File(b"\0\xff", mode=0o640, modified=86400 * 2),
            "/home/user/link": File(link="deep/er"),
            "/opt/tool": File(b"#!/bin/sh\necho run\n", mode=0o4755, root=True),
        }
    )
    assert box.read("/home/user/link/file") == b"\0\xff"
    stat = box.execute(["stat", "-c", "%n %a %Y %u %F", "deep/er", "deep/er/file", "link", "/opt/tool"]).output
    assert stat.splitlines() == [
        "deep/er 700 86400 1000 directory",
        "deep/er/file 640 172800 1000 regular file",
        "link 777 1735689600 1000 symbolic link",
        "/opt/tool 4755 1735689600 0 regular file",
    ]
    assert box.run("/opt/tool; echo more > deep/er/new; rm /opt/tool").output.startswith("run\nrm: cannot remove")


def test_many_files_are_written_and_seen_fast(box):
    files = {f"/home/user/{i % 20}/{i}.txt": File(b"%d" % i) for i in range(200)}
    begin = time.perf_counter()
    box.write(files)
    found = box.snapshot("/home/user")
    assert time.perf_counter() - begin < 1
    assert len(found) == 1 + 20 + 200
    assert found["/home/user/3/3.txt"].size == 1


def test_write_replaces_what_the_agent_put_there(box):
    box.run("echo mine > victim; ln -s $PWD/victim link; mkdir folder; touch folder/x; mkfifo pipe; ln -s /etc out")
    names = ("link", "folder", "pipe")
    box.write({f"/home/user/{name}": File(b"new") for name in names})
    assert all(box.read(f"/home/user/{name}") == b"new" for name in names)
    assert box.read("/home/user/victim") == b"mine\n"
    box.write({"/home/user/out/made": File(b"inside")})  # a link in the way leads elsewhere in the box
    assert box.read("/etc/made") == b"inside"


def test_read_stays_in_the_box_and_never_hangs(box, tmp_path):
    (tmp_path / "secret").write_text("secret")
    up = "../" * 20
    box.run(f"ln -s {tmp_path}/secret a; ln -s {up}{tmp_path}/secret b; mkfifo pipe; ln -s /proc/1/root c; ln -s d d")
    for name in ("a", "b", f"c{tmp_path}/secret", "nothing"):
        with pytest.raises(FileNotFoundError):
            box.read(f"/home/user/{name}")
    with pytest.raises(OSError, match="symbolic link"):
        box.read("/home/user/d")
    with pytest.raises(IsADirectoryError):
        box.read("/home/user")
    with pytest.raises(PermissionError):
        box.read("/home/user/pipe")
    box.run("seq 1000000 > numbers; chmod 000 numbers")
    assert box.read("/home/user/numbers", limit=4) == b"1\n2\n"


def test_a_snapshot_says_what_is_there(box):
    box.run("umask 022; mkdir a; echo hello > a/f; chmod 4711 a/f; ln a/f hard; ln -s a/f soft; mkfifo pipe; chmod 0 a")
    digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    user = (1000, 1000)
    found = box.snapshot("/home/user", "/no/such")
    assert found.pop("/home/user").kind == "folder"
    assert found == {
        "/home/user/a": Entry("folder", 0o000, user),
        "/home/user/a/f": Entry("file", 0o4711, user, 6, digest, links=2),
        "/home/user/hard": Entry("file", 0o4711, user, 6, digest, links=2),
        "/home/user/pipe": Entry("other", 0o644, user),
        "/home/user/soft": Entry("link", 0o777, user, target="a/f"),
    }


def test_a_snapshot_survives_what_is_made_to_stop_it(open_box):
    box = open_box(limits=Limits(disk=16 * 2**20))
    box.run("ln -s / root; ln -s .. up; printf x > $'bad\\xffname'; for i in $(seq 60); do truncate -s 9M hole$i; done")
    box.run("for i in $(seq 200); do mkdir d; cd d; done")
    found = box.snapshot("/home/user")
    assert found["/home/user/bad\udcffname"].size == 1
    assert found["/home/user/root"].target == "/"
    assert not any(path.startswith("/home/user/root/") for path in found)
    assert "" in {entry.digest for path, entry in found.items() if "hole" in path}
    box.run("while :; do mkdir -p race/in; rm -r race; ln -s /etc race; rm race; done &")
    for _ in range(20):
        assert not any(path.startswith("/home/user/race/pass") for path in box.snapshot("/home/user/race"))


# --- limits and users -------------------------------------------------------------------------------------------------


def test_limits_hold(open_box):
    box = open_box(limits=Limits(memory=96 * 2**20, processes=20, disk=8 * 2**20, seconds=0.5, output=1000))
    filled = box.run("python3 -c 'bytearray(400 * 2**20)' 2>&1; echo $?", 20)
    assert filled.output.splitlines()[-1] in ("137", "1")
    box.run("for place in ~ /tmp /dev/shm; do head -c 30000000 /dev/zero > $place/big; done", 20)
    assert max(entry.size for entry in box.snapshot("/home", "/tmp", "/dev/shm").values()) <= 9 * 2**20
    box.run("rm big /tmp/big /dev/shm/big")
    assert "Resource temporarily unavailable" in box.run("for i in $(seq 40); do sleep 9 & done").output
    assert box.run("sleep 9").stop == "timeout"
    assert box.run("printf %5000d 1").dropped == 4000


def test_the_user_is_ordinary(box):
    assert box.run("id -un; id -u; echo $HOME; pwd").output == "user\n1000\n/home/user\n/home/user\n"
    for path in ("/", "/usr/bin", "/etc", "/root", "/home", "/var"):
        assert box.run(f"touch {path}/mine").code != 0
    assert box.run("touch /tmp/mine /var/tmp/mine").code == 0


def test_the_boxes_own_root_rules_all_but_the_system(open_box):
    box = open_box(user="root")
    if box.lacks:
        pytest.skip(box.lacks[0])
    made = box.run(
        "cd; id -u; pwd; useradd -m eve && chown eve /tmp && su eve -c 'id -un' && echo x > /etc/new; echo $?"
    )
    assert made.output == "0\n/root\neve\n0\n"
    assert box.snapshot("/tmp")["/tmp"].owner[0] == 1001
    for command in ("rm -f /usr/bin/ls", "touch /usr/new", "rm /lib64", "touch /new", "mv /usr /u"):
        assert box.run(command).code != 0
    for path in ("/etc/ld.so.preload", "/etc/ld.so.cache", "/etc/alternatives/awk"):
        box.run(f"echo /tmp/evil.so > {path}; rm -rf {path}; mv {path} /tmp; mount --bind /tmp/x {path}")
    assert box.execute(["ls", "/root"]).code == 0
    assert open_box().execute(["id", "-u"], root=True).output == "0\n"


# --- the end ----------------------------------------------------------------------------------------------------------


def test_closing_leaves_nothing(open_box, leak_audit):
    open_box().close()
    with leak_audit():
        box = open_box()
        box.run(
            "setsid sleep 70 & (sleep 71 &) ; nohup sleep 72 > /dev/null & trap '' TERM HUP; echo hi > /tmp/x; exit"
        )
        box.execute(["sh", "-c", "sleep 73 &"])
        box.run("setsid sleep 74 & yes > /dev/null &")
        box.close()
        box.close()
        with pytest.raises(SandboxLost):
            box.run("echo")
        with pytest.raises(SandboxLost):
            box.read("/etc/passwd")


def test_closing_from_another_thread_ends_what_runs(open_box):
    box = open_box()
    timer = threading.Timer(0.5, box.close)
    timer.start()
    begin = time.monotonic()
    with pytest.raises(SandboxLost):
        box.run("sleep 60", 30)
    assert time.monotonic() - begin < 10
    timer.join()


def test_boxes_know_nothing_of_each_other(open_box):
    boxes = [open_box() for _ in range(4)]
    outputs = {}

    def play(number: int) -> None:
        for turn in range(5):
            boxes[number].run(f"echo {number}{turn} >> /tmp/mine; sleep 0.01")
        outputs[number] = boxes[number].run("cat /tmp/mine; ps -e --no-headers | wc -l").output.split()

    threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert outputs[number][:5] == [f"{number}{turn}" for turn in range(5)]
        assert int(outputs[number][5]) < 8


def test_a_pool_gives_fresh_boxes_at_once(open_box):
    limits = Limits(seconds=9)  # a pool of its own
    deadline, waited = time.monotonic() + 10, 1.0
    while waited > 0.05 and time.monotonic() < deadline:
        begin = time.perf_counter()
        with open_box(ready=2, limits=limits) as box:
            waited = time.perf_counter() - begin
            assert box.run("ls -A /tmp; touch /tmp/used").output == ""
        time.sleep(0.3)
    assert waited < 0.05


# --- wrong use --------------------------------------------------------------------------------------------------------


def test_wrong_use_is_said_before_anything_starts():
    with pytest.raises(UsageError, match="Did you mean 'bubblewrap'"):
        open_sandbox("bublewrap")
    with pytest.raises(UsageError, match="Did you mean 'root'"):
        open_sandbox("bubblewrap", user="rot")
    with pytest.raises(UsageError, match="no sandbox 'podman'"):
        available("podman")
    for backend in BACKENDS:
        if available(backend):
            with pytest.raises(UsageError):
                open_sandbox(backend)
