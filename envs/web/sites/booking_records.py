"""The booking site's records: what it starts with, and what is read out of them."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from envs.records import Row
from envs.web.sites.base import Site
from envs.web.sites.booking_content import KINDS, make_places, make_rooms, taken_hours
from envs.web.sites.fields import as_date
from envs.web.sites.names import full_names

__all__ = ["AHEAD_DAYS", "BookingRecords"]

AHEAD_DAYS = 60
"""How far ahead a room can be booked; the first day is tomorrow."""
_PLACES, _MOST_PLACES = 6, 60


class BookingRecords(Site):
    """Rooms that the user books by the hour. Money is in cents, times are whole hours."""

    name = "booking"
    free = {"bookings": {"note", "review"}}

    def fill(self) -> None:
        state = self.state
        state.create("places", "plc", ("name", "address", "phone", "opens", "closes", "on_sundays?"))
        state.create("rooms", "rom", ("name", "place_id", "kind", "people", "rate", "equipment[]", "rating"))
        state.create("series", "ser", ("room_id", "every", "times"))
        columns = "room_id day start hours people title extras[] note price status series_id stars review"
        state.create("bookings", "bkg", columns.split())
        state.create("favourites", "fav", ("room_id",))
        self.brand = self.rng.choice(("Roomwise", "Slotly", "BookaSpace", "Freehour"))
        self.user = full_names(self.rng, 1, self.novel)[0]
        make_places(state, self.rng, min(_PLACES * self.size, _MOST_PLACES))
        make_rooms(state, self.rng)
        self.places = {row["id"]: row for row in state.find("places")}
        self.rooms = {row["id"]: row for row in state.find("rooms")}
        """Places and rooms by id; they never change."""
        self._dice = self.rng.random()
        self._taken: dict[tuple[str, str], frozenset[int]] = {}
        self._fill_bookings()
        for room_id in self.rng.sample(list(self.rooms), 3):
            state.insert("favourites", room_id=room_id)

    def _fill_bookings(self) -> None:
        """What the user has booked: in the past, to come, cancelled, and one weekly series that is under way."""
        rng = self.rng
        ahead = [0, 1, *rng.sample(range(2, 28), rng.randint(4, 6))]
        for days in sorted([-rng.randint(2, 160) for _ in range(rng.randint(9, 14))] + ahead):
            rated = days < 0 and rng.random() < 0.3
            cancelled = days != 0 and rng.random() < 0.15
            more = {"status": "cancelled"} if cancelled else {"stars": rng.randint(3, 5)} if rated else {}
            self._fill_booking(*self._find_slot(days), **more)
        while True:
            first = rng.randint(1, 6) - 7 * rng.randint(1, 2)
            room, day, start, hours = self._find_slot(first)
            days = self.series_dates(day, 1, 5)
            if all(self.is_free(room, day, start, hours) for day in days):
                break
        series = self.state.insert("series", room_id=room["id"], every=1, times=len(days))
        title, people = rng.choice(KINDS[room["kind"]].titles), rng.randint(2, room["people"])
        for day in days:
            self._fill_booking(room, day, start, hours, series_id=series, title=title, people=people, extras=[])

    def _find_slot(self, days: int) -> tuple[Row, str, int, int]:
        """A room with day, start and hours at which it is free, so many days from today."""
        day = (self.today + timedelta(days)).isoformat()
        while True:
            room, hours = self.rng.choice(list(self.rooms.values())), self.rng.choice((1, 1, 2, 2, 3))
            start = self.rng.randint(8, 17)
            if self.is_free(room, day, start, hours):
                return room, day, start, hours

    def _fill_booking(self, room: Row, day: str, start: int, hours: int, **more: Any) -> None:
        rng, kind = self.rng, KINDS[room["kind"]]
        given = {"title": rng.choice(kind.titles), "people": rng.randint(1, room["people"]), "status": "confirmed"}
        extras = sorted(rng.sample(sorted(kind.extras), rng.choice((0, 0, 1))))
        given |= {"extras": extras, "note": "", "series_id": None, "stars": None, "review": ""} | more
        price = self.price(room, hours, given["extras"])
        self.state.insert("bookings", room_id=room["id"], day=day, start=start, hours=hours, price=price, **given)

    def title(self, room: Row) -> str:
        """A room's full name, which no other has: `Birch Room, Mill House`."""
        return f"{room['name']}, {self.places[room['place_id']]['name']}"

    def open_hours(self, room: Row, day: str) -> range:
        """The hours of a day at which a booking of this room can begin; none where the place is closed."""
        place = self.places[room["place_id"]]
        closed = date.fromisoformat(day).weekday() == 6 and not place["on_sundays"]
        return range(0) if closed else range(place["opens"], place["closes"])

    def taken(self, room: Row, day: str) -> frozenset[int]:
        """The hours that other people have taken; always the same for the same room and day."""
        key = room["id"], day
        if key not in self._taken:
            place = self.places[room["place_id"]]
            rng = random.Random(f"{self._dice}/{key}")
            self._taken[key] = frozenset(taken_hours(rng, place["opens"], place["closes"]))
        return self._taken[key]

    def own_hours(self, room_id: str, day: str) -> dict[int, str]:
        """{hour: the user's booking of the room at this hour}"""
        rows = self.state.find("bookings", room_id=room_id, day=day, status="confirmed")
        return {hour: row["id"] for row in rows for hour in range(row["start"], row["start"] + row["hours"])}

    def is_free(self, room: Row, day: str, start: int, hours: int, but_for: str = "") -> bool:
        """Whether the place is open and nobody has the room; `but_for` is a booking that gives way."""
        wanted = set(range(start, start + hours))
        own = {hour for hour, booking in self.own_hours(room["id"], day).items() if booking != but_for}
        return wanted <= set(self.open_hours(room, day)) - self.taken(room, day) - own

    def bookable(self, day: date) -> bool:
        """Whether the day is near enough, and not before tomorrow."""
        return self.today < day <= self.today + timedelta(AHEAD_DAYS)

    def price(self, room: Row, hours: int, extras: Sequence[str]) -> int:
        """What a booking costs."""
        return room["rate"] * hours + sum(KINDS[room["kind"]].extras[extra] for extra in extras)

    def changeable(self, booking: Row) -> bool:
        """Whether a booking can still be moved, changed or cancelled: it is not cancelled, and after today."""
        return booking["status"] == "confirmed" and booking["day"] > self.today.isoformat()

    def series_dates(self, day: str, every: int, times: int) -> list[str]:
        """The days of a series that begins on `day` and comes `times` times, every so many weeks."""
        first = as_date(day)
        return [(first + timedelta(7 * every * time)).isoformat() for time in range(times)]
