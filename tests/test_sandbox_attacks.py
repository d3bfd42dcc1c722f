"""Attacks on the host from within a sandbox: each must fail and leave the box and the host as they were."""

import os
import platform
import re
import secrets
import shlex
import socket
import threading
import time
from pathlib import Path

import pytest

from envs.sandbox import File, Sandbox, SandboxLost

pytest_plugins = ["tests.attacked", "tests.sandboxes"]

MIB = 2**20

CALLS = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "reboot": (169, 142),
    "setns": (308, 268),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "userfaultfd": (323, 282),
}
"""Numbers of system calls, on x86-64 and on ARM."""


@pytest.fixture
def box(user_box):
    return user_box


def system_call(name: str, *arguments: str) -> str:
    """A command that makes a system call and says what came of it; arguments are Perl."""
    machines = ("x86_64", "aarch64")
    if platform.machine() not in machines:
        pytest.skip(f"no numbers of system calls for {platform.machine()}")
    call = ", ".join([str(CALLS[name][machines.index(platform.machine())]), *arguments])
    script = f"@call = ({call}); $number = shift @call; print syscall($number, @call) < 0 ? qq(refused: $!) : q(BREACH)"
    return f"perl -e {shlex.quote(script)}"


# --- what is refused ---

REFUSED = r"(?i)not permitted|denied|Read-only file system|Device or resource busy|superuser|Authentication"
NOBODYS = {
    "a program": "cp /usr/bin/true /usr/bin/ls",
    "a new program": "touch /usr/bin/planted",
    "a program by a link": "ln -s /usr/bin ~/bin && touch ~/bin/planted",
    "the folder of programs": "mv /bin /bin2",
    "the link to the programs": "ln -sfn /tmp /bin",
    "the loader": "ln -sfn /tmp /lib64",
    "the libraries": "rm -rf /lib",
    "the top folder": "touch /planted",
    "a device of blocks": "mknod ~/disk b 8 0",
    "a device of memory": "mknod ~/memory c 1 1",
    "mounting a memory": "mount -t tmpfs none /mnt",
    "mounting a folder over another": "mount --bind /tmp /usr",
    "mounting again, writable": "mount -o remount,rw /usr",
    "mounting control groups": "mount -t cgroup2 none /mnt",
    "a user namespace": "unshare --user --map-root-user true",
    "a mount namespace": "unshare --mount true",
    "a network namespace": "unshare --net true",
    "another root": "chroot / true",
    "the namespaces of process 1": "nsenter --target 1 --mount true",
    "a setting of the kernel": "echo 60 > /proc/sys/vm/swappiness",
    "the core pattern": "echo '|/bin/true' > /proc/sys/kernel/core_pattern",
    "the caches": "echo 1 > /proc/sys/vm/drop_caches",
    "a safe place from the lack of memory": "echo -1000 > /proc/self/oom_score_adj",
    "a higher priority": "renice -n -5 $$",
    "the clock": "date --set '2001-01-01'",
    "more than the limit": "ulimit -f unlimited",
}
ORDINARY = {
    "the accounts": "echo 'x::0:0::/:/bin/sh' >> /etc/passwd",
    "the passwords": "cat /etc/shadow",
    "the home of root": "ls /root",
    "another user's file": "chown root ~",
    "an account": "useradd intruder",
    "the rights of root": "su -c id",
    "process 1": "kill -9 1",
    "the environment of process 1": "cat /proc/1/environ",
    "the files of process 1": "ls /proc/1/fd/",
    "the root of process 1": "ls /proc/1/root/",
    "the memory of process 1": "head -c 1 /proc/1/mem",
}


@pytest.mark.parametrize("what", [*NOBODYS, *ORDINARY])
def test_the_user_cannot_have(box, what):
    outcome = box.run((NOBODYS | ORDINARY)[what])
    assert outcome.code
    assert re.search(REFUSED, outcome.output), outcome


