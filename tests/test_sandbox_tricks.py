"""Attacks on what looks into a sandbox: paths, planted programs, and the shell's own protocol."""

import contextlib
import re
import shlex
from pathlib import Path

import pytest

pytest_plugins = "tests.attacked"

MIB = 2**20


@pytest.fixture
def box(user_box):
    return user_box


# --- tricks with paths ---


def test_a_link_leads_the_checker_nowhere_outside(box, host):
    targets = {
        "absolute": f"{host.folder}/secret",
        "relative": "../" * 20 + f"{host.folder}/secret".lstrip("/"),
        "root": f"/proc/self/root{host.folder}/secret",
        "first": f"/proc/1/root{host.folder}/secret",
        "shadow": "/etc/shadow",
        "parent": f"/proc/1/cwd/../../..{host.folder}/secret",
    }
    for name, target in targets.items():
        box.run(f"ln -s {target} ~/{name}; ln -s $(dirname {target}) ~/{name}_folder")
    own = Path("/etc/shadow").read_bytes()
    for name in targets:
        for path in (f"{box.home}/{name}", f"{box.home}/{name}_folder/secret"):
            with contextlib.suppress(FileNotFoundError, PermissionError, NotADirectoryError):
                assert box.read(path) not in (host.secret.encode(), own)
    found = box.snapshot(box.home)
    assert {found[f"{box.home}/{name}"].target for name in targets} == set(targets.values())
    assert not any(host.secret in entry.digest or "secret/" in path for path, entry in found.items())
    box.run("rm ~/*")


def test_a_loop_of_links_ends(box):
    box.run("cd; ln -s loop loop; ln -s b a; ln -s a b; mkdir d; ln -s .. d/up; ln -s / top")
    with pytest.raises(OSError, match=r"levels|loop"):
        box.read(f"{box.home}/loop")
    found = box.snapshot(box.home)
    assert {found[f"{box.home}/{name}"].kind for name in ("loop", "a", "b", "d/up", "top")} == {"link"}
    box.run("rm -r ~/*")


def test_what_is_no_file_does_not_block_the_checker(box):
    box.run("cd; mkfifo pipe; ln -s pipe link; ln -s /dev/zero zero; ln -s /dev/tty tty; ln -s /proc/self/fd/0 input")
    box.run("perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(q(socket)))'")
    for name in ("pipe", "link", "zero", "tty", "socket"):
        with pytest.raises(OSError, match=r"regular|denied|No such"):
            box.read(f"{box.home}/{name}")
    with pytest.raises(IsADirectoryError):
        box.read(box.home)
    found = box.snapshot(box.home)
    assert (found[f"{box.home}/pipe"].kind, found[f"{box.home}/zero"].kind) == ("other", "link")
    box.run("rm ~/*")


def test_a_file_that_is_swapped_while_it_is_read_leads_nowhere(box, host):
    swap = "while :; do mv -T a c; mv -T b a; mv -T a b; mv -T c a; done"
    box.run(f"cd; mkdir a; echo x > a/secret; ln -s {host.folder} b; ({swap}) > /dev/null 2>&1 &")
    seen = set()
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            seen.add(box.read(f"{box.home}/a/secret"))
        for path, entry in box.snapshot(box.home).items():
            assert entry.size < 1000, path
    assert seen <= {b"x\n"}
    assert box.run("exit").fresh
    box.run("rm -r ~/*")


def test_a_hard_link_to_what_is_not_ones_own_is_none(box):
    outcome = box.run("ln /etc/shadow ~/shadow; ln /usr/bin/su ~/su; ls ~")
    assert outcome.output.count("ln: failed") == 2
    box.run("cd; echo x > one; ln one two")
    assert box.snapshot(box.home)[f"{box.home}/one"].links == 2
    box.run("rm ~/*")


def test_odd_names_are_told_apart(box):
    box.run("cd; touch -- $'a\\nb' $'\\xff\\xfe' $'\\e[31mred' -rf ' ' ... $'tab\\t' '*' ü $(printf '%0255d')")
    names = {path.removeprefix(f"{box.home}/") for path in box.snapshot(box.home)}
    assert {"a\nb", "\udcff\udcfe", "\x1b[31mred", "-rf", " ", "...", "tab\t", "*", "0" * 255, "ü"} <= names
    assert box.read(f"{box.home}/a\nb") == b""
    box.run("rm -- ~/*; rm ~/...")


def test_folders_without_end_do_not_end_the_checker(box):
    box.run("cd; for i in $(seq 200); do mkdir deep; cd deep; done; touch end")
    assert len(box.snapshot(box.home)) > 50
    assert box.run("cd; rm -r ~/deep; ls").output == ""


