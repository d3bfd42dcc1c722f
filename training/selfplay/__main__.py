"""Rounds of self-play from one settings file: `python -m training.selfplay examples/selfplay-db.toml`."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from envs.cli import main
from training.selfplay.config import read_config
from training.selfplay.loop import Loop
from training.selfplay.stages import Unfinished


def selfplay(config: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="CONFIG.toml")]) -> int:
    """Let a model improve on its own attempts: collect, filter, mix, train, evaluate, promote or roll back, again.

    Stopped or killed anywhere, the same command goes on where it was. examples/selfplay-db.toml is a settings file,
    and docs/selfplay.md says what each table and key means. Exit status 1 when a machine failed and episodes are owed.

    Args:
        config: the settings, in TOML.
    """
    try:
        Loop(read_config(config)).run()
    except Unfinished as reason:
        print(f"{reason}: run the same command again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main(selfplay)
