"""What the pages of all sites do alike: show a template, go on after a form, cut a list into pages."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from envs.web.sites.base import Site

__all__ = ["Paged", "go", "number", "paged", "routes", "show"]

Handler = Callable[[Any], Awaitable[Any]]
"""Takes a Starlette request, gives a response."""


def routes(table: Mapping[str, Handler]) -> list[Any]:
    """Starlette routes out of {"GET /path": handler}."""
    from starlette.routing import Route

    return [Route(key.split()[1], handler, methods=[key.split()[0]]) for key, handler in table.items()]


def show(site: Site, request: Any, template: str, **values: Any) -> Any:
    """A page, with the message that the form before it left."""
    from starlette.responses import HTMLResponse

    flash = unquote(request.cookies.get("flash", ""))
    response = HTMLResponse(site.render(template, flash=flash, asked=request.query_params, **values))
    if flash:
        response.delete_cookie("flash")
    return response


def go(path: str, flash: str = "") -> Any:
    """Go on to a page after a form, and say there what was done."""
    from starlette.responses import RedirectResponse

    response = RedirectResponse(path, 303)
    if flash:
        response.set_cookie("flash", quote(flash))
    return response


def number(text: str | None, default: int) -> int:
    """The whole number that a form or an address gives, or the default where it gives none."""
    plain = (text or "").strip()
    return int(plain) if re.fullmatch(r"-?[0-9]{1,9}", plain) else default


@dataclass(frozen=True)
class Paged:
    """One page of a list.

    Args:
        items: what this page shows.
        page, pages: which one it is, and of how many; both from 1.
        total: the length of the whole list.
        query: the address's other parameters.
    """

    items: Sequence[Any]
    page: int
    pages: int
    total: int
    query: Mapping[str, Sequence[str]]

    def link(self, page: int) -> str:
        """The address of another page of the list."""
        return "?" + urlencode({**self.query, "page": page}, doseq=True)


def paged(request: Any, items: Sequence[Any], per_page: int) -> Paged:
    """The page of the list that the address asks for; the nearest one where there is no such page."""
    pages = max(1, -(-len(items) // per_page))
    page = min(max(1, number(request.query_params.get("page"), 1)), pages)
    given = request.query_params
    query = {key: given.getlist(key) for key, value in given.items() if key != "page" and value}
    return Paged(items[(page - 1) * per_page : page * per_page], page, pages, len(items), query)