def test_what_the_user_may_not_read_the_checker_may(box):
    box.run("cd; mkdir shut; echo x > shut/file; chmod 0 shut/file shut")
    assert box.snapshot(box.home)[f"{box.home}/shut/file"].size == 2
    assert box.read(f"{box.home}/shut/file") == b"x\n"
    box.run("chmod 700 ~/shut; rm -rf ~/shut")


# --- fooling the checker's programs ---

PLANT = """
mkdir -p ~/bin ~/.local/bin ~/.local/lib/python3.11/site-packages
for program in ls bash python3 perl cat id; do
    printf '#!/bin/sh\\necho FOOLED\\n' | tee ~/bin/$program ~/.local/bin/$program ~/$program > /dev/null
done
chmod +x ~/bin/* ~/.local/bin/* ~/ls ~/bash ~/python3 ~/perl ~/cat ~/id
echo 'echo FOOLED; ls() { echo FOOLED; }' | tee ~/.bashrc ~/.bash_profile ~/.profile ~/.bash_login > /dev/null
echo 'print("FOOLED")' | tee ~/sitecustomize.py ~/usercustomize.py ~/json.py ~/os.py \
    ~/.local/lib/python3.11/site-packages/usercustomize.py ~/.pythonrc > /dev/null
printf 'print "FOOLED"; 1;' > ~/strict.pm
export PATH=$HOME/bin:$PATH BASH_ENV=$HOME/.bashrc ENV=$HOME/.bashrc LD_PRELOAD=$HOME/evil.so LD_LIBRARY_PATH=$HOME
export PYTHONPATH=$HOME PYTHONSTARTUP=$HOME/.pythonrc PYTHONINSPECT=1 PERL5LIB=$HOME PERL5OPT=-Mstrict
export PROMPT_COMMAND='echo FOOLED'
ls() { echo FOOLED; }; export -f ls; alias ls='echo FOOLED' cat='echo FOOLED'
"""


def test_planted_programs_do_not_fool_the_checker(box):
    box.run(PLANT)
    assert "FOOLED" in box.run("ls").output  # the agent fools itself
    assert "usr" in box.execute(["ls", "/"]).output.split()
    assert box.execute(["bash", "-c", "ls -d /usr; id -u"]).output == "/usr\n1000\n"
    assert box.execute(["sh", "-c", "cat", "-"], input=b"true").output == "true"
    assert box.execute(["perl", "-Mstrict", "-e", "print 1"]).output == "1"
    if box.execute(["test", "-x", "/usr/bin/python3"]).code == 0:
        assert box.execute(["python3", "-c", "import json, os; print(json.dumps(os.getuid()))"]).output == "1000\n"
    assert "FOOLED" not in box.execute(["env"]).output
    box.run("rm -rf ~/* ~/.[a-z]*")


def test_root_cannot_fool_the_checker_by_the_loader_either(root_box):
    for command in ("echo /tmp/evil.so > /etc/ld.so.preload", "rm -f /etc/ld.so.cache", "mv /etc /etc2"):
        root_box.run(command)
    assert root_box.execute(["ls", "-d", "/usr"]).output == "/usr\n"  # the loader would complain of a missing library
    root_box.run("ln -sfn /bin/true /etc/alternatives/awk; ln -sfn /bin/true /usr/bin/awk")
    root_box.run("mkdir -p /etc/perl; echo 'print \"FOOLED\"; 1;' > /etc/perl/strict.pm")
    assert root_box.execute(["awk", "BEGIN { print 1 }"]).output == "1\n"
    assert root_box.execute(["perl", "-Mstrict", "-e", "print 1"]).output == "1"


def test_no_daemon_reaches_into_the_checkers_program(box, root_box):
    daemon = r"""
    while (1) {
        for my $pid (grep { $_ ne $$ } map { m{/proc/(\d+)} } glob("/proc/[0-9]*")) {
            open(my $name, "<", "/proc/$pid/cmdline") or next;
            next unless join("", <$name>) =~ /VICTIM/;
            open(my $memory, "+<", "/proc/$pid/mem") and open(my $breach, ">", "/tmp/reached");
            kill 9, $pid;
        }
    }"""
    for each in (box, root_box):
        each.run(f"perl -e {shlex.quote(daemon)} >/dev/null 2>&1 &")
        for root in (False, True):
            outcome = each.execute(["sh", "-c", "sleep 0.3; echo unharmed # VICTIM"], root=root)
            assert (outcome.output, outcome.code) == ("unharmed\n", 0)
        assert "/tmp/reached" not in each.snapshot("/tmp")


# --- abuse of the shell and of its output ---


