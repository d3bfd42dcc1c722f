"""Pictures of episodes, as files beside the store: `STORE.screenshots/TRAJECTORY/TURN.png`, 0.png before any action."""

import shutil
from pathlib import Path

from rollout.trajectory import Trajectory

__all__ = ["screenshot_folder", "write_screenshots"]


def screenshot_folder(store: Path, trajectory: str) -> Path:
    """Where the pictures of a trajectory are, if it has any."""
    return Path(f"{store}.screenshots") / trajectory


def write_screenshots(store: Path, trajectory: Trajectory) -> None:
    """Keep a trajectory's pictures, in place of those of an attempt before it that came to nothing."""
    if not trajectory.screenshots:
        return
    folder = screenshot_folder(store, trajectory.id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for turn, picture in trajectory.screenshots.items():
        (folder / f"{turn}.png").write_bytes(picture)
