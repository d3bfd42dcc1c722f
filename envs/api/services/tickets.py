"""A help desk: customers' tickets, their comments, and the people who work on them."""

from typing import Literal

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Tickets"]

Priority = Literal["low", "normal", "high", "urgent"]
Status = Literal["open", "waiting", "solved", "closed"]
_SUBJECTS = (
    ("Cannot log in", "access"), ("Password reset loops", "access"), ("Invoice shows the wrong address", "billing"),
    ("Charged twice", "billing"), ("App crashes on start", "bug"), ("Export is empty", "bug"),
    ("Search finds nothing", "bug"), ("Please add dark mode", "wish"), ("How do I invite a colleague?", "question"),
    ("Where is my data stored?", "question"),
)  # fmt: skip
_PLANS = ("free", "team", "enterprise")


class Tickets(Service):
    """The user works at the desk. Accounts are companies; agents are colleagues."""

    tables = {
        "customers": ("cus", ("name", "email", "plan", "owner")),
        "agents": ("agt", ("name", "team", "away?")),
        "tickets": ("tic", ("customer_id", "subject", "topic", "priority", "status", "agent_id", "opened")),
        "comments": ("com", ("ticket_id", "public?", "text")),
    }
    free = {"comments": {"text"}, "tickets": {"subject"}}

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        staff = world.people[1:4]
        agents = [
            state.insert("agents", name=person.name, team=team, away=away)
            for person, team, away in zip(staff, ("access", "billing", "bug"), (False, False, True), strict=True)
        ]
        customers = [
            state.insert(
                "customers",
                name=person.name,
                email=person.email,
                plan=rng.choice(_PLANS),
                owner=rng.choice(staff).name,
            )
            for person in world.people[4:]
        ]
        for age in sorted((rng.randint(0, 40) for _ in range(world.size)), reverse=True):
            subject, topic = rng.choice(_SUBJECTS)
            id = state.insert(
                "tickets",
                customer_id=rng.choice(customers),
                subject=subject,
                topic=topic,
                priority=rng.choice(("low", "normal", "normal", "high")),
                status=rng.choices(("open", "waiting", "solved"), (4, 2, 2))[0],
                agent_id=rng.choice([*agents, None]),
                opened=world.days_ago(age),
            )
            if rng.random() < 0.4:
                state.insert("comments", ticket_id=id, public=True, text="It still happens. Any news?")

    @tool
    def search_customers(self, query: str) -> str:
        """Find customers by part of their name or address."""
        wanted = query.casefold().strip()
        found = self.world.state.find("customers")
        return show(*(row for row in found if wanted in f"{row['name']} {row['email']}".casefold()))

    @tool
    def search_tickets(
        self,
        customer_id: str | None = None,
        status: Status | None = None,
        priority: Priority | None = None,
        text: str = "",
    ) -> str:
        """Find tickets, oldest first, by what is given."""
        asked = {"customer_id": customer_id, "status": status, "priority": priority}
        found = self.world.state.find("tickets", **{k: v for k, v in asked.items() if v})
        return show(*(row for row in found if text.casefold().strip() in row["subject"].casefold()))

    @tool
    def read_ticket(self, ticket_id: str) -> str:
        """Show a ticket with its customer and comments."""
        row = self.world.state.get("tickets", ticket_id, "ticket")
        customer = self.world.state.get("customers", row["customer_id"], "customer")
        return show(row, customer, *self.world.state.find("comments", ticket_id=ticket_id))

    @tool
    def create_ticket(
        self,
        customer_id: str,
        subject: str,
        topic: Literal["access", "billing", "bug", "wish", "question"],
        priority: Priority = "normal",
    ) -> str:
        """Open a ticket for a customer."""
        self.world.state.get("customers", customer_id, "customer")
        id = self.world.state.insert(
            "tickets",
            customer_id=customer_id,
            subject=subject,
            topic=topic,
            priority=priority,
            status="open",
            opened=self.world.days_ago(0),
        )
        return show(self.world.state.get("tickets", id, "ticket"))

    @tool
    def update_ticket(self, ticket_id: str, status: Status | None = None, priority: Priority | None = None) -> str:
        """Change status or priority of a ticket; a closed one stays closed."""
        row = self.world.state.get("tickets", ticket_id, "ticket")
        if row["status"] == "closed":
            raise ToolError(f"{ticket_id} is closed: open a new ticket instead.")
        if not (changes := {k: v for k, v in {"status": status, "priority": priority}.items() if v}):
            raise ToolError("Nothing to change: give status or priority.")
        self.world.state.update("tickets", ticket_id, **changes)
        return show(self.world.state.get("tickets", ticket_id, "ticket"))

    @tool
    def list_agents(self) -> str:
        """Show the colleagues at the desk, their teams, and who is away."""
        return show(*self.world.state.find("agents"))

    @tool
    def assign_ticket(self, ticket_id: str, agent_id: str) -> str:
        """Give a ticket to a colleague."""
        self.world.state.get("tickets", ticket_id, "ticket")
        agent = self.world.state.get("agents", agent_id, "colleague")
        self.world.state.update("tickets", ticket_id, agent_id=agent_id)
        return f"{ticket_id} is with {agent['name']}{', who is away' if agent['away'] else ''}."

    @tool
    def comment_ticket(self, ticket_id: str, text: str, public: bool = False) -> str:
        """Add a comment; the customer sees a public one."""
        self.world.state.get("tickets", ticket_id, "ticket")
        if not text.strip():
            raise ToolError("The comment is empty.")
        id = self.world.state.insert("comments", ticket_id=ticket_id, public=public, text=text)
        return f"Added {id} to {ticket_id}."

    @tool
    def merge_tickets(self, ticket_id: str, into: str) -> str:
        """Close a ticket as a copy of another one of the same customer, and move its comments there."""
        row = self.world.state.get("tickets", ticket_id, "ticket")
        other = self.world.state.get("tickets", into, "ticket")
        if ticket_id == into or row["customer_id"] != other["customer_id"]:
            raise ToolError("Only two different tickets of one customer can be merged.")
        for comment in self.world.state.find("comments", ticket_id=ticket_id):
            self.world.state.update("comments", comment["id"], ticket_id=into)
        self.world.state.update("tickets", ticket_id, status="closed")
        return f"Merged {ticket_id} into {into}."
