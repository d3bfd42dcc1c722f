"""A house with devices that can be switched, set and put on a timetable."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Home"]

_ROOMS = ("kitchen", "living room", "bedroom", "office", "hall", "garage")
_RANGES = {
    "light": (0, 100),
    "thermostat": (5, 30),
    "blind": (0, 100),
    "speaker": (0, 100),
    "plug": (0, 0),
    "lock": (0, 0),
}
Kind = Literal["light", "thermostat", "blind", "speaker", "plug", "lock"]


class Action(TypedDict):
    """What a routine does to one device."""

    device_id: str
    on: bool


class Home(Service):
    """Devices in rooms. The level is a light's or blind's per cent, a thermostat's degrees, a speaker's volume."""

    tables = {
        "devices": ("dev", ("name", "kind", "room", "on_?", "level")),
        "routines": ("rou", ("name", "time", "actions[]", "active?")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        for room in rng.sample(_ROOMS, 3 + (world.size > 8)):
            for kind in dict.fromkeys(["light", *rng.sample(list(_RANGES), 2)]):
                low, high = _RANGES[kind]
                level = rng.randint(low, high) if high else None
                state.insert(
                    "devices", name=f"{room} {kind}", kind=kind, room=room, on_=rng.random() < 0.5, level=level
                )
        for name, hour in rng.sample((("Morning", 7), ("Leaving", 8), ("Evening", 19), ("Night", 23)), 2):
            devices = rng.sample(state.find("devices"), 2)
            actions = [f"{device['id']} {rng.choice(('on', 'off'))}" for device in devices]
            state.insert("routines", name=name, time=f"{hour:02}:00", actions=actions, active=rng.random() < 0.7)

    @tool
    def list_devices(self, room: str | None = None, kind: Kind | None = None) -> str:
        """Show the devices with their state."""
        asked = {"room": room and room.strip().lower(), "kind": kind}
        found = self.world.state.find("devices", **{k: v for k, v in asked.items() if v})
        return show(*({("on" if k == "on_" else k): v for k, v in row.items()} for row in found), empty="No devices.")

    @tool
    def switch_device(self, device_id: str, on: bool) -> str:
        """Switch a device on or off; a lock that is on is locked, a blind that is on is closed."""
        device = self.world.state.get("devices", device_id, "device")
        self.world.state.update("devices", device_id, on_=on)
        return f"{device['name']} is {'on' if on else 'off'}."

    @tool
    def set_level(self, device_id: str, level: int) -> str:
        """Set brightness, closing or volume in per cent, or degrees; the device goes on."""
        device = self.world.state.get("devices", device_id, "device")
        low, high = _RANGES[device["kind"]]
        if not high:
            raise ToolError(f"A {device['kind']} has no level.")
        if not low <= level <= high:
            raise ToolError(f"The level of a {device['kind']} goes from {low} to {high}.")
        self.world.state.update("devices", device_id, level=level, on_=True)
        return f"{device['name']} is at {level}."

    @tool
    def list_routines(self) -> str:
        """Show the routines."""
        return show(*self.world.state.find("routines"))

    @tool
    def create_routine(
        self, name: str, at: time, actions: Annotated[list[Action], Field(min_length=1, max_length=8)]
    ) -> str:
        """Switch devices every day at a time.

        Args:
            at: as 07:30.
        """
        done = []
        for action in actions:
            self.world.state.get("devices", action["device_id"], "device")
            done.append(f"{action['device_id']} {'on' if action['on'] else 'off'}")
        id = self.world.state.insert("routines", name=name, time=f"{at:%H:%M}", actions=sorted(done), active=True)
        return show(self.world.state.get("routines", id, "routine"))

    @tool
    def set_routine(self, routine_id: str, active: bool) -> str:
        """Let a routine run, or stop it without deleting it."""
        routine = self.world.state.get("routines", routine_id, "routine")
        self.world.state.update("routines", routine_id, active=active)
        return f"{routine['name']} is {'active' if active else 'paused'}."

    @tool
    def delete_routine(self, routine_id: str) -> str:
        """Delete a routine."""
        routine = self.world.state.get("routines", routine_id, "routine")
        self.world.state.delete("routines", routine_id)
        return f"Deleted {routine['name']}."
