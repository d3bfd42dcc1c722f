"""The two-way streams of a process in a Docker container: its input, its output and its errors over one socket."""

import contextlib
import select
import socket
import struct

__all__ = ["Frames"]

_HEADER = struct.Struct(">BxxxL")
_STDOUT = 1
_PIECE = 2**18


class Frames:
    """A process's streams, as `shell.Streams`: what it prints is output, what it says on stderr is control.

    Args:
        connection: what the SDK gives for `socket=True`.
    """

    def __init__(self, connection):
        self._connection = connection
        self._socket: socket.socket = getattr(connection, "_sock", connection)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._received = bytearray()

    def exchange(self, data: bytes, seconds: float) -> tuple[bytes, bytes, bytes, bool]:
        self._poll.register(self._socket, select.POLLIN | (select.POLLOUT if data else 0))
        ready = self._poll.poll(max(0, seconds) * 1000)
        happened = ready[0][1] if ready else 0
        try:
            if data and happened & select.POLLOUT:
                data = data[self._socket.send(data) :]
            if happened & ~select.POLLOUT:
                received = self._socket.recv(_PIECE)
                self._received += received
                return data, *self._take(), not received
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            return b"", *self._take(), True
        return data, b"", b"", False

    def _take(self) -> tuple[bytes, bytes]:
        """The output and the control that are there in whole frames."""
        taken: tuple[list[bytes], list[bytes]] = [], []
        start = 0
        while start + _HEADER.size <= len(self._received):
            kind, length = _HEADER.unpack_from(self._received, start)
            end = start + _HEADER.size + length
            if end > len(self._received):
                break
            taken[kind != _STDOUT].append(bytes(self._received[start + _HEADER.size : end]))
            start = end
        del self._received[:start]
        return b"".join(taken[0]), b"".join(taken[1])

    def end_input(self) -> None:
        with contextlib.suppress(OSError):  # the process has ended first
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        # The SDK's response goes on holding what is only closed, and a flood in it would hold up the engine.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._socket.close()
