"""What may be done on the booking site."""

from collections.abc import Sequence
from datetime import date

from envs.records import Row
from envs.web.sites.base import Refused, operation
from envs.web.sites.booking_content import KINDS
from envs.web.sites.booking_records import AHEAD_DAYS, BookingRecords
from envs.web.sites.fields import as_date, find_row, nice_date

__all__ = ["MOST_HOURS", "MOST_TIMES", "BookingOperations"]

MOST_HOURS, MOST_TIMES = 4, 8


class BookingOperations(BookingRecords):
    """The records with their operations."""

    @operation
    def book(
        self,
        room_id: str,
        day: str,
        start: int,
        hours: int,
        people: int,
        title: str,
        extras: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """Book a room once.

        Args:
            day: YYYY-MM-DD.
            start: the hour at which it begins, from 0.
            extras: some of `KINDS[kind].extras`.
        """
        self._check_details(self.rooms[room_id], people, title, extras)
        self._check_slot(self.rooms[room_id], day, start, hours)
        self._insert(room_id, day, start, hours, people, title, extras, note, None)

    @operation
    def book_series(
        self,
        room_id: str,
        day: str,
        start: int,
        hours: int,
        people: int,
        title: str,
        every: int,
        times: int,
        extras: Sequence[str] = (),
        note: str = "",
        skip_taken: bool = False,
    ) -> None:
        """Book a room `times` times, every so many weeks.

        Args:
            every: 1 or 2.
            skip_taken: leave out the days on which it is not free; else one such day refuses the whole.
        """
        room = self.rooms[room_id]
        self._check_details(room, people, title, extras)
        if every not in (1, 2) or not 2 <= times <= MOST_TIMES:
            raise Refused(f"A booking can be repeated 2 to {MOST_TIMES} times, every week or every two weeks.")
        self._check_slot(room, day, start, hours)
        days = self.series_dates(day, every, times)
        if too_far := [day for day in days if not self.bookable(date.fromisoformat(day))]:
            raise Refused(f"Rooms can be booked {AHEAD_DAYS} days ahead; {nice_date(too_far[0])} is too far.")
        lost = [day for day in days if not self.is_free(room, day, start, hours)]
        if lost and not skip_taken:
            raise Refused(f"Not free at this time: {'; '.join(map(nice_date, lost))}. Nothing was booked.")
        series = self.state.insert("series", room_id=room_id, every=every, times=times)
        for day in days:
            if day not in lost:
                self._insert(room_id, day, start, hours, people, title, extras, note, series)

    @operation
    def move_booking(self, booking_id: str, day: str, start: int) -> None:
        """Move a booking to another free time of its room."""
        booking = self._changeable(booking_id)
        self._check_slot(self.rooms[booking["room_id"]], day, start, booking["hours"], booking_id)
        self.state.update("bookings", booking_id, day=as_date(day).isoformat(), start=start)

    @operation
    def change_booking(self, booking_id: str, people: int, title: str, extras: Sequence[str], note: str) -> None:
        """Change the details of a booking; its price follows the extras."""
        booking = self._changeable(booking_id)
        room = self.rooms[booking["room_id"]]
        self._check_details(room, people, title, extras)
        changed = {"people": people, "title": title.strip(), "extras": sorted(extras), "note": note.strip()}
        self.state.update("bookings", booking_id, price=self.price(room, booking["hours"], extras), **changed)

    @operation
    def cancel_booking(self, booking_id: str) -> None:
        """Cancel a booking; possible until the day before."""
        self._changeable(booking_id)
        self.state.update("bookings", booking_id, status="cancelled")

    @operation
    def cancel_series(self, series_id: str) -> None:
        """Cancel all bookings of a series that are after today."""
        coming = [row for row in self.state.find("bookings", series_id=series_id) if self.changeable(row)]
        if not coming:
            raise Refused("There is nothing left to cancel in this series.")
        for row in coming:
            self.state.update("bookings", row["id"], status="cancelled")

    @operation
    def rate_visit(self, booking_id: str, stars: int, review: str = "") -> None:
        """Give a past booking 1 to 5 stars and a comment, in place of the rating before."""
        booking = find_row(self.state, "bookings", booking_id)
        if booking["status"] == "cancelled" or booking["day"] >= self.today.isoformat():
            raise Refused("Only a past visit can be rated.")
        if not 1 <= stars <= 5:
            raise Refused("Please give 1 to 5 stars.")
        self.state.update("bookings", booking_id, stars=stars, review=review.strip())

    @operation
    def add_favourite(self, room_id: str) -> None:
        """Remember a room."""
        if not self.state.find("favourites", room_id=room_id):
            self.state.insert("favourites", room_id=self.rooms[room_id]["id"])

    @operation
    def remove_favourite(self, room_id: str) -> None:
        """Forget a room."""
        for row in self.state.find("favourites", room_id=room_id):
            self.state.delete("favourites", row["id"])

    def _insert(
        self,
        room_id: str,
        day: str,
        start: int,
        hours: int,
        people: int,
        title: str,
        extras: Sequence[str],
        note: str,
        series_id: str | None,
    ) -> None:
        self.state.insert(
            "bookings",
            room_id=room_id,
            day=as_date(day).isoformat(),
            start=start,
            hours=hours,
            people=people,
            title=title.strip(),
            extras=sorted(extras),
            note=note.strip(),
            price=self.price(self.rooms[room_id], hours, extras),
            status="confirmed",
            series_id=series_id,
            stars=None,
            review="",
        )

    def _changeable(self, booking_id: str) -> Row:
        booking = find_row(self.state, "bookings", booking_id)
        if booking["status"] == "cancelled":
            raise Refused("This booking is cancelled.")
        if not self.changeable(booking):
            raise Refused("A booking can be changed or cancelled until the day before.")
        return booking

    def _check_details(self, room: Row, people: int, title: str, extras: Sequence[str]) -> None:
        if not title.strip():
            raise Refused("Please give the booking a title.")
        if not 1 <= people <= room["people"]:
            raise Refused(f"{self.title(room)} is for 1 to {room['people']} people.")
        if unknown := [extra for extra in extras if extra not in KINDS[room["kind"]].extras]:
            raise Refused(f"{unknown[0][:40]} cannot be booked with this room.")

    def _check_slot(self, room: Row, day: str, start: int, hours: int, but_for: str = "") -> None:
        when = as_date(day)
        if not self.bookable(when):
            raise Refused(f"Rooms can be booked from tomorrow to {AHEAD_DAYS} days ahead.")
        if not 1 <= hours <= MOST_HOURS:
            raise Refused(f"A booking takes 1 to {MOST_HOURS} hours.")
        if not self.is_free(room, when.isoformat(), start, hours, but_for):
            until = f"{start}:00 to {start + hours}:00"
            raise Refused(f"{self.title(room)} is not free on {nice_date(when)} from {until}.")
