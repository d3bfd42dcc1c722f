"""The six goals of ALFWorld, exactly as their formulas are."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from envs.errors import UsageError, did_you_mean
from envs.household.simulator import Goal, Simulator

__all__ = ["ALFWORLD_GOALS", "AlfworldGoal", "Goal"]

ALFWORLD_GOALS = {
    "pick_and_place_simple": None,
    "pick_clean_then_place_in_recep": ("clean", "clean"),
    "pick_heat_then_place_in_recep": ("heat", "hot"),
    "pick_cool_then_place_in_recep": ("cool", "cool"),
    "pick_two_obj_and_place": None,
    "look_at_obj_in_light": None,
}
"""The six kinds; with some, what has to be done to the item and the state that it is then in."""


@dataclass(frozen=True)
class AlfworldGoal(Goal):
    """A goal of ALFWorld.

    Args:
        kind: one of `ALFWORLD_GOALS`.
        object: the kind of item, `apple`.
        receptacle: the kind of receptacle that it goes to; for `look_at_obj_in_light`, the kind of lamp.
        sliced: whether the item has to be sliced.

    Raises:
        UsageError: no such kind.
    """

    kind: str
    object: str
    receptacle: str
    sliced: bool = False

    def __post_init__(self):
        if self.kind not in ALFWORLD_GOALS:
            near = did_you_mean(self.kind, ALFWORLD_GOALS)
            raise UsageError(f"no goal {self.kind!r}.{near} Known: {', '.join(ALFWORLD_GOALS)}")

    def to_data(self) -> dict[str, Any]:
        """JSON values, from which `AlfworldGoal(**data)` makes the goal again."""
        return asdict(self)

    def met(self, world: Simulator) -> bool:
        return any(all(conditions) for conditions in self._ways(world))

    def progress(self, world: Simulator) -> float:
        return max((sum(conditions) / len(conditions) for conditions in self._ways(world)), default=0.0)

    def _ways(self, world: Simulator) -> Iterator[list[bool]]:
        """What each way to reach the goal asks for, and whether it is true now."""
        if self.kind == "look_at_obj_in_light":
            yield from self._look(world)
        elif self.kind == "pick_two_obj_and_place":
            yield from self._place_two(world)
        else:
            yield from self._place(world)

    def _look(self, world: Simulator) -> Iterator[list[bool]]:
        held = self._holds(world)
        for lamp in world.items.values():
            if lamp.kind == self.receptacle and "use" in lamp.can:
                here = any(lamp.name in world.inside[place] for place in world.here)
                yield [held, here, lamp.name in world.states["on"]]

    def _place_two(self, world: Simulator) -> Iterator[list[bool]]:
        held = self._holds(world)
        for place in self._places(world):
            number = sum(self._fits(world, name) for name in world.inside[place])
            yield [number + held >= 1, number >= 1, number + held >= 2, number >= 2]

    def _place(self, world: Simulator) -> Iterator[list[bool]]:
        places = self._places(world)
        verb, state = ALFWORLD_GOALS[self.kind] or ("", "")
        for item in world.items.values():
            if item.kind == self.object and (not verb or verb in item.can):
                placed = any(item.name in world.inside[place] for place in places)
                conditions = [placed or world.holding == item.name, placed]
                conditions += [item.name in world.states[state]] if state else []
                conditions += [item.name in world.states["sliced"]] if self.sliced else []
                yield conditions

    def _places(self, world: Simulator) -> list[str]:
        return [place.name for place in world.receptacles.values() if place.kind == self.receptacle]

    def _holds(self, world: Simulator) -> bool:
        return world.holding is not None and self._fits(world, world.holding)

    def _fits(self, world: Simulator, name: str) -> bool:
        return world.items[name].kind == self.object and (not self.sliced or name in world.states["sliced"])
