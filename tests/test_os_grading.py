"""How the shell world grades: answers, files and processes, in boxes and tasks made by hand."""

import pytest

from envs import Task, ToolCall, UsageError
from envs.registry import load_tasks
from envs.sandbox import Outcome, available
from envs.shell.env import OsEnv
from envs.shell.grade import answer_matches
from envs.shell.observe import describe
from envs.testing import play

missing = [reason for backend in ("bubblewrap", "docker") if (reason := available(backend))]
needs_box = pytest.mark.skipif(len(missing) == 2, reason="; ".join(missing))


@pytest.fixture
def env():
    world = OsEnv()
    yield world
    world.close()


def by_hand(data: dict, *commands: str, answer: str | None = None, env: OsEnv) -> float:
    """The reward for some commands in a box of our own, then an answer or the end."""
    env.reset(options={"task": Task(OsEnv.id, "Do it.", data)})
    for command in commands:
        env.step(env.write(ToolCall("bash", {"command": command})))
    call = ToolCall("finish") if answer is None else ToolCall("answer", {"text": answer})
    return env.step(env.write(call))[1]


def test_numbers_paths_and_names_are_compared_as_people_write_them():
    thousands, path = {"kind": "number", "value": 12345}, {"kind": "path", "value": "/home/user/docs/a.txt"}
    name, ordered = {**path, "kind": "name"}, {"kind": "list", "of": "text", "value": ["b", "a"]}
    assert all(answer_matches(text, thousands) for text in ("12345", "12,345", "12345.0", "+12345", "12345.004"))
    assert not any(answer_matches(text, thousands) for text in ("12346", "1,2345", "12345.01", "12345 bytes", "0x3039"))
    assert all(answer_matches(t, path) for t in ("~/docs/a.txt", "$HOME/docs/a.txt", "docs/a.txt", "./docs/a.txt"))
    assert not any(answer_matches(text, path) for text in ("a.txt", "/docs/a.txt", "~root/docs/a.txt", "~/docs"))
    assert all(answer_matches(text, name) for text in ("a.txt", "docs/a.txt", "./a.txt", "~/docs/a.txt"))
    assert not any(answer_matches(text, name) for text in (".txt", "", "xa.txt", "other/a.txt", "A.TXT", "/"))
    assert answer_matches("b\na", ordered)
    assert not answer_matches("a\nb", ordered)
    assert not answer_matches("1" * 100_000, thousands)


def test_observations_say_what_happened():
    assert describe(Outcome("a\nb\n"), 10) == "a\nb"
    assert describe(Outcome(""), 10) == "(no output)"
    assert describe(Outcome("no such file\n", code=2), 10) == "no such file\n[exit status 2]"
    assert describe(Outcome("", code=1), 10) == "[exit status 1]"
    assert describe(Outcome("x\n", code=None, stop="timeout"), 2.5) == "x\n[killed after 2.5 s]"
    assert "new one" in describe(Outcome("", code=None, stop="exit", fresh=True), 10)
    assert describe(Outcome("y\n", dropped=5), 10) == "y\n[5 bytes of output dropped]"


