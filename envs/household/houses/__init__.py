"""Homes of our own: rooms, receptacles and things, furnished from a seed."""

from envs.household.houses.novel import NOVEL_ROOMS
from envs.household.houses.rooms import ROOMS
from envs.household.houses.things import Thing

__all__ = ["DOORS", "EVERYTHING", "NOVEL_ROOMS", "ROOMS"]

EVERYTHING: dict[str, Thing] = {kind: thing for room in ROOMS + NOVEL_ROOMS for kind, thing in room.catalog.items()}
"""Every kind of thing that there is, familiar or novel."""
DOORS = frozenset(kind for room in ROOMS + NOVEL_ROOMS for kind in room.openable)
"""The kinds of receptacle that may have to be opened."""
