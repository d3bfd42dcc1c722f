"""What every side of `engine.py` shares: the task, and how a side is measured. Standard library only.

The task: the agent is told to walk down a corridor; four times it walks and is told what it sees, then it finishes. A
request therefore holds 2, 4, 6, 8 and 10 messages. By the number in the prompt the server knows the task.
"""

import json
import os
import resource
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

TURNS = 5
MODEL = "fake"
SYSTEM = """\
You are in a long corridor and act by calling tools, one in each message. Walk until you stand before the door at its \
end, and never faster than three steps at a time, since the floor is wet and the lamps are far apart. When you stand \
before the door, finish: that ends the task. Nothing else is to be done here, and nobody is in your way.

Tools:
walk(steps: integer): Walk some steps further.
finish(): End the task.

Answer every message in this form:
Thought: one sentence of reasoning
Action: tool name
one JSON object with the arguments"""
SEEN = (
    "You walk three steps. The corridor goes on; a lamp hangs from the ceiling, the walls are bare, and far ahead is "
    "something that may be the door."
)
WALK = (
    "Thought: The corridor goes on and I do not stand before a door yet, so I walk three more steps and then look "
    'around again, as the task asks of me.\nAction: walk\n{"steps": 3}'
)
FINISH = (
    "Thought: Now I stand before the door at the end of the corridor, which is all that the task asks of me, so that I "
    "can end it here.\nAction: finish"
)


def prompt(number: int) -> str:
    """The user's first message of a task."""
    return f"Task {number}: go to the end of the corridor."


def answer(reply: str) -> str | None:
    """What the user says to the agent's message; None when the task has ended."""
    return None if reply == FINISH else f"Observation: {SEEN}"


def reward(reply: str) -> float:
    """The reward of an episode whose last reply this is."""
    return float(reply == FINISH)


def measure(play: Callable[[str, int, Sequence[int], Path], Sequence[float]]) -> None:
    """The whole program of a side: `SIDE.py URL SLOTS EPISODES` prints one line of JSON.

    Args:
        play: `play(url, slots, numbers, folder)` plays the tasks with these numbers, `slots` at a time, against the
            server at `url`, may write to `folder`, and returns the rewards. It is called twice: the first, short play
            (imports, caches, the allocator), against the instant server, is not measured.
    """
    url, slots, episodes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ.update(OPENAI_API_KEY="none", OPENAI_BASE_URL=url)
    with tempfile.TemporaryDirectory() as folder:
        (warm := Path(folder, "warm")).mkdir()
        play(url.replace("/slow", ""), slots, range(episodes, episodes + min(slots, 16)), warm)
        urllib.request.urlopen(url.replace("/v1", "/reset"), data=b"").close()
        cpu, wall = _cpu_seconds(), time.perf_counter()
        rewards = play(url, slots, range(episodes), Path(folder))
        cpu, wall = _cpu_seconds() - cpu, time.perf_counter() - wall
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"wall": wall, "cpu": cpu, "rss_mb": int(peak.split()[1]) / 1024, "rewards": list(rewards)}))


def _cpu_seconds() -> float:
    """CPU seconds of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
