"""What a site is made of: records, operations that change them, and pages."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any, ClassVar

from envs.errors import UsageError, did_you_mean
from envs.records import State

__all__ = ["Refused", "Site", "operation"]


class Refused(Exception):
    """What the site does not allow; its text is shown on the page."""


def operation(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a method that changes the site's records. The site's own forms call it, and so do a task's gold steps."""
    method.is_operation = True
    return method


class Site(ABC):
    """One site with its content, grown from a seed; the state of one episode.

    Handlers and graders work through the same operations: a task's gold state is a fresh site on which operations were
    called, and a page's form calls the very same ones.

    Args:
        seed: of the content.
        size: about how many hundred items the site has, from 1.
        novel: take names and things that no training task has.
    """

    name: ClassVar[str]
    """Short name, also the folder of its templates."""
    free: ClassVar[dict[str, set[str]]] = {}
    """{table: columns of free text}, which a grader does not compare word by word."""

    def __init__(self, seed: str, size: int = 1, novel: bool = False):
        self.state = State()
        self.rng = random.Random(f"{self.name}/{seed}")
        self.size, self.novel = size, novel
        self.today = date(2025, 1, 6) + timedelta(days=self.rng.randrange(600))
        self.fill()
        self.start = self.state.rows()

    @abstractmethod
    def fill(self) -> None:
        """Make the tables and the content."""

    @abstractmethod
    def routes(self) -> list[Any]:
        """The pages, as Starlette routes. The user is signed in from the start."""

    def app(self) -> Any:
        """The site as an ASGI application."""
        from starlette.applications import Starlette
        from starlette.responses import HTMLResponse

        async def refused(_, error: Refused) -> HTMLResponse:
            return HTMLResponse(self.render("refused.html", message=str(error)), status_code=409)

        async def missing(_, __) -> HTMLResponse:
            return HTMLResponse(self.render("missing.html"), status_code=404)

        return Starlette(routes=self.routes(), exception_handlers={Refused: refused, KeyError: missing, 404: missing})

    def render(self, template: str, **values: Any) -> str:
        """A page out of `templates/NAME/`, or out of `templates/` where the site has none of its own."""
        chosen = _templates().select_template([f"{self.name}/{template}", template])
        return chosen.render(site=self, **values)

    def do(self, name: str, /, **arguments: Any) -> None:
        """Call an operation by name.

        Raises:
            UsageError: the site has no such operation.
            Refused: the site does not allow it.
        """
        known = [key for key in dir(type(self)) if getattr(getattr(type(self), key), "is_operation", False)]
        if name not in known:
            raise UsageError(f"the site {self.name} has no operation {name!r}.{did_you_mean(name, known)}")
        getattr(self, name)(**arguments)

    def close(self) -> None:
        self.state.close()


@cache
def _templates():
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("envs.web.sites"), autoescape=True, undefined=StrictUndefined)
