"""E-mail: folders, threads, drafts."""

from typing import Literal

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Mail"]

Folder = Literal["inbox", "archive", "sent", "spam"]
_SUBJECTS = (
    ("Invoice {n}", "Please find invoice {n} over {m} EUR attached. It is due on the {d}th."),
    ("Minutes of the {team} meeting", "We agreed to move the launch to week {w}. {m} open points remain."),
    ("Lunch on the {d}th?", "Shall we meet at noon? I booked a table for {s}."),
    ("Parking permit", "Your new permit is number P-{n}. It replaces the old one from the {d}th."),
    ("Draft of the {team} report", "Here is version {s}. Section {w} still lacks the figures."),
    ("Your order {n}", "Your order {n} has left our warehouse in {s} parcels."),
    ("Access code", "The code for the side door is {n}. It changes on the {d}th."),
    ("Offer for the {team} project", "We can do it for {m} EUR within {w} weeks."),
)
_TEAMS = ("sales", "design", "finance", "support", "research", "logistics")


class Mail(Service):
    """The user's mailbox."""

    tables = {"emails": ("eml", ("folder", "sender", "recipients[]", "subject", "body", "date", "read?", "starred?"))}
    free = {"emails": {"subject", "body"}}

    @classmethod
    def fill(cls, world):
        rng, me = world.rng, world.me
        numbers = iter(rng.sample(range(1000, 9999), world.size))
        for age in sorted((rng.randint(1, 60) for _ in range(world.size)), reverse=True):
            subject, body = rng.choice(_SUBJECTS)
            words = {
                "n": next(numbers),
                "m": rng.randint(12, 98) * 10,
                "d": rng.randint(4, 20),
                "w": rng.randint(2, 9),
                "s": rng.randint(2, 6),
                "team": rng.choice(_TEAMS),
            }
            world.state.insert(
                "emails",
                folder=rng.choices(("inbox", "archive"), (3, 1))[0],
                sender=rng.choice(world.people[1:]).email,
                recipients=[me.email],
                subject=subject.format(**words),
                body=body.format(**words),
                date=world.days_ago(age),
                read=rng.random() < 0.6,
                starred=False,
            )

    @tool
    def search_emails(
        self, text: str = "", sender: str | None = None, folder: Folder | None = None, unread: bool | None = None
    ) -> str:
        """Find e-mails, newest first; their bodies are not shown.

        Args:
            text: words in the subject or body.
            sender: part of the sender's address.
        """
        wanted, found = text.casefold().strip(), []
        for row in reversed(self.world.state.find("emails", **({"folder": folder} if folder else {}))):
            fits = wanted in f"{row['subject']} {row['body']}".casefold()
            if fits and (sender or "").casefold() in row["sender"] and unread in (None, not row["read"]):
                found.append({k: row[k] for k in ("id", "folder", "sender", "subject", "date", "read")})
        return show(*found)

    @tool
    def read_email(self, email_id: str) -> str:
        """Show an e-mail with its body."""
        return show(self.world.state.get("emails", email_id, "e-mail"))

    @tool
    def send_email(self, to: list[str], subject: str, body: str) -> str:
        """Send an e-mail to addresses."""
        return self._send(to, subject, body)

    @tool
    def reply_email(self, email_id: str, body: str) -> str:
        """Answer the sender of an e-mail."""
        row = self.world.state.get("emails", email_id, "e-mail")
        return self._send([row["sender"]], f"Re: {row['subject']}", body)

    @tool
    def forward_email(self, email_id: str, to: list[str]) -> str:
        """Send an e-mail on to addresses."""
        row = self.world.state.get("emails", email_id, "e-mail")
        return self._send(to, f"Fwd: {row['subject']}", row["body"])

    @tool
    def move_email(self, email_id: str, folder: Literal["inbox", "archive", "spam"]) -> str:
        """Move an e-mail to a folder."""
        row = self.world.state.get("emails", email_id, "e-mail")
        if row["folder"] == "sent":
            raise ToolError("A sent e-mail stays in its folder.")
        self.world.state.update("emails", email_id, folder=folder)
        return f"Moved {email_id} to {folder}."

    @tool
    def mark_email(self, email_id: str, read: bool | None = None, starred: bool | None = None) -> str:
        """Mark an e-mail as read or unread, with or without a star."""
        self.world.state.get("emails", email_id, "e-mail")
        if not (changes := {k: v for k, v in {"read": read, "starred": starred}.items() if v is not None}):
            raise ToolError("Nothing to change: give read or starred.")
        self.world.state.update("emails", email_id, **changes)
        return f"Marked {email_id}."

    @tool
    def delete_email(self, email_id: str) -> str:
        """Delete an e-mail for good."""
        self.world.state.get("emails", email_id, "e-mail")
        self.world.state.delete("emails", email_id)
        return f"Deleted {email_id}."

    def _send(self, to: list[str], subject: str, body: str) -> str:
        if not to:
            raise ToolError("Name at least one address in to.")
        if wrong := [address for address in to if "@" not in address]:
            raise ToolError(f"{wrong[0][:60]!r} is no e-mail address: look it up in the contacts.")
        if not body.strip():
            raise ToolError("The body is empty.")
        id = self.world.state.insert(
            "emails",
            folder="sent",
            sender=self.world.me.email,
            recipients=sorted(set(to)),
            subject=subject,
            body=body,
            date=self.world.days_ago(0),
            read=True,
            starred=False,
        )
        return f"Sent {id} to {', '.join(sorted(set(to)))}."
