"""The services of one episode, with their faults: what the agent's calls and the reference's calls both run on."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from envs.api.services import ALL_TOOLS, SERVICES, AllServices
from envs.api.world import World
from envs.errors import ToolError
from envs.records import Rows

__all__ = ["Session"]


class Session:
    """A world with tools that change it.

    Args:
        world: `services` (names), `seed`, `size` and `novel`, as `World.grow` takes them.
        faults: {tool: {"times": calls that fail before one works, or None for all, "says": what the failure says}}.
    """

    def __init__(self, world: Mapping[str, Any], faults: Mapping[str, Mapping[str, Any]] | None = None):
        services = [SERVICES[name] for name in world["services"]]
        self.world = World.grow(services, world["seed"], world["size"], world["novel"])
        self.start: Rows = self.world.state.rows()
        self.free = {table: columns for service in services for table, columns in service.free.items()}
        self._faults, self._failed = faults or {}, Counter()
        self._services = AllServices()
        self._services.world = self.world

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Run a tool of a service.

        Raises:
            ModelError: wrong arguments, a planned fault, or what the service says no to.
        """
        checked = ALL_TOOLS[name].check(arguments)
        if fault := self._faults.get(name):
            self._failed[name] += 1
            if fault["times"] is None or self._failed[name] <= fault["times"]:
                raise ToolError(fault["says"])
        return ALL_TOOLS[name].function(self._services, **checked)

    def rows(self) -> Rows:
        """All records as they are now."""
        return self.world.state.rows()

    def close(self) -> None:
        self.world.state.close()