@pytest.mark.parametrize("what", NOBODYS)
def test_not_even_the_boxs_root_can_have(root_box, what):
    outcome = root_box.run(NOBODYS[what])
    assert outcome.code
    assert re.search(REFUSED, outcome.output), outcome


CALLED = {
    "tracing": ("ptrace", "16", "$$ - 0", "0", "0"),
    "tracing process 1": ("ptrace", "16", "1", "0", "0"),
    "reading another's memory": ("process_vm_readv", "getppid()", "0", "0", "0", "0", "0"),
    "writing another's memory": ("process_vm_writev", "getppid()", "0", "0", "0", "0", "0"),
    "programs in the kernel": ("bpf", "0", "0", "0"),
    "performance counters": ("perf_event_open", "0", "0", "-1", "-1", "0"),
    "the keyring": ("keyctl", "0", "-3", "1"),
    "a key": ("add_key", '"user"', '"a"', '"b"', "1", "-3"),
    "io_uring": ("io_uring_setup", "1", "0"),
    "faults in user space": ("userfaultfd", "0"),
    "a file by its handle": ("open_by_handle_at", "-100", "0", "0"),
    "another's namespaces": ("setns", "0", "0"),
    "the old way to mount": ("mount", "0", '"/mnt"', '"tmpfs"', "0", "0"),
    "the new way to mount": ("fsopen", '"tmpfs"', "0"),
    "a copy of mounts": ("open_tree", "-100", '"/"', "1"),
    "unmounting": ("umount2", '"/proc"', "2"),
    "another root for all": ("pivot_root", '"/tmp"', '"/tmp"'),
    "a module": ("init_module", "0", "0", '""'),
    "another kernel": ("kexec_load", "0", "0", "0", "0"),
    "restarting": ("reboot", "0", "0", "0", "0"),
    "swap": ("swapon", '"/tmp"', "0"),
    "the kernel's log": ("syslog", "10", "0", "0"),
}


@pytest.mark.parametrize("what", CALLED)
def test_a_system_call_is_refused_to_user_and_root(box, root_box, what):
    for each in (box, root_box):
        # Without a filter, arguments like these give other errors, or none.
        assert re.search(
            r"refused: (Operation not permitted|Function not implemented)", each.run(system_call(*CALLED[what])).output
        )


def test_the_rights_of_a_process_are_the_least(box, root_box):
    for each, capabilities in ((box, r"0{16}"), (root_box, r"0{13}[0-9a-f]{3}")):
        status = each.run("cat /proc/self/status").output
        for name in ("CapPrm", "CapEff", "CapBnd"):
            assert re.search(rf"{name}:\t{capabilities}\n", status)
        assert re.search(r"NoNewPrivs:\t1\n", status)
        assert re.search(r"Seccomp:\t2\n", status)


def test_a_program_of_root_with_its_bit_set_gives_no_rights(box):
    box.write({"/tmp/id": File(box.read("/usr/bin/id"), mode=0o4755, root=True)})
    assert box.run("stat -c '%A %U' /tmp/id").output.startswith("-rwsr-xr-x")
    assert box.run("/tmp/id").output == "uid=1000(user) gid=1000(user) groups=1000(user)\n"


def test_only_harmless_devices_are_there(box):
    devices = set(box.run("find /dev \\( -type b -o -type c \\) -printf '%f\\n'").output.split())
    assert devices <= {"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"}


OF_THE_BOX = r"/proc/sys/(net|user|fs/mqueue|kernel/(msg|sem|shm|auto_msgmni|hostname|domainname|ns_last_pid|pid_max))"
"""Settings that belong to a box's own namespaces."""
WRITE_BACK = """
for file in $(find /proc/sys /proc/sysrq-trigger /sys -type f -writable); do
    value=$(cat $file) && echo "$value" > $file && echo $file
done 2>/dev/null
"""


