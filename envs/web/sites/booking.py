"""The booking site: rooms of a chain of places, their free hours, and the user's bookings.

Pages. Every page has the links Find a room, Places, Calendar, My bookings, Favourites, Help. A room's link is its full
name, `Birch Room, Mill House` (`title(room)`); a day reads `Mon 6 Jan 2025`, an hour `09:00`.

- `/`: a search form (selects Place, Kind; fields Date, People; button Find rooms), the next bookings, kinds of rooms.
- `/rooms?place=&kind=&day=&start=&hours=&people=&most=&equipment=&sort=&page=`: the rooms, 8 a page, with the filters:
  selects Place, Kind, From, Hours, Sort (sends the form at once); fields Date, People, Price up to ($ an hour);
  checkboxes of the kind's equipment (`equipment` may come several times); button Apply. With Date only rooms that are
  free on that day, for Hours, at From where that is given.
- `/rooms/ROOM?week=&move=`: details, button Add to favourites or Remove from favourites, and the week as a table: a row
  per day, a link `09:00` per free hour, `-` for a taken one, own bookings as links `yours 09:00`; links Previous week,
  Next week; field Go to date with the button Show. With `move`, the hours lead to moving that booking.
- `/rooms/ROOM/book?day=&start=`: Title, Hours, People, checkboxes of extras such as `Balls ($4)`, Repeat (Does not
  repeat, Every week, Every two weeks; with one of these the fields Times and Skip dates that are taken appear), Note;
  button Book.
- `/places`, `/places/PLACE`: opening hours, phone, the rooms in a table.
- `/calendar?month=YYYY-MM`: the user's bookings as links `09:00 TITLE`; links Previous month, Next month.
- `/bookings?show=upcoming|past|cancelled&q=&page=`: links Upcoming, Past, Cancelled; field Search my bookings, button
  Search; a table, 8 a page, each booking a link with its title.
- `/bookings/BOOKING`: links Move, Change details; button Cancel booking, which opens a dialog with the buttons Yes,
  cancel and Keep it; for a series Cancel the whole series, with Yes, cancel all; for a past booking the radios `1 star`
  to `5 stars`, Comment and the button Save rating.
- `/bookings/BOOKING/edit`: Title, People, extras, Note; button Save changes.
- `/bookings/BOOKING/move?day=&start=`: button Move booking, link Another time.
- `/favourites` (button `Remove ROOM`), `/help`: the rules and the prices of extras.

Operations (see `BookingOperations`): `book book_series move_booking change_booking cancel_booking cancel_series
rate_visit add_favourite remove_favourite`. Tables: places, rooms, series, bookings, favourites.
"""

from datetime import date, timedelta
from typing import Any

from envs.records import Row
from envs.web.sites.base import Refused
from envs.web.sites.booking_content import KINDS
from envs.web.sites.booking_operations import MOST_HOURS, MOST_TIMES, BookingOperations
from envs.web.sites.booking_records import AHEAD_DAYS
from envs.web.sites.fields import as_date, dollars, find_row, nice_date
from envs.web.sites.pages import go, number, paged, routes, show

__all__ = ["Booking"]

_PER_PAGE = 8
_SORTS = {
    "Best rated": lambda room: (-room["rating"], room["id"]),
    "Price, lowest first": lambda room: (room["rate"], room["id"]),
    "Price, highest first": lambda room: (-room["rate"], room["id"]),
    "Largest first": lambda room: (-room["people"], room["id"]),
}
_REPEATS = {"Does not repeat": 0, "Every week": 1, "Every two weeks": 2}


