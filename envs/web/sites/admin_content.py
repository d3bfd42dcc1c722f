"""What the admin panel starts with: an organisation's people, invoices, feature flags and audit log."""

import random
from datetime import date, timedelta

from envs.records import State
from envs.web.sites.names import full_names

__all__ = [
    "CHANNELS",
    "COUNTRIES",
    "LANGUAGES",
    "ROLES",
    "SCOPES",
    "TEAMS",
    "TIMEZONES",
    "TOPICS",
    "make_audit",
    "make_flags",
    "make_invoices",
    "make_users",
]

ROLES = {
    "Owner": "everything, and to close the organisation",
    "Admin": "people, roles, flags and invoices",
    "Editor": "to create and change content",
    "Billing": "invoices and the billing address",
    "Viewer": "to read",
}
"""{role: what it allows}"""
TEAMS = ("Design", "Engineering", "Finance", "Legal", "Marketing", "Operations", "Sales", "Support")
TOPICS = ("Comments on my work", "Mentions of me", "New members", "Security alerts", "Invoices", "Product news")
CHANNELS = ("email", "push", "text")
LANGUAGES = ("English", "Deutsch", "Español", "Français", "Italiano", "Polski")
TIMEZONES = ("UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "Asia/Tokyo")
COUNTRIES = ("Austria", "Canada", "France", "Germany", "Ireland", "Italy", "Spain", "United Kingdom", "United States")
SCOPES = ("read:users", "write:users", "read:invoices", "write:invoices", "read:audit", "write:flags")
_MOST_USERS = 850
_USUAL_ROLES = ("Admin", "Editor", "Editor", "Viewer", "Viewer", "Viewer", "Billing")
_FLAGS = {
    "new-dashboard": "The start page with tiles",
    "dark-theme": "Dark colours for everybody who asks for them",
    "fast-search": "Search by the new index",
    "bulk-export": "Export of whole tables",
    "two-step-login": "A second step at every login",
    "team-inbox": "Shared inbox for each team",
    "invoice-pdf": "Invoices as PDF by email",
    "beta-editor": "The new text editor",
    "audit-stream": "Send the audit log to other systems",
    "smart-replies": "Suggested replies in the inbox",
}
_ACTIONS = {
    "user.login": "",
    "user.invite": "user",
    "user.suspend": "user",
    "role.change": "user",
    "token.create": "token",
    "flag.change": "flag",
    "invoice.send": "invoice",
    "settings.change": "",
}
"""{action of the audit log: what it is done to}"""
_COMPANY = """Alder Amber Beacon Cobalt Delta Everest Falcon Granite Harbor Indigo Jasper Kestrel Lumen Meridian
Northwind Onyx Pioneer Quartz""".split()
_FIRM = ("Foods", "Labs", "Logistics", "Media", "Partners", "Studios", "Systems", "Textiles")


def make_users(state: State, rng: random.Random, today: date, count: int, domain: str) -> None:
    """Add the members of the organisation, at most 850; the first is the user, an owner."""
    for number, name in enumerate(full_names(rng, min(count, _MOST_USERS), False)):
        joined = today - timedelta(rng.randint(20, 1200))
        seen = joined + timedelta(rng.randint(0, (today - joined).days))
        status = "active" if number < 2 else rng.choices(("active", "suspended", "invited"), (82, 10, 8))[0]
        state.insert(
            "users",
            name=name,
            email=f"{name.lower().replace(' ', '.')}@{domain}",
            role="Owner" if number < 2 else rng.choice(_USUAL_ROLES),
            team=rng.choice(TEAMS),
            status=status,
            joined=joined.isoformat(),
            last_seen=None if status == "invited" else seen.isoformat(),
        )


def make_invoices(state: State, rng: random.Random, today: date, count: int) -> None:
    """Add invoices to customers, the oldest first."""
    ages = sorted((rng.randint(0, 400) for _ in range(count)), reverse=True)
    for number, age in enumerate(ages):
        issued = today - timedelta(age)
        due = issued + timedelta(30)
        status = rng.choice(("paid", "paid", "paid", "paid", "void", "open") if age > 30 else ("open", "open", "paid"))
        state.insert(
            "invoices",
            number=f"{issued.year}-{number + 1001}",
            customer=f"{rng.choice(_COMPANY)} {rng.choice(_FIRM)}",
            issued=issued.isoformat(),
            due=due.isoformat(),
            amount=rng.randrange(4000, 900_000, 50),
            status="overdue" if status == "open" and due < today else status,
            reminders=0,
        )


def make_flags(state: State, rng: random.Random) -> None:
    """Add feature flags; one or two are locked."""
    locked = rng.sample(sorted(_FLAGS), rng.randint(1, 2))
    for key, about in _FLAGS.items():
        is_on = rng.random() < 0.5
        rollout = rng.choice((5, 10, 25, 50, 100)) if is_on else 0
        state.insert("flags", key=key, about=about, enabled=is_on, rollout=rollout, locked=key in locked)


def make_audit(state: State, rng: random.Random, today: date, count: int) -> None:
    """Add entries to the audit log, the newest first."""
    actors = [
        row["name"] for row in state.find("users") if row["role"] in ("Owner", "Admin") and row["status"] == "active"
    ]
    targets = {
        "user": [row["name"] for row in state.find("users")],
        "flag": list(_FLAGS),
        "invoice": [row["number"] for row in state.find("invoices")],
        "token": ["nightly-export", "ci-bot", "reports", "backup"],
        "": ["-"],
    }
    for age in sorted(rng.randint(0, 90 * 1440) for _ in range(count)):
        action = rng.choice(list(_ACTIONS))
        minute = 1439 - age % 1440
        state.insert(
            "audit",
            day=(today - timedelta(1 + age // 1440)).isoformat(),
            time=f"{minute // 60:02d}:{minute % 60:02d}",
            actor=rng.choice(actors),
            action=action,
            target=rng.choice(targets[_ACTIONS[action]]),
        )
