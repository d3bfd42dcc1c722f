"""A lending library. No training task has it."""

from typing import Annotated, Literal

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Library"]

_BOOKS = (
    ("The Salt Road", "novel"), ("Nine Lanterns", "novel"), ("The Quiet Harbour", "novel"), ("Ash and Amber", "novel"),
    ("A Field Guide to Moss", "science"), ("The Clockwork Sea", "science"), ("Rivers of Iron", "history"),
    ("The Tin Century", "history"), ("Bread for Beginners", "cooking"), ("Sixty Soups", "cooking"),
    ("Mapping the Moon", "science"), ("Letters from Tarn", "history"),
)  # fmt: skip


class Library(Service):
    """The user works at the counter; members are people of the world. Fees are in EUR."""

    tables = {
        "books": ("bok", ("title", "subject", "copies", "reference_only?")),
        "members": ("mem", ("name", "email", "fees", "blocked?")),
        "loans": ("lon", ("book_id", "member_id", "due", "renewals")),
        "holds": ("hld", ("book_id", "member_id", "since")),
    }

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        for title, subject in rng.sample(_BOOKS, min(len(_BOOKS), 5 + world.size // 3)):
            only = rng.random() < 0.15
            state.insert("books", title=title, subject=subject, copies=rng.choice((0, 1, 2, 3)), reference_only=only)
        for person in world.people[1:]:
            fees = rng.choice((0.0, 0.0, 0.0, 2.5, 7.5, 12.0))
            state.insert("members", name=person.name, email=person.email, fees=fees, blocked=fees > 10)
        books, members = state.find("books", reference_only=False), state.find("members")
        for _ in range(3 + world.size // 2):
            state.insert(
                "loans",
                book_id=rng.choice(books)["id"],
                member_id=rng.choice(members)["id"],
                due=world.days_ago(rng.randint(-14, 12)),
                renewals=rng.randint(0, 2),
            )
        for _ in range(2):
            book, member = rng.choice(books)["id"], rng.choice(members)["id"]
            state.insert("holds", book_id=book, member_id=member, since=world.days_ago(rng.randint(1, 20)))

    @tool
    def search_books(self, title: str = "", subject: str | None = None) -> str:
        """Find books by part of the title; copies are those on the shelf."""
        found = self.world.state.find("books", **({"subject": subject} if subject else {}))
        return show(*(row for row in found if title.casefold().strip() in row["title"].casefold()))

    @tool
    def find_members(self, name: str) -> str:
        """Find members by part of their name."""
        found = self.world.state.find("members")
        return show(*(row for row in found if name.casefold().strip() in row["name"].casefold()))

    @tool
    def list_loans(self, member_id: str | None = None, book_id: str | None = None) -> str:
        """Show what is lent, by member or by book."""
        asked = {"member_id": member_id, "book_id": book_id}
        return show(*self.world.state.find("loans", **{k: v for k, v in asked.items() if v}), empty="Nothing is lent.")

    @tool
    def lend_book(self, book_id: str, member_id: str) -> str:
        """Lend a book for two weeks."""
        book = self.world.state.get("books", book_id, "book")
        member = self.world.state.get("members", member_id, "member")
        if member["blocked"]:
            raise ToolError(f"{member['name']} is blocked.")
        if not book["copies"]:
            raise ToolError(f"No copy of {book['title']} is on the shelf.")
        self.world.state.update("books", book_id, copies=book["copies"] - 1)
        due = self.world.days_ago(-14)
        id = self.world.state.insert("loans", book_id=book_id, member_id=member_id, due=due, renewals=0)
        return show(self.world.state.get("loans", id, "loan"))

    @tool
    def return_book(self, loan_id: str) -> str:
        """Take a lent book back; each day late adds 0.50 to the member's fees."""
        loan = self.world.state.get("loans", loan_id, "loan")
        book = self.world.state.get("books", loan["book_id"], "book")
        member = self.world.state.get("members", loan["member_id"], "member")
        late = max(0, self.world.days_since(loan["due"]))
        self.world.state.update("books", book["id"], copies=book["copies"] + 1)
        self.world.state.update("members", member["id"], fees=member["fees"] + 0.5 * late)
        self.world.state.delete("loans", loan_id)
        return f"Took {book['title']} back, {late} days late."

    @tool
    def renew_loan(self, loan_id: str, weeks: Annotated[int, Field(ge=1, le=4)] = 2) -> str:
        """Let a loan run longer than its due day."""
        loan = self.world.state.get("loans", loan_id, "loan")
        due = self.world.days_ago(self.world.days_since(loan["due"]) - 7 * weeks)
        self.world.state.update("loans", loan_id, due=due, renewals=loan["renewals"] + 1)
        return show(self.world.state.get("loans", loan_id, "loan"))

    @tool
    def place_hold(self, book_id: str, member_id: str) -> str:
        """Keep the next copy of a book for a member."""
        self.world.state.get("books", book_id, "book")
        self.world.state.get("members", member_id, "member")
        if self.world.state.find("holds", book_id=book_id, member_id=member_id):
            raise ToolError("There is such a hold already.")
        today = self.world.days_ago(0)
        id = self.world.state.insert("holds", book_id=book_id, member_id=member_id, since=today)
        return show(self.world.state.get("holds", id, "hold"))

    @tool
    def settle_fees(self, member_id: str, how: Literal["paid", "waived"]) -> str:
        """Set a member's fees to zero."""
        member = self.world.state.get("members", member_id, "member")
        if not member["fees"]:
            raise ToolError(f"{member['name']} owes nothing.")
        self.world.state.update("members", member_id, fees=0.0, blocked=False)
        return f"The {member['fees']:.2f} of {member['name']} are {how}."
