"""The scenarios: families of file systems, those that are trained on and the novel ones."""

from envs.shell.content.grow import World, grow, render_settings
from envs.shell.content.novel import NOVEL
from envs.shell.content.offices import OFFICES
from envs.shell.content.parts import Column, JournalFile, Scenario, SettingsFile, SheetFile, Shelf
from envs.shell.content.trades import TRADES
from envs.shell.content.work import WORK

__all__ = ["NOVEL", "SCENARIOS", "SEEN"]
__all__ += [
    "Column",
    "JournalFile",
    "Scenario",
    "SettingsFile",
    "SheetFile",
    "Shelf",
    "World",
    "grow",
    "render_settings",
]

SEEN = WORK + OFFICES + TRADES
SCENARIOS = {scenario.name: scenario for scenario in SEEN + NOVEL}