def test_escapes_and_bad_bytes_are_cleaned(box):
    printed = r"\e[31mred\e[0m \e]0;title\a\e[2J\e[H\x9b31m\xff\xfe\x00\b\v"
    printed += r" \e]8;;http://x\e\\link\e]8;;\e\\ \ec\eP1;2q\e\\"
    for each in (box.run(f"printf '{printed}'"), box.execute(["printf", printed])):
        assert "red" in each.output
        assert "link" in each.output
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", each.output)
        each.output.encode()


ENDS = {
    "exit": "exit 7",
    "logout by exec": "exec true",
    "another program": "exec sh -c 'exit 3'",
    "suicide": "kill -9 $$",
    "an error under -e": "set -e; false",
    "recursion": "f() { f; }; f",
}


@pytest.mark.parametrize("how", ENDS)
def test_a_shell_that_ends_is_replaced(box, how):
    box.run("cd /tmp; x=1; echo kept > ~/kept")
    outcome = box.run(ENDS[how], 2)
    assert outcome.fresh
    assert box.run("echo $x; pwd; cat ~/kept; rm ~/kept").output == f"\n{box.home}\nkept\n"


TANGLES = {
    "closed input": "exec <&-",
    "closed output": "exec >&- 2>&-",
    "output elsewhere": "exec > /dev/null 2>&1",
    "closed descriptors": 'for fd in $(seq 3 255); do eval "exec $fd>&-"; done',
    "an open quote": "echo 'never closed",
    "an open document": "cat << END\nnever ended",
    "an open group": "{ echo (",
    "functions for builtins": 'for name in echo printf eval builtin exit command; do eval "$name() { :; }"; done',
    "no builtins": "enable -n echo printf eval builtin test",
    "traps": "trap 'echo trapped' DEBUG ERR RETURN EXIT",
    "options": "set -fuxv -o pipefail -o noclobber; shopt -s extdebug; IFS=eval; PS4='$(sleep 0.1)'",
    "nothing runs": "set -n",
    "a restricted shell": "set -r",
    "read-only": "readonly PATH IFS BASH_COMMAND; readonly -f ls 2>/dev/null; PATH=",
    "jobs of its own": "set -m; sleep 1000 & fg %2; bg",
    "reading its input": "cat; read x; cat /dev/stdin; cat < /proc/$$/fd/0 & sleep 0.3; kill $!",
    "stopped input": "kill -STOP $$ & sleep 0.2; kill -CONT $$",
    "no descriptors": "ulimit -n 0",
    "no processes": "ulimit -u 0",
    "no memory": "ulimit -v 1",
}


@pytest.mark.parametrize("how", TANGLES)
def test_the_shell_works_on_or_is_replaced(box, how):
    box.run(TANGLES[how], 0.5)
    # What it says is the agent's own affair. At the worst it is stuck once more, then new.
    box.run("echo anything", 0.5)
    assert box.run("echo anything", 2).stop != "timeout"


def test_a_forged_word_on_the_control_stream_is_ignored(box):
    word = "$(tr -dc a-f0-9 < /dev/urandom | head -c 16)"
    forge = f"for fd in /proc/$$/fd/* /proc/self/fd/*; do printf '%s 0\\n0\\n' {word} > $fd & done; wait"
    box.run(forge, 1)
    outcome = box.run("printf true; (exit 3)")
    assert outcome.output.endswith("true")
    assert outcome.code == 3


def test_arguments_without_end(box):
    assert "Argument list too long" in box.run("/bin/true $(seq 400000)").output
    outcome = box.execute(["true", "x" * (4 * MIB)])
    assert outcome.code in (126, 127)
    assert box.execute(["sh", "-c", "echo ${#1}", "sh", "x" * 100_000]).output == "100000\n"


def test_a_command_of_a_megabyte(box):
    assert box.run(f": {'x' * MIB}; echo ran").output == "ran\n"
    assert box.run("\n".join(["let ++n"] * 20_000) + "; echo $n").output == "20000\n"


def test_bytes_that_no_command_has(box):
    assert box.run("echo a\0b; printf '\\0'; echo c").output == "ab\nc\n"
    assert box.run("echo \udcff \ud800").code == 0
    assert box.run("").code == 0
    assert box.run("\n\n# nothing").code == 0


def test_no_character_is_typed_into_a_terminal(box):
    assert box.run("exec 9< /dev/tty").code
    push = "open(T, '+<', '/dev/ptmx') or die; print ioctl(T, 0x5412, my $x = 'a') ? 'BREACH' : $!"
    assert "BREACH" not in box.run(f"perl -e {shlex.quote(push)}").output
