"""The pages: runs, the list of trajectories, one trajectory, two side by side; and the door for reviews.

Each request opens the store for itself, so that a collection can write to it at any time. Every page carries the
version of what it shows; a page that asks again and again, as an open one does, is answered 304 until that changes.
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import markupsafe
import pydantic
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from envs.errors import UsageError
from rollout.reviews import Review, correction, offered_tools
from rollout.screenshots import screenshot_folder
from rollout.store import Store
from rollout.view import queries, reading
from rollout.view.queries import Filters
from rollout.view.search import unindexed

__all__ = ["make_app"]

_HERE = Path(__file__).parent
Page = Callable[[Request, Store], str]


def make_app(path: Path) -> Starlette:
    """The viewer of one store, unguarded. The store's search index has to be prepared."""

    def route(address: str, page: Page) -> Route:
        return Route(address, partial(_answer, path, page))

    return Starlette(
        routes=[
            route("/", _runs),
            route("/trajectories", _list),
            route("/trajectories/{id}", _trajectory),
            route("/compare/{left}/{right}", _compare),
            Route("/trajectories/{id}/reviews", partial(_add_review, path), methods=["POST"]),
            Route("/trajectories/{id}/screenshots/{turn:int}", partial(_screenshot, path)),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        exception_handlers={UsageError: _refuse},
    )


def _answer(path: Path, page: Page, request: Request) -> Response:
    with Store(path) as store:
        headers = {"ETag": queries.version(store)}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(page(request, store), headers=headers)


def _runs(_: Request, store: Store) -> str:
    return _render("runs.html", runs=store.runs()[::-1], path=store.path)


def _list(request: Request, store: Store) -> str:
    filters = Filters.read(request.query_params)
    before, after = (_number(request.query_params.get(name)) for name in ("before", "after"))
    rows = queries.page(store, filters, before, after, limit=queries.PAGE + 1)  # one more tells whether there are more
    more = len(rows) > queries.PAGE
    newer, older = (more, True) if after is not None else (before is not None, more)
    rows = rows[-queries.PAGE :] if after is not None else rows[: queries.PAGE]
    return _render(
        "list.html",
        filters=filters,
        rows=rows,
        totals=queries.totals(store, filters),
        most=queries.MOST,
        choices=queries.choices(store, filters.run),
        newer=newer,
        older=older,
        unindexed=unindexed(store) if filters.q else 0,
    )


def _trajectory(request: Request, store: Store) -> str:
    filters = Filters.read(request.query_params)
    shown = _read(store, request.path_params["id"])
    above, below = queries.neighbours(store, filters, shown.trajectory.id)
    task = shown.trajectory.task
    others = [one for one in queries.attempts(store, task.env, task.id) if one["id"] != shown.trajectory.id]
    return _render("trajectory.html", shown=shown, filters=filters, above=above, below=below, others=others)


def _compare(request: Request, store: Store) -> str:
    left, right = (_read(store, request.path_params[side]) for side in ("left", "right"))
    pairs = reading.compare(left, right)
    first = next((number for number, pair in enumerate(pairs, 1) if not pair.same), None)
    return _render("compare.html", left=left, right=right, pairs=pairs, first=first)


async def _add_review(path: Path, request: Request) -> Response:
    try:
        draft = _Draft.model_validate_json(await request.body())
    except pydantic.ValidationError as error:
        raise UsageError(f"not a review: {error}") from None
    await run_in_threadpool(_store_review, path, request.path_params["id"], draft)
    return Response(status_code=204)


class _Draft(pydantic.BaseModel):
    """What a page sends when a person has decided."""

    verdict: str
    turn: int | None = None
    note: str = ""
    text: str = ""


def _store_review(path: Path, identity: str, draft: _Draft) -> None:
    with Store(path) as store:
        if draft.verdict == "correct":
            trajectory = store.get(identity)
            config = next((run["config"] for run in store.runs() if run["name"] == trajectory.run), {})
            tools = offered_tools(trajectory, config)
            store.add_review(correction(trajectory, draft.turn, draft.text, tools, draft.note))
        else:
            store.add_review(Review(identity, draft.verdict, draft.turn, draft.note))


def _screenshot(path: Path, request: Request) -> Response:
    with Store(path) as store:
        identity = store.get(request.path_params["id"]).id  # an id that is in the store, and so no path to elsewhere
    picture = screenshot_folder(path, identity) / f"{request.path_params['turn']}.png"
    if not picture.is_file():
        raise UsageError(f"trajectory {identity} has no screenshot {picture.name}")
    return FileResponse(picture)


def _read(store: Store, identity: str) -> reading.Reading:
    trajectory = store.get(identity)
    return reading.read(trajectory, store.reviews(trajectory=identity), screenshot_folder(store.path, identity))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None  # as much as SQLite can hold


def _refuse(request: Request, error: UsageError) -> Response:
    if request.method == "POST":
        return PlainTextResponse(str(error), 422)
    return HTMLResponse(_render("refused.html", message=str(error)), 404)


def _render(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(values)


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"count": "{:,}".format, "share": _share, "seconds": _seconds, "excerpt": _excerpt}
    return made


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _excerpt(text: str) -> markupsafe.Markup:
    """A search's excerpt with its matches marked; the text around and in them is escaped."""
    escaped = str(markupsafe.escape(text))
    return markupsafe.Markup(escaped.replace(queries.MARKS[0], "<mark>").replace(queries.MARKS[1], "</mark>"))
