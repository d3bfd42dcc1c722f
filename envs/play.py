"""`python -m envs.play`: act in an environment by hand, or watch its expert."""

import json
from typing import Annotated

import tyro
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from envs.cli import main, parse_options
from envs.core import AgentEnv
from envs.registry import make, pick_task
from envs.types import ToolCall

__all__ = ["play"]


def play(
    env: Annotated[str, tyro.conf.Positional],
    expert: bool = False,
    index: int = 0,
    split: str = "train",
    tasks: str | None = None,
    format: str = "react",
    env_options: tuple[str, ...] = (),
) -> int:
    """Play one task of an environment by hand, or watch the expert play it.

    By hand you name a tool, then give its arguments; Ctrl-D leaves.

    Args:
        env: a short name or an id, e.g. db.
        expert: watch the expert instead of playing.
        index: which task of the split or of the file, from 0.
        split: train, explore, dev, test or novel.
        tasks: take the task from this file (FILE.jsonl or LOADER:PATH) instead of the split.
        format: react or hermes, how the actions are written.
        env_options: options of the environment itself, as NAME=VALUE: sandbox=docker.

    Returns:
        0 when the task was solved, 1 when not.
    """
    world = make(env, split=split, format=format, **parse_options(env_options))
    task = pick_task(world, index, tasks)
    console = Console(soft_wrap=True)
    observation, _ = world.reset(seed=0, options={"task": task})
    _say(console, "system", world.system_prompt)
    _say(console, "user", observation)
    reward = _loop(console, world, world.expert() if expert else _typed_actions(console, world))
    console.print(f"reward {reward:g}", style="green" if reward >= 1 else "red")
    return int(reward < 1)


def _loop(console: Console, world: AgentEnv, actions) -> float:
    for action in actions:
        _say(console, "assistant", action)
        observation, reward, terminated, truncated, _ = world.step(action)
        _say(console, "user", observation)
        if terminated or truncated:
            return reward
    return 0.0


def _say(console: Console, role: str, text: str) -> None:
    console.print(Rule(role, align="left", style={"assistant": "cyan"}.get(role, "dim")))
    console.print(escape(text))


def _typed_actions(console: Console, world: AgentEnv):
    """Ask for a tool and its arguments, one prompt each; end of input ends the game."""
    console.print(Rule("you", align="left", style="yellow"))
    while True:
        try:
            name = console.input(f"tool ({', '.join(world.tools)}): ").strip()
            properties = world.specs[name].parameters["properties"] if name in world.specs else {}
            typed = {parameter: console.input(f"{parameter}: ") for parameter in properties}
        except EOFError:
            return
        yield world.write(ToolCall(name, {k: _value(v, properties[k]) for k, v in typed.items()}), "Played by hand.")


def _value(text: str, schema: dict):
    """What a person typed, as the parameter's type: text stays text, anything else is read as JSON where it can be."""
    if schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main(play)
