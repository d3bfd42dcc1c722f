"""What a command prints reaches the reader clipped and clean."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.sandbox.output import Clip, clean

BYTES = st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\x1b[1;31m", b"\x1b]0;title\x07", b"\x1b", b"\r", b"\n", b"\b", b"[", b"a", b"\xc3", b"\xa9"])
).map(b"".join)


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b"plain\ttext\n", "plain\ttext\n"),
        ("é 漢字 🙂\n".encode(), "é 漢字 🙂\n"),
        (b"\xff\x00bad", "�bad"),
        (b"\x1b[1;31mred\x1b[0m \x1b[2K\x1b(Bdone", "red done"),
        (b"\x1b]0;a title\x07\x1b]8;;http://x\x1b\\link", "link"),
        (b"\x1b]never ended\nnext", "\nnext"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b" 1%\r 50%\r100%\ndone", "100%\ndone"),
        (b"working...\r", "working..."),
        (b"N\bNA\bAME _\bu", "NAME u"),
        (b"\xc2\x9b31mC1", "31mC1"),
    ],
)
def test_cleaning(raw, seen):
    assert clean(raw) == seen


@given(BYTES)
def test_nothing_unclean_is_left(raw):
    text = clean(raw)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert clean(text.encode()) == text


def test_cleaning_takes_linear_time():
    for piece in (b"x", b"\r", b"\x1b", b"\x1b[", b"\x1b]", b"\b", b"a\b", b"0\x1b[1;"):
        clean(piece * 200_000)  # a quadratic expression would take minutes


@given(st.lists(st.binary(max_size=30)), st.integers(2, 40))
def test_clip_keeps_the_ends_and_counts_the_rest(pieces, limit):
    clip, whole = Clip(limit), b"".join(pieces)
    for piece in pieces:
        clip.add(piece)
    text = clip.text()
    half = limit // 2
    if len(whole) <= 2 * half:
        assert (text, clip.dropped) == (clean(whole), 0)
    else:
        assert clip.dropped == len(whole) - 2 * half
        assert f"[... {clip.dropped} bytes dropped ...]" in text


def test_a_cut_through_a_character_shows_no_half_of_it():
    clip = Clip(10)
    clip.add("é".encode() * 20)
    assert clip.text() == "éé\n[... 30 bytes dropped ...]\néé"