def test_no_setting_of_the_kernel_or_of_a_control_group_can_be_written(box, root_box):
    for each in (box, root_box):
        each.write({"/tmp/write": File(WRITE_BACK.encode())})
        written = [line for line in each.run("sh /tmp/write").output.splitlines() if line.startswith("/")]
        assert [name for name in written if not re.match(OF_THE_BOX, name)] == []


# --- secrets ---


def test_no_environment_of_the_host(box, host):
    assert "AGENTTUNING_TEST_SECRET" in os.environ
    seen = box.run("cat /proc/*/environ | tr '\\0' '\\n'; env; set").output
    assert "PATH=" in seen
    assert host.secret not in seen
    lines = box.run("cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'").output.splitlines()
    usual = "HOME HOSTNAME LANG LOGNAME OLDPWD PATH PWD SHELL SHLVL TERM USER _"
    assert {line.split("=")[0] for line in lines} <= set(usual.split())


def test_no_file_of_the_host(box, root_box, host):
    prefixes = ["", "/proc/1/root", "/proc/self/root", "/proc/1/cwd", "/../../..", "/proc/self/cwd/../../../.."]
    for each in (box, root_box):
        for prefix in prefixes:
            outcome = each.run(f"cat {prefix}{host.folder}/secret; ls {prefix}{Path.cwd()}/pyproject.toml")
            assert outcome.code
            assert host.secret not in outcome.output
        assert each.run("find /dev /home /run /tmp /var -name '*.sock' 2>/dev/null").output == ""
        assert each.read("/etc/shadow") != Path("/etc/shadow").read_bytes()
        assert each.run("grep -rls " + host.secret + " /home /root /tmp /var /etc /run /dev/shm").output == ""


def test_a_file_at_the_hosts_path_is_another_file(root_box, host):
    root_box.run(f"mkdir -p {host.folder}; cd {host.folder}; echo changed > secret; rm socket; touch more")
    host.assert_untouched()


# --- network ---


def test_no_listener_of_the_host_is_reached(box, root_box, host):
    with socket.create_connection(("127.0.0.1", host.port)):
        host.listeners[0].accept()[0].close()  # it is there
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    addresses |= {"127.0.0.1", "10.0.0.1"}
    for each in (box, root_box):
        for address in addresses:
            outcome = each.run(f"echo hello > /dev/tcp/{address}/{host.port}")
            assert re.search("Connection refused|Network is unreachable", outcome.output), outcome


def test_no_unix_socket_of_the_host_is_reached(box, host):
    for name, reason in ((f"\\0{host.abstract}", "Connection refused"), (f"{host.folder}/socket", "No such file")):
        call = f'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("{name}")) or print $!'
        assert reason in box.run(f"perl -MSocket -e {shlex.quote(call)}").output


def test_there_is_no_network(box, root_box):
    for each in (box, root_box):
        names = re.findall(r"^ *(\w+):", each.run("cat /proc/net/dev").output, re.MULTILINE)
        # A kernel with tunnels puts an idle one of each kind into every namespace.
        idle = r"(tunl|gre|gretap|erspan|sit|ip6\w+|ip_vti)0"
        assert {name for name in names if not re.fullmatch(idle, name)} == {"lo"}
        assert "unreachable" in each.run("echo x > /dev/udp/8.8.8.8/53").output
        assert each.run("getent hosts deb.debian.org", 3).code != 0


def test_no_raw_socket(box, root_box):
    for each in (box, root_box):
        for family in ("PF_INET, SOCK_RAW, 1", "17, SOCK_RAW, 768"):
            outcome = each.run(f"perl -MSocket -e 'print socket(S, {family}) ? q(BREACH) : qq(refused: $!)'")
            assert outcome.output == "refused: Operation not permitted"


# --- bombs ---


def test_a_fork_bomb_stays_small(box, host):
    before = len(host.processes())
    # That there is a limit shows before the bomb goes off.
    box.run("for i in $(seq 100); do sleep 20 & done", 1)
    assert len(box.processes()) <= box.limits.processes + 8
    assert box.run("exit").fresh
    box.run("bomb() { bomb | bomb & }; bomb; sleep 10", 1)
    assert len(host.processes()) < before + box.limits.processes + 40


