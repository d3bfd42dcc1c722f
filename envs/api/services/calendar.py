"""The user's calendar."""

from datetime import date, time
from typing import Annotated

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.records import Row
from envs.tool import tool

__all__ = ["Calendar"]

Minutes = Annotated[int, Field(ge=5, le=720)]
_TITLES = (
    "Budget review",
    "Dentist",
    "Design review",
    "Standup",
    "Interview",
    "Yoga",
    "Board call",
    "Planning",
    "Demo",
)
_ROOMS = ("Room A", "Room B", "Room C", "Online", "Cafe")


class Calendar(Service):
    """Appointments with a start, a length in minutes, a place and people."""

    tables = {"events": ("evt", ("title", "day", "start", "minutes", "place", "guests[]"))}

    @classmethod
    def fill(cls, world):
        rng = world.rng
        for title in rng.sample(_TITLES, min(len(_TITLES), 3 + world.size // 3)):
            guests = rng.sample(world.people[1:], rng.randint(0, 2))
            world.state.insert(
                "events",
                title=title,
                day=world.days_ago(-rng.randint(0, 9)),
                start=f"{rng.randint(8, 17):02}:{rng.choice((0, 30)):02}",
                minutes=rng.choice((30, 45, 60, 90)),
                place=rng.choice(_ROOMS),
                guests=sorted(guest.email for guest in guests),
            )

    @tool
    def list_events(self, first_day: date, last_day: date | None = None) -> str:
        """Show the appointments of a day or of several, in order.

        Args:
            first_day: as 2025-03-31.
        """
        first, last = first_day.isoformat(), (last_day or first_day).isoformat()
        found = [row for row in self.world.state.find("events") if first <= row["day"] <= last]
        return show(*sorted(found, key=_when), empty="Nothing is planned.")

    @tool
    def search_events(self, text: str) -> str:
        """Find appointments, past and to come, by part of the title, place or a guest's address."""
        wanted = text.casefold().strip()
        found = self.world.state.find("events")
        fitting = (row for row in found if wanted in f"{row['title']} {row['place']} {row['guests']}".casefold())
        return show(*sorted(fitting, key=_when))

    @tool
    def create_event(
        self,
        title: str,
        day: date,
        start: time,
        minutes: Minutes,
        place: str | None = None,
        guests: list[str] | None = None,
    ) -> str:
        """Add an appointment.

        Args:
            start: as 14:30.
            guests: e-mail addresses.
        """
        self._check_free(day.isoformat(), f"{start:%H:%M}", minutes)
        id = self.world.state.insert(
            "events",
            title=title,
            day=day.isoformat(),
            start=f"{start:%H:%M}",
            minutes=minutes,
            place=place,
            guests=_addresses(guests or []),
        )
        return show(self.world.state.get("events", id, "appointment"))

    @tool
    def move_event(self, event_id: str, day: date, start: time) -> str:
        """Move an appointment to another day or time."""
        row = self.world.state.get("events", event_id, "appointment")
        self._check_free(day.isoformat(), f"{start:%H:%M}", row["minutes"], but=event_id)
        self.world.state.update("events", event_id, day=day.isoformat(), start=f"{start:%H:%M}")
        return show(self.world.state.get("events", event_id, "appointment"))

    @tool
    def invite_guests(self, event_id: str, guests: list[str]) -> str:
        """Add people to an appointment, by e-mail address."""
        row = self.world.state.get("events", event_id, "appointment")
        self.world.state.update("events", event_id, guests=_addresses([*row["guests"], *guests]))
        return show(self.world.state.get("events", event_id, "appointment"))

    @tool
    def cancel_event(self, event_id: str) -> str:
        """Remove an appointment."""
        row = self.world.state.get("events", event_id, "appointment")
        self.world.state.delete("events", event_id)
        return f"Cancelled {row['title']} on {row['day']}."

    def _check_free(self, day: str, start: str, minutes: int, but: str = "") -> None:
        begin = _minute(start)
        for row in self.world.state.find("events", day=day):
            overlaps = begin < _minute(row["start"]) + row["minutes"] and _minute(row["start"]) < begin + minutes
            if row["id"] != but and overlaps:
                raise ToolError(
                    f"That overlaps {row['title']} ({row['id']}, {row['start']}, {row['minutes']} minutes)."
                )


def _when(row: Row) -> tuple[str, str]:
    return row["day"], row["start"]


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _addresses(guests: list[str]) -> list[str]:
    if wrong := [guest for guest in guests if "@" not in guest]:
        raise ToolError(f"{wrong[0][:60]!r} is no e-mail address: look it up in the contacts.")
    return sorted(set(guests))
