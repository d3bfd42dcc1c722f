"""One loopback server for the sites of all episodes; each has a host name of its own, and so an origin of its own."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["SiteServer"]

App = Callable[[dict[str, Any], Callable, Callable], Awaitable[None]]
"""An ASGI application."""


class SiteServer:
    """Serves ASGI applications under `NAME-TOKEN.localhost`. Made and used on one event loop."""

    def __init__(self):
        self._apps: dict[str, App] = {}
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    async def start(self) -> None:
        """Begin to listen."""
        import uvicorn

        config = uvicorn.Config(
            self._dispatch, interface="asgi3", log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """End all connections."""
        self._server.should_exit = self._server.force_exit = True
        await self._task
        self._socket.close()

    def add(self, name: str, app: App) -> str:
        """Serve an application and return its origin, which no other has: `http://shop-9f3a.localhost:41234`."""
        host = f"{name}-{secrets.token_hex(4)}.localhost:{self.port}"
        self._apps[host] = app
        return f"http://{host}"

    def remove(self, origin: str) -> None:
        """Stop serving an origin."""
        self._apps.pop(origin.removeprefix("http://"), None)

    async def _dispatch(self, scope, receive, send) -> None:
        host = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
        if scope["type"] == "http" and host in self._apps:
            return await self._apps[host](scope, receive, send)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return None
        await send({"type": "http.response.start", "status": 404, "headers": []})
        return await send({"type": "http.response.body", "body": b"no such site"})