def test_a_fork_bomb_does_not_keep_the_checker_out(box):
    box.run("perl -e 'fork while 1' &", 1)
    for _ in range(3):
        assert "/home/user" in box.snapshot("/home")
        assert box.execute(["echo", "checked"]).output == "checked\n"


def test_one_process_cannot_have_all_memory(box):
    outcome = box.run(f"perl -e '$x = chr(1) x {all_memory(box)}; print q(BRE), q(ACH)'; echo $?")
    assert "BREACH" not in outcome.output
    assert outcome.output.rstrip().endswith(("137", "1"))


def test_many_processes_cannot_have_all_memory(box):
    if any("control group" in lack for lack in getattr(box, "lacks", ())):
        pytest.skip("no control groups here: memory is limited for each process alone")
    size, count = 40 * MIB, 16
    assert size * count > all_memory(box)
    eater = f"perl -e 'read(STDIN, $x, {size}); sleep 1; print qq(sur), qq(vived\\n)' < /dev/zero"
    outcome = box.run(f"for i in $(seq {count}); do {eater} & done; wait")
    assert outcome.output.count("survived") * size < all_memory(box)


def test_a_shell_that_takes_all_memory_is_replaced_or_refused(box):
    outcome = box.run(f"printf -v x %{all_memory(box)}s; echo ${{#x}}")
    assert str(all_memory(box)) not in outcome.output


@pytest.mark.parametrize("flood", ["yes", "yes >&2", "tr '\\0' x < /dev/zero", "cat /dev/urandom", "yes & yes >&2"])
def test_endless_output_is_cut(box, flood):
    memory = resident()
    outcome = box.run(flood, 0.5)
    assert outcome.stop == "timeout"
    assert outcome.dropped > MIB
    assert len(outcome.output) < box.limits.output + 200
    assert resident() - memory < 64 * MIB


def test_a_file_cannot_fill_the_disk(box):
    for place in ("~", "/tmp", "/var/tmp", "/dev/shm"):
        box.run(f"head -c {8 * box.limits.disk} /dev/zero > {place}/big")
        size = int(box.run(f"stat -c %s {place}/big; rm {place}/big").output)
        assert MIB < size <= box.limits.disk + MIB


def test_many_files_cannot_fill_the_disk(box):
    box.run(f"cd; mkdir many; cd many; for i in $(seq 40); do head -c {box.limits.disk // 8} /dev/zero > $i; done")
    total = int(box.run("du -sb ~/many | cut -f1; rm -r ~/many").output.split()[-1])
    assert box.limits.disk // 2 < total <= box.limits.disk + MIB


def test_the_number_of_files_is_limited(box):
    make = "perl -e 'open(F, q(>), ++$n) or last for 1..200_000; print $n'"
    made = box.run(f"mkdir ~/many; cd ~/many; {make}; rm -r ~/many")
    assert 100 < int(made.output) <= box.limits.disk // 4096 + 300


def test_root_cannot_fill_all_places_at_once(root_box):
    places = "/etc /home /media /mnt /opt /root /run /srv /tmp /var /dev /dev/shm".split()
    root_box.run(f"for place in {' '.join(places)}; do head -c 1G /dev/zero > $place/filler; done")
    total = int(root_box.run("cat /*/filler /dev/shm/filler 2>/dev/null | wc -c").output)
    assert root_box.limits.disk // 2 < total < root_box.limits.memory + 2 * root_box.limits.disk
    assert root_box.execute(["ls", "/usr"]).code == 0
    assert root_box.run("rm -f /*/filler /dev/shm/filler; echo ok").output == "ok\n"


