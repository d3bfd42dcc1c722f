"""A doctors' practice. No training task has it."""

from datetime import date
from typing import Literal

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Clinic"]

_FIELDS = ("skin", "heart", "eyes", "children", "general")
_MEDICINES = ("Calmora", "Dolexin", "Febrinol", "Ocuvita", "Pulmofen", "Sedalux")


class Clinic(Service):
    """The user works at the desk of a practice; patients are people of the world."""

    tables = {
        "patients": ("pat", ("name", "phone", "born", "insurer", "allergy")),
        "doctors": ("doc", ("name", "field", "on_leave?")),
        "slots": ("slt", ("doctor_id", "day", "start", "patient_id", "reason")),
        "prescriptions": ("rxp", ("patient_id", "medicine", "packs", "refills_left", "issued")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        doctors = [
            state.insert("doctors", name=f"Dr. {person.name}", field=field, on_leave=leave)
            for person, field, leave in zip(
                world.people[1:4], rng.sample(_FIELDS, 3), (False, False, True), strict=True
            )
        ]
        patients = [
            state.insert(
                "patients",
                name=person.name,
                phone=person.phone,
                born=f"{rng.randint(1940, 2019)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                insurer=rng.choice(("Aegle", "Medora", "none")),
                allergy=rng.choice((None, None, *_MEDICINES)),
            )
            for person in world.people[4:]
        ]
        times = [(day, hour, half) for day in range(1, 6) for hour in range(8, 16) for half in ("00", "30")]
        for doctor in doctors:
            for day, hour, half in sorted(rng.sample(times, 3 + world.size // 3)):
                state.insert(
                    "slots",
                    doctor_id=doctor,
                    day=world.days_ago(-day),
                    start=f"{hour:02}:{half}",
                    patient_id=rng.choice([*patients, None, None]),
                )
        for patient in rng.sample(patients, min(len(patients), 3 + world.size // 4)):
            state.insert(
                "prescriptions",
                patient_id=patient,
                medicine=rng.choice(_MEDICINES),
                packs=1,
                refills_left=rng.randint(0, 3),
                issued=world.days_ago(rng.randint(10, 200)),
            )

    @tool
    def find_patients(self, name: str) -> str:
        """Find patients by part of their name."""
        wanted = name.casefold().strip()
        return show(*(row for row in self.world.state.find("patients") if wanted in row["name"].casefold()))

    @tool
    def list_doctors(self) -> str:
        """Show the doctors, their fields, and who is on leave."""
        return show(*self.world.state.find("doctors"))

    @tool
    def list_slots(self, doctor_id: str, day: date | None = None) -> str:
        """Show a doctor's times to come; one with a patient is taken."""
        self.world.state.get("doctors", doctor_id, "doctor")
        asked = {"doctor_id": doctor_id} | ({"day": day.isoformat()} if day else {})
        return show(*self.world.state.find("slots", **asked))

    @tool
    def book_slot(
        self, slot_id: str, patient_id: str, reason: Literal["check", "pain", "vaccination", "follow_up"]
    ) -> str:
        """Give a free time to a patient."""
        slot = self.world.state.get("slots", slot_id, "time")
        self.world.state.get("patients", patient_id, "patient")
        if slot["patient_id"]:
            raise ToolError(f"{slot_id} is taken.")
        self.world.state.update("slots", slot_id, patient_id=patient_id, reason=reason)
        return show(self.world.state.get("slots", slot_id, "time"))

    @tool
    def free_slot(self, slot_id: str) -> str:
        """Take a patient's time back."""
        if not self.world.state.get("slots", slot_id, "time")["patient_id"]:
            raise ToolError(f"{slot_id} is free already.")
        self.world.state.update("slots", slot_id, patient_id=None, reason=None)
        return f"{slot_id} is free."

    @tool
    def list_appointments(self, patient_id: str) -> str:
        """Show a patient's times to come."""
        self.world.state.get("patients", patient_id, "patient")
        return show(*self.world.state.find("slots", patient_id=patient_id), empty="None.")

    @tool
    def list_prescriptions(self, patient_id: str) -> str:
        """Show a patient's prescriptions."""
        self.world.state.get("patients", patient_id, "patient")
        return show(*self.world.state.find("prescriptions", patient_id=patient_id), empty="None.")

    @tool
    def refill_prescription(self, prescription_id: str) -> str:
        """Hand out one more pack."""
        row = self.world.state.get("prescriptions", prescription_id, "prescription")
        if not row["refills_left"]:
            raise ToolError(f"{prescription_id} has no refills left: a doctor must issue a new one.")
        self.world.state.update(
            "prescriptions", prescription_id, packs=row["packs"] + 1, refills_left=row["refills_left"] - 1
        )
        return show(self.world.state.get("prescriptions", prescription_id, "prescription"))
