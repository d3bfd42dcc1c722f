"""The address book."""

from typing import Literal

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Contacts"]

Group = Literal["family", "friends", "work", "other"]


class Contacts(Service):
    """People the user knows. Everyone in the world but the user is in it."""

    tables = {"contacts": ("con", ("name", "email", "phone", "group_name", "note"))}
    free = {"contacts": {"note"}}

    @classmethod
    def fill(cls, world):
        for person in world.people[1:]:
            group = world.rng.choice(("family", "friends", "work", "work", "other"))
            world.state.insert(
                "contacts", name=person.name, email=person.email, phone=person.phone, group_name=group, note=""
            )

    @tool
    def search_contacts(self, query: str, group: Group | None = None) -> str:
        """Find contacts by part of a name, address or number.

        Args:
            query: any part; an empty text finds everyone.
            group: only this group.
        """
        wanted = query.casefold().strip()
        found = self.world.state.find("contacts", **({"group_name": group} if group else {}))
        return show(*(row for row in found if wanted in f"{row['name']} {row['email']} {row['phone']}".casefold()))

    @tool
    def create_contact(self, name: str, email: str, phone: str | None = None, group: Group = "other") -> str:
        """Add a contact."""
        if "@" not in email:
            raise ToolError(f"{email[:60]!r} is no e-mail address: it has no @.")
        if self.world.state.find("contacts", email=email):
            raise ToolError(f"There is a contact with the address {email[:60]!r} already.")
        id = self.world.state.insert("contacts", name=name, email=email, phone=phone, group_name=group, note="")
        return show(self.world.state.get("contacts", id, "contact"))

    @tool
    def update_contact(
        self, contact_id: str, email: str | None = None, phone: str | None = None, group: Group | None = None
    ) -> str:
        """Change what is given of a contact; the rest stays."""
        self.world.state.get("contacts", contact_id, "contact")
        given = {"email": email, "phone": phone, "group_name": group}
        if not (changes := {column: value for column, value in given.items() if value is not None}):
            raise ToolError("Nothing to change: give email, phone or group.")
        self.world.state.update("contacts", contact_id, **changes)
        return show(self.world.state.get("contacts", contact_id, "contact"))

    @tool
    def delete_contact(self, contact_id: str) -> str:
        """Remove a contact."""
        row = self.world.state.get("contacts", contact_id, "contact")
        self.world.state.delete("contacts", contact_id)
        return f"Removed {row['name']}."