def test_a_file_of_holes_costs_the_checker_nothing(box):
    box.run("cd; truncate -s 10G huge; for i in $(seq 500); do truncate -s 30M hole$i; done")
    began = time.monotonic()
    found = box.snapshot(box.home)
    assert len(box.read(f"{box.home}/hole1", 100)) == 100
    assert time.monotonic() - began < 10
    assert found[f"{box.home}/hole1"].size == 30 * MIB
    box.run("rm ~/h*")


# --- processes and time ---


def test_processes_of_the_host_are_out_of_reach(box, root_box, host):
    for each in (box, root_box):
        assert "sleep" not in each.run("cat /proc/[0-9]*/cmdline").output
        each.run(f"kill -9 {host.victim.pid} {os.getpid()} {os.getppid()}")
        each.run("kill -9 -1")
        each.run("for pid in $(seq 2 400); do kill -9 $pid; done 2>/dev/null")
        host.assert_untouched()


def test_the_keeper_of_the_box_cannot_be_killed_by_its_root(root_box):
    root_box.run("for signal in $(seq 1 64); do kill -$signal 1; done 2>/dev/null")
    root_box.write({"/tmp/still": File(b"here")})
    assert root_box.read("/tmp/still") == b"here"


SLEEPERS = {
    "asleep": "sleep 1000",
    "deaf": "trap '' TERM INT HUP QUIT; while :; do sleep 1; done",
    "in a pipe": "sleep 1000 | sleep 1000 | sleep 1000",
    "in another session": "setsid --wait sleep 1000",
    "in the shell": "while :; do :; done",
    "stopped": "kill -STOP $$",
    "waiting for itself": "mkfifo ~/pipe; cat < ~/pipe; rm ~/pipe",
    "waiting for a child": "sleep 1000 & wait",
    "on a line of input": "read -r line < <(sleep 1000)",
}


@pytest.mark.parametrize("how", SLEEPERS)
def test_a_command_ends_at_its_time(box, how):
    began = time.monotonic()
    outcome = box.run(SLEEPERS[how], 0.5)
    assert outcome.stop == "timeout"
    assert 0.5 <= time.monotonic() - began < 4
    box.run("rm -f ~/pipe")


DAEMONS = [
    "sleep {} &",
    "nohup sleep {} >/dev/null 2>&1 &",
    "setsid sleep {} >/dev/null 2>&1 < /dev/null & disown",
    "(setsid sh -c '(trap \"\" HUP TERM; sleep {}) & exit' &)",
    "perl -e 'use POSIX; fork and exit; POSIX::setsid(); fork and exit; $SIG{{TERM}} = q(IGNORE); exec qw(sleep {})'",
]


def test_no_daemon_survives(fresh, host):
    mark = f"{secrets.randbelow(10**6) + 10**6}"
    with fresh() as box:
        for daemon in DAEMONS:
            box.run(daemon.format(mark))
        deadline = time.monotonic() + 5
        while [process.argv for process in box.processes()] != [("sleep", mark)] * len(DAEMONS):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    deadline = time.monotonic() + 5
    while (left := [line for line in host.processes() if mark in line]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


# --- what is left ---


def test_nothing_is_left_of_a_box_under_attack(fresh, containers, leak_audit):
    fresh().close()  # what a process has once for all its boxes
    before = len(containers())
    with leak_audit():
        with fresh() as box:
            for daemon in DAEMONS:
                box.run(daemon.format(1000))
            box.run("head -c 1G /dev/zero > ~/big; exec true")
            box.run("yes & yes >&2", 0.5)
            box.run("bomb() { bomb | bomb & }; bomb; sleep 1", 0.5)
        with fresh() as box:
            closing = threading.Timer(0.3, box.close)
            closing.start()
            with pytest.raises(SandboxLost):
                keep_busy(box)
            closing.join()
        assert len(containers()) == before


def keep_busy(box: Sandbox) -> None:
    while True:
        box.run("sleep 0.1; yes | head -c 100000")


def all_memory(box: Sandbox) -> int:
    """More bytes than a box can have: what is written counts as memory, and the backend has some of its own."""
    return box.limits.memory + box.limits.disk + 128 * MIB


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
