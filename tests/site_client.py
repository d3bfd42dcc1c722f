"""What the tests of sites share: a browser without a screen, and what it reads in a page."""

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from envs.web.sites.base import Site

__all__ = ["SCRIPT", "Client", "Page", "crawl", "shows"]

SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'


class Client:
    """Calls a site as a browser would: keeps cookies and follows redirects."""

    def __init__(self, site: Site):
        self.site, self.app, self.cookies, self.path, self.status = site, site.app(), {}, "", 0

    def get(self, path: str) -> str:
        return self._open("GET", path)

    def post(self, path: str, **fields: str | list[str]) -> str:
        return self._open("POST", path, urlencode(fields, doseq=True).encode())

    def _open(self, method: str, path: str, body: bytes = b"") -> str:
        self.path = path
        self.status, headers, text = asyncio.run(self._call(method, path, body))
        for key, value in headers:
            if key == b"set-cookie":
                name, _, rest = value.decode().partition("=")
                self.cookies[name] = rest.split(";")[0].strip('"')
        target = dict(headers).get(b"location")
        return self._open("GET", urljoin(path, target.decode())) if target else text

    async def _call(self, method: str, path: str, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], str]:
        parts, sent = urlsplit(path), []
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        headers = [(b"host", b"site.localhost"), (b"cookie", cookies.encode())]
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(parts.path),
            "query_string": parts.query.encode(),
            "headers": [*headers, (b"content-type", b"application/x-www-form-urlencoded")],
        }

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent).decode()
        return sent[0]["status"], list(sent[0]["headers"]), text


class Page(HTMLParser):
    """The links and the forms of a page: {name: values that may be sent}."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.forms: list[dict] = []
        self._select = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.append(given["href"])
        elif tag == "form":
            method = given.get("method", "get")
            self.forms.append({"method": method, "action": given.get("action", ""), "fields": {}})
        elif tag in ("input", "textarea", "button") and self.forms and given.get("name"):
            choices = self.forms[-1]["fields"].setdefault(given["name"], [])
            choices.append(given.get("value") or "")
        elif tag == "select":
            self._select = self.forms[-1]["fields"].setdefault(given["name"], [])
        elif tag == "option" and "value" in given:
            self._select.append(given["value"])

    def handle_data(self, data):
        if self._select is not None and self.get_starttag_text() == "<option>" and data.strip():
            self._select.append(data)


def crawl(client: Client) -> Iterator[tuple[str, str]]:
    """(address, text) of the pages that can be reached by links, nearest first."""
    todo, seen = ["/"], {"/"}
    while todo:
        path = todo.pop(0)
        text = client.get(path)
        yield path, text
        links = [urljoin(path, link) for link in Page(text).links]
        new = list(dict.fromkeys(link for link in links if link not in seen))
        seen.update(new)
        todo += new


def shows(text: str, message: str) -> bool:
    from markupsafe import escape

    return str(escape(message)) in text
