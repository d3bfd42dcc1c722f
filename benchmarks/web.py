"""Browser episodes per second: ours, a bare Playwright loop's, BrowserGym's: `python benchmarks/web.py`.

MiniWoB's click-button, a fresh context per episode, the button found in the page's text, every reward checked; and the
shop of the web world, played by its expert. `text` observes by one walk over the page; `trees` takes a screenshot, a
DOM snapshot and the accessibility tree with each observation, as BrowserGym does. All take turns, round after round.
BrowserGym, without its delays, is played by the interpreter that `--browsergym-python` names. Prints a table and a line
of JSON.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from envs import ToolCall, make
from envs.cli import main
from envs.external.miniwob import MiniwobEnv
from envs.types import Task
from envs.web.browser import CONTEXT, shared_browser
from envs.web.scripts import observe
from envs.web.templates import SEEN_TEMPLATES

HERE = Path(__file__).parent
_START = "s => { Math.seedrandom(s); core.EPISODE_MAX_TIME = 1e9; core.startEpisodeReal(); }"
Episode = tuple[float, float]
"""Seconds of the reset and of the step."""


class WithTrees(MiniwobEnv):
    """MiniWoB with BrowserGym's kinds of observation beside the text."""

    def show(self, keep_part: bool = False) -> str:
        self.screenshot()
        shared_browser().call(_trees(self._session._context.tab))
        return super().show(keep_part)


async def _trees(tab) -> None:
    session = await tab.context.new_cdp_session(tab)
    await session.send("DOMSnapshot.captureSnapshot", {"computedStyles": [], "includeDOMRects": True})
    await session.send("Accessibility.getFullAXTree")
    await session.detach()


def ours(cls: type[MiniwobEnv], contexts: int, episodes: int) -> list[Episode]:
    """Play episodes on threads, each with an environment of its own, as the engine does."""

    def play(first: int) -> list[Episode]:
        env, done = cls(), []
        for seed in range(first, episodes, contexts):
            task = Task(env.id, "click-button:", {"page": "click-button", "seed": seed}, "novel")
            began = perf_counter()
            seen, _ = env.reset(options={"task": task})
            reset = perf_counter() - began
            action = env.write(ToolCall("click", {"element": _button(seen, r'\[(\d+)\] button "{}"')}), "x")
            began = perf_counter()
            reward = env.step(action)[1]
            done.append((reset, perf_counter() - began))
            assert reward == 1.0, seen
        env.close()
        return done

    with ThreadPoolExecutor(contexts) as pool:
        return [episode for done in pool.map(play, range(contexts)) for episode in done]


def _button(seen: str, pattern: str) -> int:
    name = re.search(r'Click on the "(.*?)" button', seen)[1]
    return int(re.search(pattern.format(re.escape(name)), seen)[1])


def bare(trees: bool, contexts: int, episodes: int, origin: str) -> list[Episode]:
    """The same with nothing but Playwright, on one event loop."""

    async def play(first: int) -> list[Episode]:
        done, context = [], None
        for seed in range(first, episodes, contexts):
            began = perf_counter()
            if context:
                await context.close()
            context = await shared_browser().chromium.new_context(**CONTEXT)
            page = await context.new_page()
            await page.goto(f"{origin}/miniwob/click-button.html")
            await page.evaluate(_START, str(seed))
            seen = await look(page)
            reset = perf_counter() - began
            number = _button("\n".join(seen["lines"]), r'\[(\d+)\] button "{}"')
            began = perf_counter()
            await page.evaluate("n => window.__elements[n - 1].scrollIntoView()", number)
            box = await page.evaluate("n => window.__elements[n - 1].getBoundingClientRect().toJSON()", number)
            await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            await look(page)
            assert await page.evaluate("WOB_RAW_REWARD_GLOBAL") == 1
            done.append((reset, perf_counter() - began))
        await context.close()
        return done

    async def look(page) -> dict:
        if trees:
            await page.screenshot()
            await _trees(page)
        return await page.evaluate(observe(), 20_000)

    async def play_all() -> list[Episode]:
        parts = await asyncio.gather(*(play(first) for first in range(contexts)))
        return [episode for part in parts for episode in part]

    return shared_browser().call(play_all(), seconds=600)


