"""Objects and open files over a socket between this project's own processes. Never with a program of a box."""

import os
import pickle
import socket
import struct

__all__ = ["receive", "send"]

_LENGTH = struct.Struct("=Q")
_MOST_FDS = 8


def send(to: socket.socket, message: object, fds: tuple[int, ...] = ()) -> None:
    body = pickle.dumps(message)
    socket.send_fds(to, [_LENGTH.pack(len(body))], fds)
    to.sendall(body)


def receive(source: socket.socket) -> tuple[object, tuple[int, ...]]:
    """One message and the files that came with it, not inherited by programs.

    Raises:
        EOFError: the other side is gone.
    """
    header, fds, _, _ = socket.recv_fds(source, _LENGTH.size, _MOST_FDS)
    for fd in fds:
        os.set_inheritable(fd, False)
    header += _exactly(source, _LENGTH.size - len(header))
    return pickle.loads(_exactly(source, *_LENGTH.unpack(header))), tuple(fds)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = source.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError("the other side of the socket is gone")
        data += piece
    return bytes(data)
