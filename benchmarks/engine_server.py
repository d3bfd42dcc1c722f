"""The model of `engine.py`: `engine_server.py`, an OpenAI-compatible server that knows one conversation by heart.

    POST /v1/chat/completions    the next reply of the task that the request is about, at once
    POST /slow/v1/...            the same after the time that a model would take for it
    POST /reset, GET /statistics what was asked since: requests, distinct (task, turn) pairs, promised seconds, bytes

The wait is (300 ms + 20 ms x 40 tokens) x a lognormal factor of mean one, drawn for each (task, turn): every client is
promised the same. The server prints its URL. HTTP is read by hand: a parser would cost more than everything else here.
"""

import asyncio
import json
import re
from random import Random

from engine_task import FINISH, MODEL, TURNS, WALK

SECONDS = 0.3 + 0.02 * 40
SIGMA = 0.25
_TASK = re.compile(rb"Task (\d+):")
_ASSISTANT = re.compile(rb'"role": ?"assistant"')
_ID = "chatcmpl-00000000"
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


def _response(body: dict) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)


def _completion(turn: int) -> bytes:
    message = {"role": "assistant", "content": FINISH if turn == TURNS - 1 else WALK}
    asked = 200 + 80 * turn
    return _response(
        {
            "id": _ID,
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": asked, "completion_tokens": 40, "total_tokens": asked + 40},
        }
    )


class Server:
    """What all connections share."""

    def __init__(self):
        self.replies = [_completion(turn) for turn in range(TURNS)]
        self.reset()

    def reset(self) -> None:
        self.requests, self.promised, self.bytes, self.pairs = 0, 0.0, 0, set()

    def statistics(self) -> dict:
        counted = {"requests": self.requests, "distinct": len(self.pairs)}
        return counted | {"promised": self.promised, "bytes": self.bytes}

    def complete(self, body: bytes, slow: bool) -> tuple[bytes, float]:
        """The reply to a request and how long to wait before it is sent."""
        task, turn = int(_TASK.search(body)[1]), len(_ASSISTANT.findall(body))
        wait = SECONDS * Random(TURNS * task + turn).lognormvariate(-(SIGMA**2) / 2, SIGMA) if slow else 0.0
        self.requests += 1
        self.promised += wait
        self.bytes += len(body)
        self.pairs.add((task, turn))
        return self.replies[turn].replace(_ID.encode(), b"chatcmpl-%08d" % self.requests), wait


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other."""

    def __init__(self, server: Server):
        self.server, self.received = server, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = _LENGTH.search(head)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < stop:
                return
            body, self.received = self.received[end + 4 : stop], self.received[stop:]
            self.answer(head.split(b" ", 2)[1], body)

    def answer(self, path: bytes, body: bytes) -> None:
        if path.endswith(b"/chat/completions"):
            reply, wait = self.server.complete(body, path.startswith(b"/slow"))
            if wait:
                asyncio.get_running_loop().call_later(wait, self.transport.write, reply)
            else:
                self.transport.write(reply)
        elif path.endswith(b"/reset"):
            self.server.reset()
            self.transport.write(_response({}))
        else:
            self.transport.write(_response(self.server.statistics()))


async def serve() -> None:
    server = Server()
    listener = await asyncio.get_running_loop().create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