def shop(contexts: int, episodes: int) -> list[Episode]:
    """The expert on the shop: seconds of the reset and of a mean step."""
    named = {t.name for t in SEEN_TEMPLATES if t.site == "shop" and t.difficulty <= 2}

    fitting = (task for task in make("web").tasks("train") if task.template in named)
    tasks = list(islice(fitting, episodes))

    def play(first: int) -> list[Episode]:
        env, done = make("web"), []
        for task in tasks[first::contexts]:
            began = perf_counter()
            env.reset(options={"task": task})
            reset = perf_counter() - began
            began, steps = perf_counter(), 0
            for action in env.expert():
                reward, steps = env.step(action)[1], steps + 1
            done.append((reset, (perf_counter() - began) / steps))
            assert reward == 1.0, task
        env.close()
        return done

    with ThreadPoolExecutor(contexts) as pool:
        return [episode for done in pool.map(play, range(contexts)) for episode in done]


def browsergym(python: str, episodes: int) -> list[Episode]:
    """BrowserGym, which plays one episode at a time in a process."""
    pages = next(p for p in sys.path if (Path(p) / "miniwob" / "html").is_dir())
    command = [python, str(HERE / "web_browsergym.py"), shared_browser().executable]
    ran = subprocess.run(
        [*command, f"{pages}/miniwob/html/miniwob", str(episodes)], capture_output=True, text=True, check=True
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["solved"] == 1.0, found
    return list(zip(found["reset"], found["step"], strict=True))


def benchmark(rounds: int = 3, episodes: int = 24, browsergym_python: str | None = None) -> None:
    """Measure resets, steps and episodes per second.

    Args:
        rounds: how often every runner takes its turn.
        episodes: of one turn; BrowserGym plays a quarter of them.
        browsergym_python: a Python interpreter that has browsergym-miniwob.
    """
    from envs.external.miniwob import _origin

    runners: dict[str, tuple[int, Callable[[], list[Episode]]]] = {}
    for n in (1, 8):
        runners[f"bare text, {n}"] = episodes, lambda n=n: bare(False, n, episodes, _origin())
        runners[f"ours text, {n}"] = episodes, lambda n=n: ours(MiniwobEnv, n, episodes)
        runners[f"bare trees, {n}"] = episodes, lambda n=n: bare(True, n, episodes, _origin())
        runners[f"ours trees, {n}"] = episodes, lambda n=n: ours(WithTrees, n, episodes)
        runners[f"ours shop, {n}"] = episodes, lambda n=n: shop(n, episodes)
    if browsergym_python:
        runners["browsergym trees, 1"] = episodes // 4, lambda: browsergym(browsergym_python, episodes // 4)
    rates, parts = defaultdict(list), defaultdict(list)
    ours(MiniwobEnv, 1, 1)  # the browser has started
    for _ in range(rounds):
        for name, (count, play) in runners.items():
            began = perf_counter()
            done = play()
            seconds = perf_counter() - began
            if name.startswith("browsergym"):  # its process starts up as well
                seconds = sum(reset + step for reset, step in done)
            rates[name].append(count / seconds)
            parts[name] += done
    _report(rates, parts)


def _report(rates: dict[str, list[float]], parts: dict[str, list[Episode]]) -> None:
    table = Table("runner, contexts", "reset ms", "step ms", "episodes/s", "of bare", "of browsergym")
    rows = {}
    reference = median(rates["browsergym trees, 1"]) if "browsergym trees, 1" in rates else None
    for name, values in rates.items():
        rate = median(values)
        limit = rates.get(name.replace("ours", "bare")) if name.startswith("ours") else None
        row = {
            "reset_ms": round(1000 * median(reset for reset, _ in parts[name]), 1),
            "step_ms": round(1000 * median(step for _, step in parts[name]), 1),
            "episodes_per_second": round(rate, 2),
            "of_bare": limit and round(rate / median(limit), 2),
            "of_browsergym": round(rate / reference, 1) if reference and "shop" not in name else None,
        }
        rows[name] = row
        table.add_row(name, *("-" if value is None else str(value) for value in row.values()))
    Console().print(table)
    print(json.dumps({"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count(), "runners": rows}))


if __name__ == "__main__":
    main(benchmark)