class Booking(BookingOperations):
    """The booking site with its pages."""

    KINDS, SORTS, REPEATS = KINDS, tuple(_SORTS), tuple(_REPEATS)
    AHEAD_DAYS, MOST_HOURS, MOST_TIMES = AHEAD_DAYS, MOST_HOURS, MOST_TIMES
    dollars, nice_date = staticmethod(dollars), staticmethod(nice_date)

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /rooms": self._rooms,
                "GET /rooms/{room}": self._room,
                "GET /rooms/{room}/book": self._book_form,
                "POST /rooms/{room}/book": self._book,
                "POST /rooms/{room}/favourite": self._favourite,
                "GET /places": self._places,
                "GET /places/{place}": self._place,
                "GET /calendar": self._calendar,
                "GET /bookings": self._bookings,
                "GET /bookings/{booking}": self._booking,
                "GET /bookings/{booking}/edit": self._edit_form,
                "POST /bookings/{booking}/edit": self._edit,
                "GET /bookings/{booking}/move": self._move_form,
                "POST /bookings/{booking}/move": self._move,
                "POST /bookings/{booking}/cancel": self._cancel,
                "POST /bookings/{booking}/rate": self._rate,
                "POST /series/{series}/cancel": self._cancel_series,
                "GET /favourites": self._favourites,
                "GET /help": self._help,
            }
        )

    @staticmethod
    def hour(start: int) -> str:
        """An hour of the day as pages print it: 09:00."""
        return f"{start:02d}:00"

    def times(self, booking: Row) -> str:
        """When in the day a booking is: 09:00 to 11:00."""
        return f"{self.hour(booking['start'])} to {self.hour(booking['start'] + booking['hours'])}"

    def select(self, show_what: str) -> list[Row]:
        """The bookings that are upcoming, past or cancelled; what is nearest to today comes first."""
        now = self.today.isoformat()
        rows = sorted(self.state.find("bookings"), key=lambda row: (row["day"], row["start"]))
        kept = [row for row in rows if row["status"] == "confirmed"]
        if show_what == "upcoming":
            return [row for row in kept if row["day"] >= now]
        if show_what == "past":
            return [row for row in reversed(kept) if row["day"] < now]
        return [row for row in reversed(rows) if row["status"] == "cancelled"]

    async def _home(self, request):
        best = sorted(self.rooms.values(), key=_SORTS["Best rated"])[:4]
        return show(self, request, "home.html", coming=self.select("upcoming")[:3], best=best)

    async def _rooms(self, request):
        asked = request.query_params
        room = sorted(self.rooms.values(), key=_SORTS.get(asked.get("sort", ""), _SORTS["Best rated"]))
        found = [one for one in room if self._fits(one, asked)]
        kind = KINDS.get(asked.get("kind", ""))
        equipment = kind.equipment if kind else sorted(set.intersection(*(set(k.equipment) for k in KINDS.values())))
        return show(self, request, "rooms.html", found=paged(request, found, _PER_PAGE), equipment=equipment)

    def _fits(self, room: Row, asked: Any) -> bool:
        place = self.places[room["place_id"]]["name"]
        if asked.get("place", "") not in ("", place) or asked.get("kind", "") not in ("", room["kind"]):
            return False
        if room["people"] < number(asked.get("people"), 0) or room["rate"] > 100 * number(asked.get("most"), 10**7):
            return False
        if not set(asked.getlist("equipment")) <= set(room["equipment"]):
            return False
        if not asked.get("day"):
            return True
        day, hours = as_date(asked["day"]).isoformat(), min(number(asked.get("hours"), 1), MOST_HOURS)
        starts = [number(asked["start"][:2], -1)] if asked.get("start") else self.open_hours(room, day)
        return self.bookable(as_date(day)) and any(self.is_free(room, day, start, hours) for start in starts)

    async def _room(self, request):
        room = self.rooms[request.path_params["room"]]
        moved = request.query_params.get("move", "")
        booking = find_row(self.state, "bookings", moved) if moved else None
        around = as_date(request.query_params.get("week"), self.today + timedelta(1))
        around = min(max(around, self.today), self.today + timedelta(AHEAD_DAYS))
        monday = around - timedelta(around.weekday())
        days = [self._day(room, monday + timedelta(n), booking) for n in range(7)]
        reviews = [row for row in self.state.find("bookings", room_id=room["id"]) if row["stars"]]
        values = {"room": room, "monday": monday, "days": days, "booking": booking, "reviews": reviews}
        values["earlier"] = monday - timedelta(1) if monday > self.today else None
        values["later"] = monday + timedelta(7) if monday + timedelta(7) <= self.today + timedelta(AHEAD_DAYS) else None
        values["is_favourite"] = bool(self.state.find("favourites", room_id=room["id"]))
        return show(self, request, "room.html", **values)

    def _day(self, room: Row, day: date, moved: Row | None) -> dict[str, Any]:
        """One row of the week: each hour with the state `free`, `yours` or `taken`."""
        text, own, cells = day.isoformat(), self.own_hours(room["id"], day.isoformat()), []
        for hour in self.open_hours(room, text):
            if hour in own:
                cells.append((hour, "yours", own[hour]))
            else:
                free = self.bookable(day) and self.is_free(
                    room, text, hour, moved["hours"] if moved else 1, moved["id"] if moved else ""
                )
                cells.append((hour, "free" if free else "taken", None))
        return {"day": text, "cells": cells, "past": not self.bookable(day)}

    async def _book_form(self, request):
        room, asked = self.rooms[request.path_params["room"]], request.query_params
        day, start = as_date(asked.get("day")).isoformat(), number(asked.get("start"), -1)
        most = max((n for n in range(1, MOST_HOURS + 1) if self.is_free(room, day, start, n)), default=0)
        if not most:
            raise Refused("This time is not free.")
        return show(self, request, "book.html", room=room, day=day, start=start, most=most)

    async def _book(self, request):
        form, room = await request.form(), request.path_params["room"]
        given = {
            "day": form.get("day", ""),
            "start": number(form.get("start"), -1),
            "hours": number(form.get("hours"), 0),
            "people": number(form.get("people"), 0),
            "title": form.get("title", ""),
            "extras": form.getlist("extras"),
            "note": form.get("note", ""),
        }
        if every := _REPEATS.get(form.get("repeat", ""), 0):
            skip = "skip_taken" in form
            self.book_series(room, **given, every=every, times=number(form.get("times"), 0), skip_taken=skip)
            return go("/bookings", "Your series is booked.")
        self.book(room, **given)
        return go(f"/bookings/{self.state.find('bookings')[-1]['id']}", "Your room is booked.")

    async def _favourite(self, request):
        room = request.path_params["room"]
        if "remove" in await request.form():
            self.remove_favourite(room)
            return go("/favourites", "Removed from your favourites.")
        self.add_favourite(room)
        return go(f"/rooms/{room}", "Added to your favourites.")

    async def _places(self, request):
        return show(self, request, "places.html", found=paged(request, list(self.places.values()), 12))

    async def _place(self, request):
        place = self.places[request.path_params["place"]]
        rooms = [room for room in self.rooms.values() if room["place_id"] == place["id"]]
        return show(self, request, "place.html", place=place, rooms=rooms)

    async def _calendar(self, request):
        first = as_date(f"{request.query_params.get('month', '')}-01", self.today).replace(day=1)
        after = (first + timedelta(31)).replace(day=1)
        start = first - timedelta(first.weekday())
        weeks = [
            [start + timedelta(7 * week + day) for day in range(7)] for week in range(-(-(after - start).days // 7))
        ]
        booked: dict[str, list[Row]] = {}
        for row in sorted(self.state.find("bookings", status="confirmed"), key=lambda row: row["start"]):
            booked.setdefault(row["day"], []).append(row)
        before = (first - timedelta(1)).replace(day=1)
        values = {"first": first, "before": before, "after": after, "weeks": weeks, "booked": booked}
        return show(self, request, "calendar.html", **values)

    async def _bookings(self, request):
        chosen, q = request.query_params.get("show", "upcoming"), request.query_params.get("q", "").strip().lower()
        rows = [
            row
            for row in self.select(chosen)
            if q in f"{row['title']} {self.title(self.rooms[row['room_id']])}".lower()
        ]
        return show(self, request, "bookings.html", found=paged(request, rows, _PER_PAGE), chosen=chosen, q=q)

    def _words(self, booking: Row) -> str:
        return f"{booking['title']} {self.title(self.rooms[booking['room_id']])}".lower()

    def _asked_booking(self, request) -> dict[str, Row]:
        booking = find_row(self.state, "bookings", request.path_params["booking"])
        return {"booking": booking, "room": self.rooms[booking["room_id"]]}

    async def _booking(self, request):
        found = self._asked_booking(request)
        series = found["booking"]["series_id"]
        others = self.state.find("bookings", series_id=series) if series else []
        return show(self, request, "booking.html", **found, others=others)

    async def _edit_form(self, request):
        return show(self, request, "edit.html", **self._asked_booking(request))

    async def _edit(self, request):
        form, booking = await request.form(), request.path_params["booking"]
        people = number(form.get("people"), 0)
        self.change_booking(booking, people, form.get("title", ""), form.getlist("extras"), form.get("note", ""))
        return go(f"/bookings/{booking}", "Your changes are saved.")

    async def _move_form(self, request):
        day, start = as_date(request.query_params.get("day")), number(request.query_params.get("start"), -1)
        return show(self, request, "move.html", **self._asked_booking(request), day=day.isoformat(), start=start)

    async def _move(self, request):
        form, booking = await request.form(), request.path_params["booking"]
        self.move_booking(booking, form.get("day", ""), number(form.get("start"), -1))
        return go(f"/bookings/{booking}", "Your booking was moved.")

    async def _cancel(self, request):
        booking = request.path_params["booking"]
        self.cancel_booking(booking)
        return go(f"/bookings/{booking}", "Your booking is cancelled.")

    async def _rate(self, request):
        form, booking = await request.form(), request.path_params["booking"]
        self.rate_visit(booking, number(form.get("stars"), 0), form.get("review", ""))
        return go(f"/bookings/{booking}", "Thank you for your rating.")

    async def _cancel_series(self, request):
        self.cancel_series(request.path_params["series"])
        return go("/bookings", "The series is cancelled.")

    async def _favourites(self, request):
        rooms = [self.rooms[row["room_id"]] for row in self.state.find("favourites")]
        return show(self, request, "favourites.html", rooms=rooms)

    async def _help(self, request):
        return show(self, request, "help.html")
