"""What a command printed, made fit to be read: clipped in the middle, then cleaned."""

import re

__all__ = ["Clip", "clean"]

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    r"|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # strings: a window's title, a link
    r"|[ -/]*[0-~]?)"  # all the others
)
_OVERSTRUCK = re.compile(r"[^\n]\x08")
_REDRAWN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
# A cut through a character leaves a part of it on either side.
_HALF_AT_END, _HALF_AT_START = re.compile(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z"), re.compile(rb"\A[\x80-\xbf]{1,3}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(data: bytes) -> str:
    """Valid Unicode without control characters other than line feed and tab, and without terminal escapes.

    What is not UTF-8 becomes U+FFFD. Of a line that carriage returns draw anew (a progress bar), the last drawing
    stays; a character that a backspace takes back goes.
    """
    text = data.decode("utf-8", "replace")
    if text.isprintable():
        return text
    text = _ESCAPE.sub("", text).replace("\r\n", "\n")
    return _CONTROL.sub("", _REDRAWN.sub("", _OVERSTRUCK.sub("", text)))


class Clip:
    """Keeps the head and the tail of a stream in constant memory, and counts what fell out between them."""

    def __init__(self, limit: int):
        self._half = limit // 2
        self._head, self._tail = bytearray(), bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Cut only now and then: cutting at every piece would move the whole tail each time.
        if len(self._tail) > 4 * self._half:
            self._cut()

    def _cut(self) -> None:
        if (surplus := len(self._tail) - self._half) > 0:
            del self._tail[:surplus]
            self.dropped += surplus

    def text(self) -> str:
        """All that was kept, cleaned. Where something is missing, a line of its own says how much."""
        self._cut()
        if not self.dropped:
            return clean(bytes(self._head + self._tail))
        head, tail = clean(_HALF_AT_END.sub(b"", self._head)), clean(_HALF_AT_START.sub(b"", self._tail))
        return f"{head}\n[... {self.dropped} bytes dropped ...]\n{tail}"
