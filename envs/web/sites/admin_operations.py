"""What may be done in the admin panel."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from envs.records import Row
from envs.web.sites.admin_content import CHANNELS, COUNTRIES, LANGUAGES, ROLES, SCOPES, TEAMS, TIMEZONES
from envs.web.sites.admin_records import DATE_FORMATS, DIGESTS, TOKEN_DAYS, VISIBLE_TO, AdminRecords
from envs.web.sites.base import Refused, operation
from envs.web.sites.fields import as_date, fill_in, find_row

__all__ = ["AdminOperations"]


class AdminOperations(AdminRecords):
    """The records with their operations."""

    # --- settings ---------------------------------------------------------------------------------------------------

    @operation
    def save_profile(
        self,
        full_name: str,
        job_title: str,
        phone: str,
        language: str,
        timezone: str,
        date_format: str,
        birthday: str,
        bio: str = "",
    ) -> None:
        """Change the user's profile; the members' table shows the new name."""
        _check_among(
            language=(language, LANGUAGES), timezone=(timezone, TIMEZONES), date_format=(date_format, DATE_FORMATS)
        )
        born = as_date(birthday)
        if born >= self.today:
            raise Refused("A date of birth is in the past.")
        name = fill_in(full_name=full_name)["full_name"]
        texts = fill_in(job_title=job_title, phone=phone)
        if not re.fullmatch(r"[0-9+][0-9 -]{4,18}", texts["phone"]):
            raise Refused("A phone number has digits, spaces and dashes, such as 555-0134.")
        choices = {"language": language, "timezone": timezone, "date_format": date_format}
        self._change("account", name=name, **texts, **choices, birthday=born.isoformat(), bio=bio.strip())
        self.state.update("users", self.user_id, name=name)

    @operation
    def change_email(self, email: str) -> None:
        """Change the address with which the user signs in."""
        email = self._checked_email(email, self.user_id)
        self._change("account", email=email)
        self.state.update("users", self.user_id, email=email)

    @operation
    def save_notifications(self, channels: Mapping[str, Sequence[str]], digest: str) -> None:
        """Choose how to be told about what.

        Args:
            channels: {topic: some of `CHANNELS`}; a topic that is not named is told about in no way.
            digest: one of `DIGESTS`.
        """
        _check_among(digest=(digest, DIGESTS))
        if not channels.get("Security alerts"):
            raise Refused("Security alerts need at least one channel.")
        for row in self.state.find("notifications"):
            chosen = {channel: channel in channels.get(row["topic"], ()) for channel in CHANNELS}
            self.state.update("notifications", row["id"], **chosen)
        self._change("settings", digest=digest)

    @operation
    def save_privacy(self, visible_to: str, show_online: bool, searchable: bool, analytics: bool) -> None:
        """Choose who sees the profile (one of `VISIBLE_TO`) and what is shown."""
        _check_among(visibility=(visible_to, VISIBLE_TO))
        self._change(
            "settings", visible_to=visible_to, show_online=show_online, searchable=searchable, analytics=analytics
        )

    @operation
    def set_away(self, first: str, last: str, message: str) -> None:
        """Answer messages with a text from the first day to the last."""
        begin, end = as_date(first), as_date(last)
        if begin < self.today or end < begin:
            raise Refused("The first day is today or later, and the last day is not before it.")
        text = fill_in(message=message)["message"]
        self._change("settings", away_from=begin.isoformat(), away_until=end.isoformat(), away_message=text)

    @operation
    def clear_away(self) -> None:
        """Answer messages no longer."""
        self._change("settings", away_from=None, away_until=None, away_message=None)

    @operation
    def save_billing(self, company: str, street: str, postcode: str, city: str, country: str, email: str) -> None:
        """Change where invoices to the organisation go."""
        _check_among(country=(country, COUNTRIES))
        texts = fill_in(company=company, street=street, postcode=postcode, city=city)
        if not re.fullmatch(r"\d{5}", texts["postcode"], re.ASCII):
            raise Refused("A postcode has five digits.")
        self._change("billing", **texts, country=country, email=_plain_email(email))

    @operation
    def create_token(self, token_name: str, scopes: Sequence[str], expires: str) -> None:
        """Make an API token with some of `SCOPES` that ends on a day within a year."""
        name = fill_in(token_name=token_name)["token_name"]
        if self.state.find("tokens", name=name, revoked=False):
            raise Refused(f"There is a token called {name[:60]} already.")
        if not scopes or not set(scopes) <= set(SCOPES):
            raise Refused("Please choose at least one scope.")
        end = as_date(expires)
        if not self.today < end <= self.today + timedelta(TOKEN_DAYS):
            raise Refused("A token ends tomorrow at the earliest and in a year at the latest.")
        given = {"scopes": sorted(scopes), "created": self.today.isoformat(), "expires": end.isoformat()}
        self.state.insert("tokens", name=name, **given, revoked=False)

    @operation
    def revoke_token(self, token_id: str) -> None:
        """End a token at once."""
        if find_row(self.state, "tokens", token_id)["revoked"]:
            raise Refused("This token is revoked already.")
        self.state.update("tokens", token_id, revoked=True)

    # --- members ----------------------------------------------------------------------------------------------------

    @operation
    def invite_user(self, full_name: str, email: str, role: str, team: str) -> None:
        """Invite a new member."""
        _check_among(role=(role, ROLES), team=(team, TEAMS))
        given = {
            "name": fill_in(full_name=full_name)["full_name"],
            "email": self._checked_email(email),
            "role": role,
            "team": team,
        }
        self.state.insert("users", **given, status="invited", joined=self.today.isoformat(), last_seen=None)

    @operation
    def edit_user(self, user_id: str, full_name: str, email: str, role: str, team: str) -> None:
        """Change a member."""
        find_row(self.state, "users", user_id)
        _check_among(role=(role, ROLES), team=(team, TEAMS))
        given = {"name": fill_in(full_name=full_name)["full_name"], "email": self._checked_email(email, user_id)}
        self._check_owner_left([user_id], role)
        self.state.update("users", user_id, **given, role=role, team=team)
        if user_id == self.user_id:
            self._change("account", **given)

    @operation
    def change_role(self, user_ids: Sequence[str], role: str) -> None:
        """Give members another of `ROLES`."""
        _check_among(role=(role, ROLES))
        rows = self._members(user_ids)
        self._check_owner_left(user_ids, role)
        for row in rows:
            self.state.update("users", row["id"], role=role)

    @operation
    def change_team(self, user_ids: Sequence[str], team: str) -> None:
        """Move members to another of `TEAMS`."""
        _check_among(team=(team, TEAMS))
        for row in self._members(user_ids):
            self.state.update("users", row["id"], team=team)

    @operation
    def suspend_users(self, user_ids: Sequence[str]) -> None:
        """Keep members out until they are restored; never oneself, and never an owner."""
        rows = self._members(user_ids)
        if owners := [row["name"] for row in rows if row["role"] == "Owner"]:
            raise Refused(f"{owners[0]} is an owner and cannot be suspended.")
        if self.user_id in user_ids:
            raise Refused("You cannot suspend yourself.")
        for row in rows:
            self.state.update("users", row["id"], status="suspended")

    @operation
    def restore_users(self, user_ids: Sequence[str]) -> None:
        """Let suspended members in again."""
        rows = self._members(user_ids)
        if others := [row["name"] for row in rows if row["status"] != "suspended"]:
            raise Refused(f"{others[0]} is not suspended.")
        for row in rows:
            self.state.update("users", row["id"], status="active")

    @operation
    def remove_user(self, user_id: str) -> None:
        """Remove a member who is suspended or only invited."""
        if find_row(self.state, "users", user_id)["status"] == "active":
            raise Refused("An active member cannot be removed. Suspend the member first.")
        self.state.delete("users", user_id)

    # --- flags and invoices -----------------------------------------------------------------------------------------

    @operation
    def set_flag(self, flag_id: str, enabled: bool, rollout: int) -> None:
        """Switch a feature on or off, for so many percent of the members; what is off is on for none."""
        if find_row(self.state, "flags", flag_id)["locked"]:
            raise Refused("This flag is locked by the developers.")
        if not 0 <= rollout <= 100:
            raise Refused("A rollout is 0 to 100 percent.")
        self.state.update("flags", flag_id, enabled=enabled, rollout=rollout if enabled else 0)

    @operation
    def mark_paid(self, invoice_id: str) -> None:
        """Note that an invoice was paid."""
        self._check_due(invoice_id)
        self.state.update("invoices", invoice_id, status="paid")

    @operation
    def void_invoice(self, invoice_id: str) -> None:
        """Declare an unpaid invoice void."""
        self._check_due(invoice_id)
        self.state.update("invoices", invoice_id, status="void")

    @operation
    def send_reminder(self, invoice_id: str) -> None:
        """Remind the customer of an overdue invoice."""
        invoice = find_row(self.state, "invoices", invoice_id)
        if invoice["status"] != "overdue":
            raise Refused(f"Only an overdue invoice can be reminded of; this one is {invoice['status']}.")
        self.state.update("invoices", invoice_id, reminders=invoice["reminders"] + 1)

    def _change(self, table: str, **values: object) -> None:
        """Change the one row of a table."""
        self.state.update(table, self.state.find(table)[0]["id"], **values)

    def _members(self, user_ids: Sequence[str]) -> list[Row]:
        if not user_ids:
            raise Refused("Please tick at least one member.")
        return [find_row(self.state, "users", user_id) for user_id in user_ids]

    def _checked_email(self, email: str, user_id: str = "") -> str:
        """The address, which no member but this one may have."""
        plain = _plain_email(email)
        if any(row["id"] != user_id for row in self.state.find("users", email=plain)):
            raise Refused(f"{plain[:60]} belongs to another member.")
        return plain

    def _check_owner_left(self, user_ids: Sequence[str], role: str) -> None:
        left = [row for row in self.state.find("users", role="Owner") if row["id"] not in user_ids]
        if role != "Owner" and not left:
            raise Refused("The organisation needs an owner.")

    def _check_due(self, invoice_id: str) -> None:
        status = find_row(self.state, "invoices", invoice_id)["status"]
        if status not in ("open", "overdue"):
            raise Refused(f"This invoice is {status} and cannot be changed.")


def _check_among(**choices: tuple[str, Sequence[str] | Mapping[str, str]]) -> None:
    for field, (value, known) in choices.items():
        if value not in known:
            raise Refused(f"Please choose a {field.replace('_', ' ')}.")


def _plain_email(text: str) -> str:
    plain = text.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", plain):
        raise Refused("Please give an email address, such as name@example.com.")
    return plain
