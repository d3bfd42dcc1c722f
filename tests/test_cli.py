"""How every verb ends: exit status and one sentence, never a traceback for the user's own mistake."""

import pytest

from envs.cli import main, parse_options
from envs.errors import UsageError


def run(monkeypatch, capsys, verb):
    monkeypatch.setattr("sys.argv", ["verb"])
    with pytest.raises(SystemExit) as ended:
        main(verb)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1), (3.5, 0)])
def test_an_int_is_the_exit_status_and_anything_else_is_0(monkeypatch, capsys, result, code):
    assert run(monkeypatch, capsys, lambda: result) == (code, "")


def test_wrong_use_is_one_sentence_and_2(monkeypatch, capsys):
    def verb():
        raise UsageError("no such thing. Did you mean 'that'?")

    assert run(monkeypatch, capsys, verb) == (2, "error: no such thing. Did you mean 'that'?\n")


def test_a_missing_extra_says_what_to_install(monkeypatch, capsys):
    def verb():
        raise ModuleNotFoundError("No module named 'trl'", name="trl")

    assert run(monkeypatch, capsys, verb) == (2, "error: this needs trl: pip install 'agenttuning[train]'\n")


def test_another_missing_module_is_a_bug_and_shows_itself(monkeypatch):
    def verb():
        raise ModuleNotFoundError("No module named 'envz'", name="envz")

    monkeypatch.setattr("sys.argv", ["verb"])
    with pytest.raises(ModuleNotFoundError):
        main(verb)


def test_ctrl_c_is_130(monkeypatch, capsys):
    def verb():
        raise KeyboardInterrupt

    assert run(monkeypatch, capsys, verb) == (130, "")


def test_options_of_an_environment_are_json_where_they_can_be():
    pairs = ["sandbox=docker", "size=3", "fast=true", "note=a=b", "empty="]
    assert parse_options(pairs) == {"sandbox": "docker", "size": 3, "fast": True, "note": "a=b", "empty": ""}


@pytest.mark.parametrize(
    ("pairs", "says"),
    [(["docker"], "NAME=VALUE"), (["=3"], "NAME=VALUE"), (["a=1", "a=2"], "twice"), (["max_turns=3"], "--max-turns")],
)
def test_a_bad_option_is_named(pairs, says):
    with pytest.raises(UsageError, match=says):
        parse_options(pairs)
