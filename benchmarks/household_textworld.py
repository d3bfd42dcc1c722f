"""TextWorld's half of `household.py`, run by an interpreter that has textworld and nothing of ours.

Reads lines of JSON, each a game's file, a seed and a number of steps; answers each with seconds, as `household.py` has
them for the simulator.
"""

import json
import sys
from random import Random
from time import perf_counter

import textworld


def measure(file: str, seed: int, steps: int) -> dict[str, float]:
    random = Random(seed)
    start = perf_counter()
    game = textworld.start(file, textworld.EnvInfos(won=True, admissible_commands=True))
    game.reset()
    read = perf_counter()
    state = game.reset()
    reset = perf_counter()
    for _ in range(steps):
        state, _, _ = game.step(random.choice(state.admissible_commands))
    done = perf_counter()
    game.close()
    return {"read": read - start, "reset": reset - read, "step": (done - reset) / steps}


for line in sys.stdin:
    print(json.dumps(measure(**json.loads(line))), flush=True)
