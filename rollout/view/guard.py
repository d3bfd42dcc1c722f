"""Who may talk to the viewer: a browser on this machine that was given the address with the token.

Other pages in that browser may not: a cookie that never travels from another site, a check of the Host header against
names that resolve to here (DNS rebinding), and of the Origin of whatever writes. What a page may load is its own.
"""

from hmac import compare_digest
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_POLICY = {
    "default-src": "'none'",
    **dict.fromkeys(("script-src", "style-src", "img-src", "connect-src", "form-action"), "'self'"),
    **dict.fromkeys(("base-uri", "frame-ancestors"), "'none'"),
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Guard:
    """An ASGI application in front of another one.

    Args:
        app: what is guarded.
        token: the secret. `?token=` in an address is traded for a cookie and disappears from the address bar.
        port: on which it is served; the host is this machine's loopback.
    """

    def __init__(self, app: ASGIApp, token: str, port: int):
        self._app, self._token, self._cookie = app, token.encode(), f"view-{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        answer: Any = self._refusal(Request(scope)) or self._app
        return await answer(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """What to answer in place of the application, if anything."""
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This page answers only to its own address.", 403)
        if request.method == "GET" and self._is_token(request.query_params.get("token", "")):
            answer = RedirectResponse(request.url.remove_query_params("token"), 303)
            answer.set_cookie(self._cookie, self._token.decode(), httponly=True, samesite="strict")
            return answer
        if not self._is_token(request.cookies.get(self._cookie, "")):
            return PlainTextResponse("Open the address that `python -m rollout.view` printed: it has a token.", 403)
        if request.method not in ("GET", "HEAD") and request.headers.get("origin") != f"http://{host}":
            return PlainTextResponse("Only the viewer's own pages may write.", 403)
        return None

    def _is_token(self, given: str) -> bool:
        return compare_digest(given.encode(), self._token)
