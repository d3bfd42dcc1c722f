"""The families of tasks: those of the seen splits and those of `novel`, which share none."""

from envs.household.templates.base import Draft, Scene, Template, Unfit
from envs.household.templates.choosing import CHOOSING
from envs.household.templates.classic import CLASSIC
from envs.household.templates.moving import MOVING
from envs.household.templates.novel_choices import NOVEL_CHOICES
from envs.household.templates.novel_moves import NOVEL_MOVES
from envs.household.templates.tending import TENDING

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES", "Draft", "Scene", "Template", "Unfit"]

SEEN_TEMPLATES = (*CLASSIC, *MOVING, *CHOOSING, *TENDING)
NOVEL_TEMPLATES = (*NOVEL_MOVES, *NOVEL_CHOICES)
