"""A company's cars. No training task has it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Fleet"]

_MODELS = (
    ("Voltera", 5, True),
    ("Cargo Max", 3, False),
    ("Minibus Nine", 9, False),
    ("Pico", 4, True),
    ("Terra", 5, False),
)


class Fleet(Service):
    """Vehicles, their reservations, services and drivers' permits."""

    tables = {
        "vehicles": ("veh", ("plate", "model", "seats", "electric?", "kilometres", "next_service", "status")),
        "drivers": ("drv", ("name", "email", "permit", "permit_until")),
        "reservations": ("rsv", ("vehicle_id", "driver_id", "day", "purpose")),
        "workshop_visits": ("wsv", ("vehicle_id", "day", "work")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        for number in rng.sample(range(100, 999), 3 + world.size // 3):
            model, seats, electric = rng.choice(_MODELS)
            driven = rng.randint(5, 140) * 1000
            state.insert(
                "vehicles",
                plate=f"KX {number}",
                model=model,
                seats=seats,
                electric=electric,
                kilometres=driven,
                next_service=driven + rng.choice((-500, 800, 4000, 9000)),
                status=rng.choice(("ready", "ready", "ready", "defect")),
            )
        for person in world.people[1:]:
            state.insert(
                "drivers",
                name=person.name,
                email=person.email,
                permit=rng.choice(("car", "car", "bus")),
                permit_until=world.days_ago(rng.randint(-400, 40)),
            )
        vehicles, drivers = state.find("vehicles"), state.find("drivers")
        for _ in range(2 + world.size // 2):
            vehicle, day = rng.choice(vehicles)["id"], world.days_ago(-rng.randint(1, 7))
            if not state.find("reservations", vehicle_id=vehicle, day=day):
                driver = rng.choice(drivers)["id"]
                state.insert("reservations", vehicle_id=vehicle, driver_id=driver, day=day, purpose="customer visit")

    @tool
    def list_vehicles(self, min_seats: int = 1, status: Literal["ready", "defect"] | None = None) -> str:
        """Show the vehicles."""
        found = self.world.state.find("vehicles", **({"status": status} if status else {}))
        return show(*(row for row in found if row["seats"] >= min_seats))

    @tool
    def find_drivers(self, name: str) -> str:
        """Find drivers by part of their name, with their permits."""
        found = self.world.state.find("drivers")
        return show(*(row for row in found if name.casefold().strip() in row["name"].casefold()))

    @tool
    def list_reservations(self, day: date | None = None, vehicle_id: str | None = None) -> str:
        """Show who has which vehicle."""
        asked = {"day": day and day.isoformat(), "vehicle_id": vehicle_id}
        found = self.world.state.find("reservations", **{k: v for k, v in asked.items() if v})
        return show(*found, empty="No reservations.")

    @tool
    def reserve_vehicle(
        self, vehicle_id: str, driver_id: str, day: date, purpose: Literal["customer visit", "transport", "training"]
    ) -> str:
        """Reserve a vehicle for a day."""
        vehicle = self.world.state.get("vehicles", vehicle_id, "vehicle")
        self.world.state.get("drivers", driver_id, "driver")
        if vehicle["status"] != "ready":
            raise ToolError(f"{vehicle['plate']} is {vehicle['status']}.")
        if self.world.state.find("reservations", vehicle_id=vehicle_id, day=day.isoformat()):
            raise ToolError(f"{vehicle['plate']} is reserved on {day}.")
        id = self.world.state.insert(
            "reservations", vehicle_id=vehicle_id, driver_id=driver_id, day=day.isoformat(), purpose=purpose
        )
        return show(self.world.state.get("reservations", id, "reservation"))

    @tool
    def release_vehicle(self, reservation_id: str) -> str:
        """End a reservation."""
        self.world.state.get("reservations", reservation_id, "reservation")
        self.world.state.delete("reservations", reservation_id)
        return f"Released {reservation_id}."

    @tool
    def report_defect(self, vehicle_id: str) -> str:
        """Take a vehicle out of use."""
        self.world.state.get("vehicles", vehicle_id, "vehicle")
        self.world.state.update("vehicles", vehicle_id, status="defect")
        return f"{vehicle_id} is out of use."

    @tool
    def book_workshop(self, vehicle_id: str, day: date, work: Literal["service", "repair", "tyres"]) -> str:
        """Send a vehicle to the workshop for a day."""
        self.world.state.get("vehicles", vehicle_id, "vehicle")
        if self.world.state.find("reservations", vehicle_id=vehicle_id, day=day.isoformat()):
            raise ToolError(f"{vehicle_id} is reserved on {day}: release it first.")
        id = self.world.state.insert("workshop_visits", vehicle_id=vehicle_id, day=day.isoformat(), work=work)
        return show(self.world.state.get("workshop_visits", id, "visit"))

    @tool
    def log_kilometres(self, vehicle_id: str, kilometres: Annotated[int, Field(ge=0, le=2_000_000)]) -> str:
        """Enter what the meter shows."""
        vehicle = self.world.state.get("vehicles", vehicle_id, "vehicle")
        if kilometres < vehicle["kilometres"]:
            raise ToolError(f"The meter showed {vehicle['kilometres']} before: it cannot go back.")
        self.world.state.update("vehicles", vehicle_id, kilometres=kilometres)
        return show(self.world.state.get("vehicles", vehicle_id, "vehicle"))
