"""The admin panel's records: what they are at the start."""

from datetime import timedelta

from envs.web.sites.admin_content import (
    CHANNELS,
    COUNTRIES,
    LANGUAGES,
    SCOPES,
    TIMEZONES,
    TOPICS,
    make_audit,
    make_flags,
    make_invoices,
    make_users,
)
from envs.web.sites.base import Site

__all__ = ["DATE_FORMATS", "DIGESTS", "TOKEN_DAYS", "VISIBLE_TO", "AdminRecords"]

DATE_FORMATS = ("2025-03-14", "14.03.2025", "03/14/2025")
DIGESTS = ("Never", "Daily", "Weekly")
VISIBLE_TO = ("Everyone", "Organisation", "Nobody")
TOKEN_DAYS = 365
"""How long a token may last."""
_ORGANISATIONS = {"Brightdesk": "brightdesk.example", "Clearwork": "clearwork.example", "Opsboard": "opsboard.example"}


class AdminRecords(Site):
    """An organisation and the account of one of its owners. Money is in cents; the audit log is written overnight."""

    name = "admin"
    free = {"account": {"bio"}, "settings": {"away_message"}}

    def fill(self) -> None:
        state = self.state
        state.create("users", "usr", ("name", "email", "role", "team", "status", "joined", "last_seen"))
        columns = "name email job_title phone language timezone date_format birthday bio"
        state.create("account", "acc", columns.split())
        state.create("notifications", "ntf", ("topic", "email?", "push?", "text?"))
        columns = "digest away_from away_until away_message visible_to show_online? searchable? analytics?"
        state.create("settings", "set", columns.split())
        state.create("billing", "bil", ("company", "street", "postcode", "city", "country", "email"))
        state.create("tokens", "tok", ("name", "scopes[]", "created", "expires", "revoked?"))
        state.create("flags", "flg", ("key", "about", "enabled?", "rollout", "locked?"))
        state.create("invoices", "inv", ("number", "customer", "issued", "due", "amount", "status", "reminders"))
        state.create("audit", "aud", ("day", "time", "actor", "action", "target"))
        self.brand = self.rng.choice(sorted(_ORGANISATIONS))
        self.domain = _ORGANISATIONS[self.brand]
        make_users(state, self.rng, self.today, 120 * self.size, self.domain)
        make_invoices(state, self.rng, self.today, 60 * self.size)
        make_flags(state, self.rng)
        make_audit(state, self.rng, self.today, 120 * self.size)
        self._fill_account()

    def _fill_account(self) -> None:
        state, rng = self.state, self.rng
        me = state.find("users")[0]
        self.user, self.user_id = me["name"], me["id"]
        state.insert(
            "account",
            name=me["name"],
            email=me["email"],
            job_title=rng.choice(("Head of operations", "Office manager", "Founder", "IT lead")),
            phone=f"555-{rng.randint(1000, 9999)}",
            language=rng.choice(LANGUAGES),
            timezone=rng.choice(TIMEZONES),
            date_format=rng.choice(DATE_FORMATS),
            birthday=f"{rng.randint(1960, 2000)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            bio="",
        )
        for topic in TOPICS:
            state.insert("notifications", topic=topic, **{channel: rng.random() < 0.5 for channel in CHANNELS})
        choices = {name: rng.random() < 0.5 for name in ("show_online", "searchable", "analytics")}
        state.insert("settings", digest=rng.choice(DIGESTS), visible_to=rng.choice(VISIBLE_TO), **choices)
        state.insert(
            "billing",
            company=f"{self.brand} Ltd",
            street=f"{rng.randint(1, 90)} {rng.choice(('Dock Road', 'Fleet Street', 'Market Square'))}",
            postcode=str(rng.randint(10000, 99999)),
            city=rng.choice(("Bristol", "Dublin", "Leeds", "Vienna")),
            country=rng.choice(COUNTRIES),
            email=f"accounts@{self.domain}",
        )
        for name in rng.sample(("nightly-export", "ci-bot", "reports", "backup", "status-page"), rng.randint(3, 4)):
            created = self.today - timedelta(rng.randint(1, 300))
            expires = created + timedelta(rng.choice((90, 180, TOKEN_DAYS)))
            given = {"scopes": sorted(rng.sample(SCOPES, rng.randint(1, 3))), "created": created.isoformat()}
            state.insert("tokens", name=name, **given, expires=expires.isoformat(), revoked=False)
