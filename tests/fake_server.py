"""A local OpenAI-compatible server whose faults are scripted, for tests. It keeps what it was sent."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

Fault = Callable[[web.Request], Any]


class FakeServer:
    """Serves `/v1/chat/completions` on a free port of 127.0.0.1, on a thread of its own, inside a `with` block.

    Args:
        reply: the assistant's text for a request body; or a whole answer as a dict. What an answer does not say itself
            is put to it: an id of its own, the time, and the name of the model that was asked.
        faults: what happens to the first requests instead, one each; an endless iterator breaks all of them.
    """

    def __init__(self, reply: Callable[[dict], str | dict] = lambda _: "Hello.", faults: Iterable[Fault] = ()):
        self._reply, self._faults, self._answers = reply, iter(faults), 0
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def __enter__(self) -> "FakeServer":
        self._loop, ready = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,))
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if fault := next(self._faults, None):
            return await fault(request)
        return web.json_response(self.answer(body))

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a request with this body gets when nothing goes wrong."""
        answer = self._reply(body)
        self._answers += 1
        who = {"id": f"chatcmpl-{self._answers}", "created": int(time.time()), "model": body["model"]}
        return who | (answer if isinstance(answer, dict) else completion(answer))


def completion(text: str | None, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A whole answer with one choice, seven prompt tokens and three completion tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def status(http: int, message: str = "", headers: dict[str, str] | None = None, **error: Any) -> Fault:
    """An HTTP error in OpenAI's shape. Without another wish the client may come back after a millisecond."""

    async def fault(_: web.Request) -> web.Response:
        body = {"error": {"message": message, **error}}
        return web.json_response(body, status=http, headers=headers or {"retry-after-ms": "1"})

    return fault


def raw(body: str | bytes, content_type: str = "application/json") -> Fault:
    """A 200 with this body."""

    async def fault(_: web.Request) -> web.Response:
        data = body.encode() if isinstance(body, str) else body
        return web.Response(body=data, content_type=content_type)

    return fault


def answers(answer: dict[str, Any]) -> Fault:
    """A 200 whose body is this JSON."""
    return raw(json.dumps(answer))


async def drop(request: web.Request) -> web.StreamResponse:
    """The connection closes before a byte of the answer."""
    request.transport.close()
    return web.Response()


async def drop_in_body(request: web.Request) -> web.StreamResponse:
    """The connection closes in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"mess')
    request.transport.close()
    return response


async def garbage(request: web.Request) -> web.StreamResponse:
    """Something that is not HTTP."""
    request.transport.write(b"\x00\x01 not http\r\n\r\n")
    request.transport.close()
    return web.Response()


async def hang(_: web.Request) -> web.StreamResponse:
    """No answer within any test's patience."""
    await asyncio.sleep(60)
    return web.Response()


async def stall(request: web.Request) -> web.StreamResponse:
    """The answer begins, and then nothing comes for a minute."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    await asyncio.sleep(60)
    return response
