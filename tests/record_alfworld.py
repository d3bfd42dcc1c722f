"""Records what the real ALFWorld says, for `tests/test_household_simulator.py`.

    pip install 'textworld[pddl]' && pip install --no-deps alfworld
    python tests/record_alfworld.py GAMES.jsonl.xz

The rules, texts and names are ALFWorld's own: the domain, the grammar and the demangler of its package. Of each kind of
game ten are played twice: 80 steps at random, then as our expert plays them.
"""

import json
import lzma
import random
import re
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

from envs.household.alfworld import AlfworldEnv, load
from envs.testing import play
from envs.types import Task

DATA = Path(__file__).parent / "data" / "alfworld"
GAMES_OF_A_KIND = 10
STEPS = 80
WEIGHTS = {"slice": 30, "use": 4, "heat": 6, "cool": 6, "clean": 6, "look": 0.4, "inventory": 0.2, "examine": 1.5}
WEIGHTS |= {"go": 2.5, "close": 0.4, "help": 0.02}
"""How often a verb is drawn beside others (2 if not named): most of what is admissible is a place to go to."""
FAVOURITES = "knife|sinkbasin|microwave|fridge"
"""Drawn before others half of the time, and so is what has been sliced: it makes rare texts."""


def main(source: str) -> None:
    games = chosen(Path(source))
    with lzma.open(DATA / "games.jsonl.xz", "wt", encoding="utf-8", preset=9) as file:
        file.writelines(json.dumps(game) + "\n" for game in games)
    tasks = load(DATA / "games.jsonl.xz")
    with lzma.open(DATA / "transcripts.jsonl.xz", "wt", encoding="utf-8", preset=9) as file:
        for game, task in zip(games, tasks, strict=True):
            plays = {"random": played(game, at_random(game["id"])), "expert": played(game, by_expert(task))}
            file.write(json.dumps({"id": task.id, **plays}) + "\n")
            print(task.id, *(f"{name} {len(play)}" for name, play in plays.items()), plays["expert"][-1]["won"])


def chosen(source: Path) -> list[dict]:
    """The same number of each kind, evenly spread over the file."""
    kinds = defaultdict(list)
    with lzma.open(source, "rt", encoding="utf-8") as lines:
        for game in map(json.loads, lines):
            kinds[game["type"]].append(game)
    return [kind[i * len(kind) // GAMES_OF_A_KIND] for kind in kinds.values() for i in range(GAMES_OF_A_KIND)]


def real_engine(game: dict):
    """The game in TextWorld under ALFWorld's rules, as ALFWorld's wrappers make it."""
    import textworld
    from alfworld.agents.utils.misc import Demangler
    from textworld.envs import PddlEnv

    rules = files("alfworld") / "data"
    task = re.search(r"Your task is to: (.*?)\.\"", game["grammar"])[1]
    engine = PddlEnv(textworld.EnvInfos(won=True, admissible_commands=True))
    engine.load(
        {
            "pddl_domain": (rules / "alfred.pddl").read_text(encoding="utf-8"),
            "grammar": (rules / "alfred.twl2").read_text(encoding="utf-8").replace("UNKNOWN GOAL", task),
            "pddl_problem": game["pddl_problem"],
        }
    )
    demangler = Demangler(game_infos=engine._entity_infos, shuffle=False)
    for info in engine._entity_infos.values():
        info.name = demangler.demangle_alfred_name(info.id)
    return engine


def played(game: dict, policy) -> list[dict]:
    """Each step: the command, what was said, whether the game is won, and how the admissible commands changed."""
    engine = real_engine(game)
    state, command, before, steps = engine.reset(), None, set(), []
    while True:
        now = set(state.admissible_commands)
        changes = {"more": sorted(now - before), "less": sorted(before - now)}
        steps.append({"command": command, "text": state.feedback, "won": bool(state.won), **changes})
        before = now
        command = policy(state.admissible_commands)
        if command is None:
            return steps
        state = engine.step(command)[0]


def at_random(seed: str):
    rng = random.Random(seed)
    left = iter(range(STEPS))
    favourites = FAVOURITES

    def policy(admissible: list[str]) -> str | None:
        nonlocal favourites
        if next(left, None) is None:
            return None
        if rng.random() < 0.03:
            return "take the apple"
        verbs = defaultdict(list)
        for command in admissible:
            verbs[command.split()[0]].append(command)
        (verb,) = rng.choices(list(verbs), [WEIGHTS.get(verb, 2) for verb in verbs])
        liked = [command for command in verbs[verb] if re.search(favourites, command)]
        command = rng.choice(liked if liked and rng.random() < 0.5 else verbs[verb])
        if verb == "slice":
            favourites = command.removeprefix("slice ").partition(" with ")[0]
        return command

    return policy


def by_expert(task: Task):
    """The commands with which our expert wins in our simulator."""
    env = AlfworldEnv()
    rows = play(env, task, env.expert())[1:]
    commands = iter([info["call"]["arguments"]["command"] for _, _, info, _ in rows])
    return lambda admissible: next(commands, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
