"""Flights and hotels."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["CITIES", "Travel"]

CITIES = ("Berlin", "Lisbon", "Oslo", "Vienna", "Dublin", "Athens", "Prague", "Madrid", "Zagreb", "Helsinki")
_AIRLINES = ("Alba Air", "Norda", "Solwings")
_HOTELS = ("Astoria", "Harbour House", "Linden", "Old Mill", "Parkside", "Station Inn")
Seats = Annotated[int, Field(ge=1, le=9)]


class Travel(Service):
    """Flights between cities on the coming days, hotels, and the user's bookings. Prices are in EUR."""

    tables = {
        "flights": ("flt", ("airline", "origin", "destination", "day", "departs", "price", "seats", "refundable?")),
        "hotels": ("htl", ("name", "city", "price", "rooms", "stars", "breakfast?")),
        "flight_bookings": ("fbk", ("flight_id", "seats", "cabin", "total", "status")),
        "hotel_bookings": ("hbk", ("hotel_id", "first_day", "nights", "guests", "total", "status")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        cities = rng.sample(CITIES, 4)
        for _ in range(world.size):
            origin, destination = rng.sample(cities, 2)
            state.insert(
                "flights",
                airline=rng.choice(_AIRLINES),
                origin=origin,
                destination=destination,
                day=world.days_ago(-rng.randint(2, 12)),
                departs=f"{rng.randint(6, 21):02}:{rng.choice((5, 20, 35, 50)):02}",
                price=float(rng.randint(49, 390)),
                seats=rng.randint(1, 9),
                refundable=rng.random() < 0.5,
            )
        for city in cities:
            for name in rng.sample(_HOTELS, 2 + world.size // 8):
                state.insert(
                    "hotels",
                    name=name,
                    city=city,
                    price=float(rng.randint(55, 240)),
                    rooms=rng.randint(1, 6),
                    stars=rng.randint(2, 5),
                    breakfast=rng.random() < 0.5,
                )
        for flight in rng.sample(state.find("flights"), 2):
            total = flight["price"]
            state.insert(
                "flight_bookings", flight_id=flight["id"], seats=1, cabin="economy", total=total, status="confirmed"
            )
        hotel = rng.choice(state.find("hotels"))
        state.insert(
            "hotel_bookings",
            hotel_id=hotel["id"],
            first_day=world.days_ago(-rng.randint(3, 20)),
            nights=2,
            guests=1,
            total=2 * hotel["price"],
            status="confirmed",
        )

    @tool
    def search_flights(self, origin: str, destination: str, day: date | None = None) -> str:
        """Find flights between two cities, cheapest first; the price is for one seat in economy."""
        where = {"origin": origin.strip().title(), "destination": destination.strip().title()}
        found = self.world.state.find("flights", **where, **({"day": day.isoformat()} if day else {}))
        return show(*sorted(found, key=lambda row: (row["price"], row["id"])), empty="No flights found.")

    @tool
    def book_flight(self, flight_id: str, seats: Seats = 1, cabin: Literal["economy", "business"] = "economy") -> str:
        """Book seats on a flight; business costs three times as much."""
        flight = self.world.state.get("flights", flight_id, "flight")
        if flight["seats"] < seats:
            raise ToolError(f"{flight_id} has {flight['seats']} seats left.")
        total = flight["price"] * seats * (3 if cabin == "business" else 1)
        self.world.state.update("flights", flight_id, seats=flight["seats"] - seats)
        return self._booked("flight_bookings", flight_id=flight_id, seats=seats, cabin=cabin, total=total)

    @tool
    def search_hotels(self, city: str, max_price: float | None = None) -> str:
        """Find hotels of a city, cheapest first; the price is for a room and night."""
        found = self.world.state.find("hotels", city=city.strip().title())
        kept = (row for row in found if max_price is None or row["price"] <= max_price)
        return show(*sorted(kept, key=lambda row: (row["price"], row["id"])), empty="No hotels found.")

    @tool
    def book_hotel(
        self,
        hotel_id: str,
        first_day: date,
        nights: Annotated[int, Field(ge=1, le=30)],
        guests: Annotated[int, Field(ge=1, le=4)] = 1,
    ) -> str:
        """Book a room for one to four guests."""
        hotel = self.world.state.get("hotels", hotel_id, "hotel")
        if first_day < self.world.now.date():
            raise ToolError(f"{first_day} is in the past: today is {self.world.now.date()}.")
        if not hotel["rooms"]:
            raise ToolError(f"{hotel['name']} has no room left.")
        self.world.state.update("hotels", hotel_id, rooms=hotel["rooms"] - 1)
        stay = {"first_day": first_day.isoformat(), "nights": nights, "guests": guests}
        return self._booked("hotel_bookings", hotel_id=hotel_id, **stay, total=hotel["price"] * nights)

    @tool
    def list_bookings(self) -> str:
        """Show the user's bookings of flights and hotels."""
        flights = [
            row | {k: flight[k] for k in ("origin", "destination", "day", "departs", "refundable")}
            for row in self.world.state.find("flight_bookings")
            for flight in self.world.state.find("flights", id=row["flight_id"])
        ]
        hotels = [
            row | {"name": hotel["name"], "city": hotel["city"]}
            for row in self.world.state.find("hotel_bookings")
            for hotel in self.world.state.find("hotels", id=row["hotel_id"])
        ]
        return show(*flights, *hotels)

    @tool
    def change_hotel_booking(
        self,
        booking_id: str,
        first_day: date | None = None,
        nights: Annotated[int, Field(ge=1, le=30)] | None = None,
    ) -> str:
        """Move or lengthen a stay; its total follows."""
        row = self._open("hotel_bookings", booking_id)
        if first_day is None and nights is None:
            raise ToolError("Nothing to change: give first_day or nights.")
        hotel = self.world.state.get("hotels", row["hotel_id"], "hotel")
        day, stay = (first_day.isoformat() if first_day else row["first_day"]), nights or row["nights"]
        self.world.state.update("hotel_bookings", booking_id, first_day=day, nights=stay, total=hotel["price"] * stay)
        return show(self.world.state.get("hotel_bookings", booking_id, "booking"))

    @tool
    def cancel_booking(self, booking_id: str) -> str:
        """Cancel a flight or a stay."""
        table = "hotel_bookings" if booking_id.startswith("hbk") else "flight_bookings"
        row = self._open(table, booking_id)
        self.world.state.update(table, booking_id, status="cancelled")
        if table == "flight_bookings":
            flight = self.world.state.get("flights", row["flight_id"], "flight")
            self.world.state.update("flights", flight["id"], seats=flight["seats"] + row["seats"])
        else:
            hotel = self.world.state.get("hotels", row["hotel_id"], "hotel")
            self.world.state.update("hotels", hotel["id"], rooms=hotel["rooms"] + 1)
        return f"Cancelled {booking_id}."

    def _open(self, table: str, booking_id: str) -> dict:
        row = self.world.state.get(table, booking_id, "booking")
        if row["status"] == "cancelled":
            raise ToolError(f"{booking_id} is cancelled already.")
        return row

    def _booked(self, table: str, **values) -> str:
        id = self.world.state.insert(table, **values, status="confirmed")
        return show(self.world.state.get(table, id, "booking"))
