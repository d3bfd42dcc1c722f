"""Goals of our own houses: conditions on the end state that must all hold, and mistakes that lose it.

A goal names the things and receptacles it is about, which are known when a task is made; the agent has to find out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from envs.errors import UsageError
from envs.household.goal import AlfworldGoal, Goal
from envs.household.simulator import Simulator

__all__ = ["ChoreGoal", "Doors", "Lamps", "Placed", "read_goal"]


@dataclass(frozen=True)
class Placed:
    """So many of some things lie in any of some receptacles, treated as is asked.

    Args:
        things: names of the things that count.
        places: names of the receptacles that count.
        count: how many of the things; all of them when 0.
        states: what each of them must be, some of `envs.household.house.STATES`.
    """

    kind: ClassVar[str] = "placed"
    things: tuple[str, ...]
    places: tuple[str, ...]
    count: int = 0
    states: tuple[str, ...] = ()

    def progress(self, world: Simulator) -> float:
        count = self.count or len(self.things)
        return sum(sorted((self._thing(world, name) for name in self.things), reverse=True)[:count]) / count

    def _thing(self, world: Simulator, name: str) -> float:
        placed = any(name in world.inside[place] for place in self.places)
        steps = [placed, placed or world.holding == name, *(name in world.states[state] for state in self.states)]
        return sum(steps) / len(steps)


@dataclass(frozen=True)
class Doors:
    """Some receptacles are open, or closed."""

    kind: ClassVar[str] = "doors"
    receptacles: tuple[str, ...]
    open: bool

    def progress(self, world: Simulator) -> float:
        return sum((name in world.opened) == self.open for name in self.receptacles) / len(self.receptacles)


@dataclass(frozen=True)
class Lamps:
    """Some lamps are switched on."""

    kind: ClassVar[str] = "lamps"
    lamps: tuple[str, ...]

    def progress(self, world: Simulator) -> float:
        return sum(name in world.states["on"] for name in self.lamps) / len(self.lamps)


Condition = Placed | Doors | Lamps
_CONDITIONS = {cls.kind: cls for cls in (Placed, Doors, Lamps)}


@dataclass(frozen=True)
class ChoreGoal:
    """All conditions hold. A mistake is a condition that, once it holds, can never be made good."""

    conditions: tuple[Condition, ...]
    mistakes: tuple[Condition, ...] = ()

    def met(self, world: Simulator) -> bool:
        return all(condition.progress(world) == 1.0 for condition in self.conditions)

    def lost(self, world: Simulator) -> bool:
        """Whether a mistake has been made."""
        return any(mistake.progress(world) == 1.0 for mistake in self.mistakes)

    def progress(self, world: Simulator) -> float:
        return sum(condition.progress(world) for condition in self.conditions) / len(self.conditions)

    def to_data(self) -> dict[str, Any]:
        """JSON values, from which `read_goal` makes the goal again."""
        return {
            "conditions": [_row(condition) for condition in self.conditions],
            "mistakes": [_row(mistake) for mistake in self.mistakes],
        }


def read_goal(data: Mapping[str, Any]) -> Goal:
    """Read a `ChoreGoal`, or an `AlfworldGoal` where there are no conditions.

    Raises:
        UsageError: it is neither.
    """
    try:
        if "conditions" not in data:
            return AlfworldGoal(**data)
        return ChoreGoal(tuple(map(_condition, data["conditions"])), tuple(map(_condition, data["mistakes"])))
    except (KeyError, TypeError) as error:
        raise UsageError(f"not a goal of the household world: {error!r} in {str(data)[:200]}") from None


def _row(condition: Condition) -> dict[str, Any]:
    fields = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(condition).items()}
    return {"kind": condition.kind, **fields}


def _condition(row: Mapping[str, Any]) -> Condition:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key != "kind"}
    return _CONDITIONS[row["kind"]](**fields)