PLANTED = [
    ["/home/user/a.txt", {"text": "one\ntwo\n", "mode": "640"}],
    ["/home/user/docs/b.txt", {"text": "three\n"}],
    ["/home/user/docs/c.bin", {"text": "four\n"}],
    ["/home/user/old.tar.gz", {"tar": {"docs/b.txt": "/home/user/docs/b.txt"}}],
    ["/home/user/run.sh", {"text": "#!/bin/bash\n", "mode": "755"}],
]
CHANGES = {
    "text": (
        {"text": "x\ny\n"},
        ["printf 'x\ny' > T", "printf 'x \ny\n\n' > T"],
        ["printf 'y\nx\n' > T", "mkdir T", "ln -s a.txt T"],
    ),
    "lines": ({"lines": ["x", "y"]}, ["printf 'y\nx\n' > T"], ["echo x > T", "printf 'x\ny\ny\n' > T"]),
    "from": (
        {"from": "/home/user/docs/b.txt"},
        ["cp docs/b.txt T", "tar -xOf old.tar.gz docs/b.txt > T"],
        ["cp a.txt T", "ln -s docs/b.txt T", "ln docs/b.txt T"],
    ),
    "folder": ({"folder": True}, ["mkdir T", "mkdir -m 700 T"], ["touch T", "ln -s docs T", "mkdir -p T/x"]),
    "mode": ({"text": "", "mode": "600"}, ["touch T; chmod 600 T"], ["touch T"]),
    "link": (
        {"link": "docs/b.txt"},
        ["ln -s docs/b.txt T", "ln -s ./docs/b.txt T"],
        ["ln -s ~/docs/b.txt T", "cp docs/b.txt T"],
    ),
    "modified": ({"text": "", "modified": 86400}, ["touch -d @86400 T"], ["touch T", "touch -d @86401 T"]),
    "runs": (
        {"runs": [{"arguments": ["/tmp/n"], "files": {"/tmp/n": "1\n2\n"}, "output": "2"}]},
        ["echo 'wc -l < \"$1\"' > T", "echo 'grep -c . $1' > T"],
        ["echo 'echo 3' > T", "echo 'exit 1' > T", "mkdir T"],
    ),
    ".tar.gz": (
        {"tar": {"docs/b.txt": "/home/user/docs/b.txt", "docs/c.bin": "/home/user/docs/c.bin"}},
        ["tar -czf T docs", "tar -czf T -C docs b.txt c.bin", "tar -czPf T ~/docs/b.txt ~/docs/c.bin"],
        [
            "tar -cf T docs",
            "tar -czf T docs/b.txt",
            "tar -czf T docs a.txt",
            "echo junk > T",
            "cp old.tar.gz T",
            "cd docs && ln -s b.txt l && tar -czf T . ; rm l",
            "head -c 20 old.tar.gz > T",
        ],
    ),
    ".gz": (
        {"gzip": "/home/user/a.txt"},
        ["gzip -c a.txt > T"],
        ["cp a.txt T", "gzip -c docs/b.txt > T", "head -c 3 old.tar.gz > T"],
    ),
}
"""Kind of a change, or ending of the file, to what is expected, commands that do it and commands that do not."""


@needs_box
@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_compared_by_content(kind, env):
    node, right, wrong = CHANGES[kind]
    target = f"/home/user/target{kind if kind[0] == '.' else ''}"
    data = {"planted": PLANTED, "changes": {target: node}}
    env.reset(options={"task": Task(OsEnv.id, "Do it.", data)})
    for command in [*right, *wrong, "true"]:
        env.bash(f"cd; {command.replace('T', target)}; cd")
        assert env.score() == float(command in right), command
        env.bash(f"rm -rf {target} 'docs/l'")


@needs_box
def test_an_edited_file_keeps_its_mode_and_a_removed_folder_may_be_gone_whole(env):
    edited = {"planted": PLANTED, "changes": {"/home/user/a.txt": {"text": "one\n"}}}
    assert by_hand(edited, "sed -i 2d a.txt", env=env) == 1.0
    assert by_hand(edited, "sed -i 2d a.txt; chmod 600 a.txt", env=env) == 0.0
    assert by_hand(edited, "sed -i 2d a.txt; cat a.txt > docs/b.txt", env=env) == 0.0
    gone = {"planted": PLANTED, "changes": {"/home/user/docs": None}}
    assert by_hand(gone, "rm -r docs", env=env) == 1.0
    assert by_hand(gone, "rm docs/b.txt", env=env) == 0.0
    assert by_hand(gone, "rm -r docs a.txt", env=env) == 0.0
    made = {"planted": PLANTED, "changes": {"/home/user/new/deep/f": {"text": "f"}}}
    assert by_hand(made, "mkdir -p new/deep; echo f > new/deep/f", env=env) == 1.0
    assert by_hand(made, "mkdir -p new/deep new/other; echo f > new/deep/f", env=env) == 0.0


@needs_box
def test_a_profile_is_read_by_a_fresh_bash(env):
    profile = ["/home/user/.profile", {"text": "umask 022\nexport EDITOR=nano\nalias ll=ls\n"}]
    data = {"planted": [profile], "changes": {"/home/user/.profile": {"exports": {"EDITOR": "vim"}}}}
    assert by_hand(data, "sed -i s/nano/vim/ .profile", env=env) == 1.0
    assert by_hand(data, "echo EDITOR=vim >> .profile", env=env) == 1.0
    assert by_hand(data, "export EDITOR=vim", env=env) == 0.0
    assert by_hand(data, "echo export EDITOR=vim > .profile", env=env) == 0.0
    assert by_hand(data, "sed -i 's/^umask.*/EDITOR=vim; return/' .profile", env=env) == 0.0


