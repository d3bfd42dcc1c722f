"""Files that are shared with people, and short notes."""

from typing import Literal

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Files"]

_FOLDERS = ("Contracts", "Invoices", "Photos", "Reports", "Templates")
_NAMES = ("budget", "offer", "roadmap", "summary", "terms", "inventory", "itinerary", "checklist")
_ENDINGS = ("docx", "pdf", "xlsx", "txt")


class Files(Service):
    """The user's drive and notebook. Who may read or write a file is a share."""

    tables = {
        "files": ("fil", ("name", "folder", "kilobytes", "owner", "modified", "trashed?")),
        "shares": ("shr", ("file_id", "person", "role")),
        "notes": ("not", ("title", "text", "pinned?")),
    }
    free = {"notes": {"text"}}

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        names = [f"{name}-{year}.{ending}" for name in _NAMES for year in (2023, 2024) for ending in _ENDINGS]
        for name in rng.sample(names, 3 + world.size):
            id = state.insert(
                "files",
                name=name,
                folder=rng.choice(_FOLDERS),
                kilobytes=rng.randint(8, 9000),
                owner=rng.choice((world.me, world.me, world.me, *world.people[1:3])).email,
                modified=world.days_ago(rng.randint(1, 300)),
                trashed=False,
            )
            for person in rng.sample(world.people[1:], rng.choice((0, 0, 1, 2))):
                state.insert("shares", file_id=id, person=person.email, role=rng.choice(("viewer", "editor")))
        for title in rng.sample(("Groceries", "Ideas", "Books to read", "Questions", "Passwords"), 3):
            state.insert("notes", title=title, text=f"{rng.randint(2, 9)} points.", pinned=False)

    @tool
    def search_files(self, query: str = "", folder: str | None = None) -> str:
        """Find files by part of their name."""
        found = self.world.state.find("files", trashed=False, **({"folder": folder} if folder else {}))
        wanted = query.casefold().strip()
        kept = [k for k in self.world.state.columns("files") if k != "trashed"]
        return show(*({k: row[k] for k in kept} for row in found if wanted in row["name"].casefold()))

    @tool
    def list_shares(self, file_id: str) -> str:
        """Show with whom a file is shared."""
        self._file(file_id)
        return show(*self.world.state.find("shares", file_id=file_id), empty="It is not shared.")

    @tool
    def share_file(self, file_id: str, person: str, role: Literal["viewer", "editor"]) -> str:
        """Let somebody, by e-mail address, read or write a file; changes the role of who has one."""
        self._own(file_id)
        if "@" not in person:
            raise ToolError(f"{person[:60]!r} is no e-mail address: look it up in the contacts.")
        if there := self.world.state.find("shares", file_id=file_id, person=person):
            self.world.state.update("shares", there[0]["id"], role=role)
        else:
            self.world.state.insert("shares", file_id=file_id, person=person, role=role)
        return f"{person} is {role} of {file_id}."

    @tool
    def unshare_file(self, file_id: str, person: str) -> str:
        """End somebody's access to a file."""
        self._own(file_id)
        if not (there := self.world.state.find("shares", file_id=file_id, person=person)):
            raise ToolError(f"{file_id} is not shared with {person[:60]!r}.")
        self.world.state.delete("shares", there[0]["id"])
        return f"{person} has no access to {file_id} any more."

    @tool
    def move_file(
        self, file_id: str, folder: Literal["Contracts", "Invoices", "Photos", "Reports", "Templates"]
    ) -> str:
        """Move a file to a folder."""
        self._file(file_id)
        self.world.state.update("files", file_id, folder=folder)
        return f"Moved {file_id} to {folder}."

    @tool
    def rename_file(self, file_id: str, name: str) -> str:
        """Give a file another name."""
        row = self._file(file_id)
        if not name.strip() or "/" in name:
            raise ToolError("A name has at least one character and no slash.")
        if self.world.state.find("files", folder=row["folder"], name=name.strip(), trashed=False):
            raise ToolError(f"{row['folder']} has a file of this name already.")
        self.world.state.update("files", file_id, name=name.strip())
        return f"Renamed {file_id}."

    @tool
    def trash_file(self, file_id: str) -> str:
        """Put a file into the bin."""
        self._own(file_id)
        self.world.state.update("files", file_id, trashed=True)
        return f"{file_id} is in the bin."

    @tool
    def list_notes(self) -> str:
        """Show the notes."""
        return show(*self.world.state.find("notes"))

    @tool
    def write_note(self, title: str, text: str) -> str:
        """Write a note, or write an existing one of this title anew."""
        if there := self.world.state.find("notes", title=title):
            self.world.state.update("notes", there[0]["id"], text=text)
            return f"Changed the note {title}."
        self.world.state.insert("notes", title=title, text=text, pinned=False)
        return f"Wrote the note {title}."

    def _file(self, file_id: str) -> dict:
        row = self.world.state.get("files", file_id, "file")
        if row["trashed"]:
            raise ToolError(f"{file_id} is in the bin.")
        return row

    def _own(self, file_id: str) -> dict:
        row = self._file(file_id)
        if row["owner"] != self.world.me.email:
            raise ToolError(f"{file_id} belongs to {row['owner']}: only the owner may do this.")
        return row
