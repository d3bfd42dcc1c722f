"""MiniWoB++ (Shi et al. 2017, Liu et al. 2018; the pages of Farama's package `miniwob`) as a held-out world.

The pages run in our browser, behind the tools of the web world. Their clock stands still but for a fixed time with
every action, so that equal seeds give equal episodes even where things move; the reward is the page's own raw reward,
without its discount by wall-clock time.

    pip install --no-deps miniwob==1.1.0

Without its dependencies, since selenium drives nothing here.
"""

import hashlib
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

from envs.errors import UsageError, WorldError
from envs.tool import tool
from envs.types import Generated, Task, canonical_json
from envs.web.base import WebBase
from envs.web.browser import shared_browser

__all__ = ["MiniwobEnv", "miniwob_pages"]

_VERSION = "1.1.0"
_START = """(seed) => {
  const hidden = '#reward-display, #click-canvas, #sync-task-cover { display: none !important; }';
  document.head.insertAdjacentHTML('beforeend', `<style>${hidden}</style>`);
  Math.seedrandom(seed);
  core.EPISODE_MAX_TIME = 1000000000;
  core.startEpisodeReal();
}"""
_GOAL = """() => {
  const said = WOB_TASK_READY === true && core.getUtterance();
  return said && typeof said !== 'string' ? said.utterance : said;
}"""
_STATE = "() => typeof WOB_DONE_GLOBAL === 'undefined' ? null : [WOB_DONE_GLOBAL === true, WOB_RAW_REWARD_GLOBAL]"
_SCRIPT = re.compile(r'<script(?: type="text/javascript")? src="([^"]+)"></script>')


class MiniwobEnv(WebBase):
    """One page of MiniWoB++ with a seed. The episode ends when the page says so, and its raw reward is the score.

    A partial or negative reward counts as MiniWoB gives it, cut to [0, 1].
    """

    id = "AgentTuning/Miniwob-v0"
    licence = "MIT (MiniWoB++)"
    instructions = (
        "You do a small task on a web page through a browser. Each observation shows the page; [n] numbers what you "
        "can act on, places are x,y in pixels, ... stands for lines that are as before. The episode ends by itself "
        "when the page has judged what you did."
    )
    max_turns = 20

    @classmethod
    def tasks(cls, split: str) -> Generated | list[Task]:
        """Endless seeds of all pages, page by page in turn, in the split `novel`: held out from every training set."""
        return Generated(_make_task, split) if split == "novel" else []

    def setup(self, task: Task) -> str:
        if (page := task.data.get("page")) not in _pages():
            raise UsageError(f"task {task.id} of {self.id}: MiniWoB++ has no page {page!r}")
        self._raw: float | None = None
        self.open_session(_origin(), frozen=True)
        self._session.goto(_pages()[page])
        self._session.evaluate(_START, str(task.data["seed"]))
        self._session.wait()
        goal = self._session.evaluate(_GOAL)
        if goal is False:
            raise WorldError(f"the page {page} did not start")
        return f"{goal}\n\n{self.show()}"

    @tool
    def click_at(self, x: int, y: int) -> str:
        """Click at a place."""
        self._session.click_at(x, y)
        return self.show()

    @tool
    def drag(self, from_x: int, from_y: int, to_x: int, to_y: int) -> str:
        """Press the mouse at one place and release it at another."""
        self._session.drag((from_x, from_y), (to_x, to_y))
        return self.show()

    def show(self, keep_part: bool = False) -> str:
        shown = super().show(keep_part)
        if state := self._session.evaluate(_STATE):  # none where the agent has left the page
            done, self._raw = state
            if done:
                self.end()
        return shown

    def score(self) -> float:
        return max(0.0, min(1.0, self._raw or 0.0))

    def state_key(self) -> str:
        return hashlib.sha256(canonical_json([self._page.lines, self._raw]).encode()).hexdigest()[:16]


def miniwob_pages() -> dict[str, str]:
    """{name: path} of the pages of all environments that the package registers.

    Raises:
        UsageError: the package is not there, or is another version.
    """
    package = _package()
    classes = {}
    for file in ("miniwob_envs.py", "flightwob_envs.py"):
        text = (package / "envs" / file).read_text(encoding="utf-8")
        classes |= re.findall(r'^class (\w+)\(.*?^    subdomain = "(.*?)"', text, re.MULTILINE | re.DOTALL)
    entry = re.compile(r'id="miniwob/([\w.-]+)-v\d+",\s*entry_point="miniwob\.envs\.\w+:(\w+)"')
    registered = entry.findall((package / "registration.py").read_text(encoding="utf-8"))
    return {name: _path(classes[cls]) for name, cls in registered}


@cache
def _package() -> Traversable:
    try:
        found = version("miniwob")
    except PackageNotFoundError:
        found = "none"
    if found != _VERSION:
        raise UsageError(f"this needs miniwob {_VERSION}, found {found}: pip install --no-deps miniwob=={_VERSION}")
    # Not by importing it: that would need selenium.
    return files("miniwob")


def _path(subdomain: str) -> str:
    """The file of a page; those of the flight search are framed by a page of their own."""
    return f"{subdomain.replace('.', '/')}/wrapper.html" if "." in subdomain else f"miniwob/{subdomain}.html"


def _make_task(split: str, index: int) -> Task:
    names = list(_pages())
    name, seed = names[index % len(names)], index // len(names)
    data = {"page": name, "seed": seed}
    return Task(MiniwobEnv.id, f"MiniWoB++, {name}:", data, split, 3 if name.startswith("flight") else 1, name)


_pages = cache(miniwob_pages)


@cache
def _origin() -> str:
    """Where the package's pages are served, once for the process: they keep nothing."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    pages = Route("/miniwob/{name}.html", lambda request: HTMLResponse(_bundled(request.path_params["name"])))
    app = Starlette(routes=[pages, Mount("/", StaticFiles(directory=str(_package() / "html")))])
    return shared_browser().server.add("miniwob", app)


@cache
def _bundled(name: str) -> str:
    """A page with its scripts inside: a fresh context has nothing in its cache, and each file costs a request."""
    folder = _package() / "html" / "miniwob"

    def inside(tag: re.Match) -> str:
        return f"<script>{(folder / tag[1]).read_text(encoding='utf-8')}</script>"

    return _SCRIPT.sub(inside, (folder / f"{name}.html").read_text(encoding="utf-8"))