@needs_box
def test_jobs_must_run_or_be_gone(env):
    script = ["/home/user/w.py", {"text": "import signal\nsignal.pause()\n", "mode": "755"}]
    jobs = {name: {"argv": ["python3", "/home/user/w.py", name], "cwd": "/home/user"} for name in ("mail", "news")}
    data = {"planted": [script], "jobs": jobs, "stopped": ["mail"]}
    assert by_hand(data, "pkill -f 'w.py mail'; sleep 0.2", env=env) == 1.0
    assert by_hand(data, "pkill -f w.py; sleep 0.2", env=env) == 0.0
    assert by_hand(data, "pkill -STOP -f 'w.py mail'", env=env) == 0.0
    data = {"planted": [script], "started": [{"script": "/home/user/w.py", "arguments": ["blue"]}]}
    assert by_hand(data, "python3 w.py blue > /dev/null 2>&1 &", "sleep 0.3", env=env) == 1.0
    assert by_hand(data, "python3 w.py red > /dev/null 2>&1 &", "sleep 0.3", env=env) == 0.0
    assert by_hand(data, "bash -c 'sleep 9; true' w.py blue > /dev/null 2>&1 &", "sleep 0.3", env=env) == 0.0


@needs_box
def test_traces_of_ordinary_work_are_no_harm(env):
    data = {"planted": PLANTED, "answer": {"kind": "number", "value": 42}}
    work = "history -a; echo ls >> ~/.bash_history; mkdir -p ~/.cache/x; echo x > /tmp/y; cat a.txt > /dev/null"
    assert by_hand(data, work, answer="42", env=env) == 1.0
    assert by_hand(data, "touch -d 2020-01-01 a.txt", answer="42.", env=env) == 1.0
    assert by_hand(data, answer="43", env=env) == 0.0
    assert by_hand(data, env=env) == 0.0


@needs_box
def test_a_task_from_a_file_plays_its_reference(env, tmp_path):
    path = tmp_path / "tasks.jsonl"
    data = {"planted": PLANTED, "answer": {"kind": "text", "value": "three"}}
    reference = (ToolCall("bash", {"command": "cat docs/b.txt"}), ToolCall("answer", {"text": "three"}))
    path.write_text(Task(OsEnv.id, "What does docs/b.txt say?", data, template="mine", reference=reference).to_json())
    (task,) = load_tasks(str(path))
    assert play(env, task, env.expert())[-1][1] == 1.0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "asks for nothing"),
        ({"answers": {}}, "answer"),
        ({"answer": {"kind": "numbr", "value": 4}}, "number"),
        ({"answer": {"kind": "number", "value": "4"}}, "number"),
        ({"answer": {"kind": "set", "of": "text", "value": []}}, "list of values"),
        ({"changes": {"a.txt": None}}, "absolute"),
        ({"changes": {"/home/user/a.txt": {"txt": "x"}}}, "text"),
        ({"changes": {"/home/user/a.txt": {"text": "x", "lines": ["x"]}}}, "one of"),
        (
            {"scenario": "webshop", "seed": "a", "size": 9, "answer": {"kind": "number", "value": 4}},
            "webshop-developer",
        ),
        ({"scenario": "bakery", "answer": {"kind": "number", "value": 4}}, "seed"),
        ({"stopped": ["mail"]}, "mail"),
        ({"planted": [["/home/user/a", {"from": "/home/user/b"}]], "changes": {"/home/user/a": None}}, "/home/user/b"),
        ({"planted": [["/home/user/a", {}]], "changes": {"/home/user/a": None}}, "exactly one"),
        ({"planted": [["/home/user/a", {"text": 3}]], "changes": {"/home/user/a": None}}, "exactly one"),
        ({"planted": [["/home/user/a", {"text": "", "mode": "rw"}]], "changes": {"/home/user/a": None}}, "mode"),
        ({"planted": {"/home/user/a": {}}, "changes": {"/home/user/a": None}}, "path, node"),
        ({"changes": {"/home/user/b": {"mode": "600"}}}, "/home/user/b"),
        ({"changes": {"/home/user/b": {"gzip": "/home/user/c"}}}, "/home/user/c"),
        ({"jobs": {"a": {"argv": ["sleep", "9"]}}, "stopped": ["a"]}, "cwd"),
        ({"started": [{"script": "/home/user/w.py"}]}, "arguments"),
    ],
)
def test_wrong_data_is_refused_before_any_work(data, says, env):
    with pytest.raises(UsageError, match=says):
        env.reset(options={"task": Task(OsEnv.id, "Do it.", data)})
