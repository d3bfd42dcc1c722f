"""The admin panel: the user's account and settings, and the organisation's members, invoices, flags and log.

Pages. Every page has the links Dashboard, Profile, Notifications, Privacy, Out of office, API tokens, Members,
Invoices, Billing, Feature flags, Audit log. Days read `2025-01-06`.

- `/`: numbers (Active members, Unpaid invoices, Flags on, Tokens) and the newest entries of the audit log.
- `/profile`: Name, Job title, Phone, Date of birth, Language, Time zone, Date format, About me, button Save profile;
  Email, button Change email.
- `/notifications`: a row per topic with the checkboxes `TOPIC by email`, `TOPIC by push`, `TOPIC by text`; select
  Digest; button Save notifications.
- `/privacy`: radios Everyone, Organisation, Nobody; checkboxes Show when I am online, Let others find me by email,
  Share usage statistics; button Save privacy.
- `/away`: First day, Last day, Message, button Switch on; when it is on, button Switch off.
- `/billing`: Company, Street, Postcode, City, Country, Invoices to (email), button Save billing address.
- `/tokens`: a table with a button `Revoke NAME` each; form: Token name, Expires, checkboxes of scopes, button Create
  token.
- `/users?q=&role=&team=&status=&sort=&order=&page=`: 10 a page; field Search members, selects Role, Team, Status,
  button Filter, link Reset; column links Name, Role, Team, Status, Joined, Last seen (again: the other way round); a
  checkbox `Select NAME` and a link `NAME` each, a checkbox Select all on this page; select Action (Suspend, Restore,
  `Role: ROLE`, `Team: TEAM`) with the button Apply to selected; links Invite a member, What roles allow. What is
  ticked is lost when another page is opened.
- `/users/USER`: Name, Email, Role, Team, button Save member; buttons Suspend or Restore, Remove member (a dialog: Yes,
  remove; Keep).
- `/invite`: Name, Email, Role, Team, button Send invitation; `/roles`.
- `/invoices?q=&status=&sort=&order=&page=`: 10 a page; field Search invoices (number or customer), select Status,
  button Filter, link Reset; column links Number, Customer, Issued, Due, Amount, Status; a total of what is found.
- `/invoices/INVOICE`: buttons Mark as paid, Void invoice (a dialog: Yes, void; Keep), Send reminder (when overdue).
- `/flags`: a row per flag with the checkbox `KEY`, field `Rollout of KEY`, button `Save KEY`; locked ones are disabled.
- `/audit?q=&action=&first=&last=&page=`: 12 a page; field Search log (who or what), select Action, fields First day,
  Last day, button Filter.

Operations (see `AdminOperations`): `save_profile change_email save_notifications save_privacy set_away clear_away
save_billing create_token revoke_token invite_user edit_user change_role change_team suspend_users restore_users
remove_user set_flag mark_paid void_invoice send_reminder`. Tables: users, account, notifications, settings, billing,
tokens, flags, invoices, audit.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from envs.records import Row
from envs.web.sites.admin_content import CHANNELS, COUNTRIES, LANGUAGES, ROLES, SCOPES, TEAMS, TIMEZONES
from envs.web.sites.admin_operations import AdminOperations
from envs.web.sites.admin_records import DATE_FORMATS, DIGESTS, VISIBLE_TO
from envs.web.sites.base import Refused
from envs.web.sites.fields import as_date, dollars, find_row
from envs.web.sites.pages import go, number, paged, routes, show

__all__ = ["Admin"]

_PER_PAGE, _ENTRIES = 10, 12
_STATUSES = {"users": ("active", "invited", "suspended"), "invoices": ("open", "overdue", "paid", "void")}
_COLUMNS = {
    "users": {
        "Name": "name",
        "Role": "role",
        "Team": "team",
        "Status": "status",
        "Joined": "joined",
        "Last seen": "last_seen",
    },
    "invoices": {
        "Number": "number",
        "Customer": "customer",
        "Issued": "issued",
        "Due": "due",
        "Amount": "amount",
        "Status": "status",
    },
}


class Admin(AdminOperations):
    """The admin panel with its pages."""

    CHANNELS, COUNTRIES, LANGUAGES, ROLES, SCOPES = CHANNELS, COUNTRIES, LANGUAGES, ROLES, SCOPES
    TEAMS, TIMEZONES, DATE_FORMATS, DIGESTS, VISIBLE_TO = TEAMS, TIMEZONES, DATE_FORMATS, DIGESTS, VISIBLE_TO
    STATUSES, COLUMNS = _STATUSES, _COLUMNS
    ACTIONS = ("Suspend", "Restore", *(f"Role: {role}" for role in ROLES), *(f"Team: {team}" for team in TEAMS))
    """What the members' table can do to those that are ticked."""
    dollars = staticmethod(dollars)

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /profile": self._page("profile.html"),
                "POST /profile": self._save_profile,
                "POST /email": self._change_email,
                "GET /notifications": self._page("notifications.html"),
                "POST /notifications": self._save_notifications,
                "GET /privacy": self._page("privacy.html"),
                "POST /privacy": self._save_privacy,
                "GET /away": self._page("away.html"),
                "POST /away": self._set_away,
                "GET /billing": self._page("billing.html"),
                "POST /billing": self._save_billing,
                "GET /tokens": self._page("tokens.html"),
                "POST /tokens": self._create_token,
                "POST /tokens/{token}/revoke": self._revoke_token,
                "GET /users": self._users,
                "POST /users": self._change_users,
                "GET /users/{user}": self._user,
                "POST /users/{user}": self._edit_user,
                "POST /users/{user}/{what}": self._change_user,
                "GET /invite": self._page("invite.html"),
                "POST /invite": self._invite,
                "GET /roles": self._page("roles.html"),
                "GET /invoices": self._invoices,
                "GET /invoices/{invoice}": self._invoice,
                "POST /invoices/{invoice}/{what}": self._change_invoice,
                "GET /flags": self._page("flags.html"),
                "POST /flags/{flag}": self._set_flag,
                "GET /audit": self._audit,
            }
        )

    def only(self, table: str) -> Row:
        """The one row of `account`, `settings` or `billing`."""
        return self.state.find(table)[0]

    def sort_link(self, asked: Any, column: str) -> str:
        """The address of the same table sorted by a column, or the other way round where it is sorted by it now."""
        kept = {key: value for key, value in asked.items() if key not in ("sort", "order", "page") and value}
        turned = asked.get("sort") == column and asked.get("order") != "down"
        return "?" + urlencode(kept | {"sort": column} | ({"order": "down"} if turned else {}))

    def _page(self, template: str):
        async def page(request):
            return show(self, request, template)

        return page

    async def _home(self, request):
        unpaid = [row for row in self.state.find("invoices") if row["status"] in ("open", "overdue")]
        counts = {
            "Active members": len(self.state.find("users", status="active")),
            "Unpaid invoices": dollars(sum(row["amount"] for row in unpaid)),
            "Flags on": len(self.state.find("flags", enabled=True)),
            "Tokens": len(self.state.find("tokens", revoked=False)),
        }
        return show(self, request, "home.html", counts=counts, entries=self.state.find("audit")[:8])

    # --- settings ---------------------------------------------------------------------------------------------------

    async def _save_profile(self, request):
        fields = ("full_name", "job_title", "phone", "language", "timezone", "date_format", "birthday", "bio")
        self.save_profile(**_texts(await request.form(), *fields))
        return go("/profile", "Your profile is saved.")

    async def _change_email(self, request):
        self.change_email((await request.form()).get("email", ""))
        return go("/profile", "Your email address is changed.")

    async def _save_notifications(self, request):
        form = await request.form()
        topics = [row["topic"] for row in self.state.find("notifications")]
        self.save_notifications({topic: form.getlist(topic) for topic in topics}, form.get("digest", ""))
        return go("/notifications", "Your notifications are saved.")

    async def _save_privacy(self, request):
        form = await request.form()
        choices = {name: name in form for name in ("show_online", "searchable", "analytics")}
        self.save_privacy(form.get("visible_to", ""), **choices)
        return go("/privacy", "Your privacy settings are saved.")

    async def _set_away(self, request):
        form = await request.form()
        if "off" in form:
            self.clear_away()
            return go("/away", "The out-of-office message is off.")
        self.set_away(**_texts(form, "first", "last", "message"))
        return go("/away", "The out-of-office message is on.")

    async def _save_billing(self, request):
        self.save_billing(**_texts(await request.form(), "company", "street", "postcode", "city", "country", "email"))
        return go("/billing", "The billing address is saved.")

    async def _create_token(self, request):
        form = await request.form()
        self.create_token(form.get("token_name", ""), form.getlist("scopes"), form.get("expires", ""))
        return go("/tokens", "The token was created.")

    async def _revoke_token(self, request):
        self.revoke_token(request.path_params["token"])
        return go("/tokens", "The token was revoked.")

    # --- members ----------------------------------------------------------------------------------------------------

    async def _users(self, request):
        rows = self._table("users", request.query_params, ("name", "email"), ("role", "team", "status"))
        return show(self, request, "users.html", found=paged(request, rows, _PER_PAGE))

    def _table(self, table: str, asked: Any, searched: Sequence[str], filtered: Sequence[str]) -> list[Row]:
        """The rows that the address asks for, in its order; the first column's where it says none."""
        q, columns = asked.get("q", "").strip().lower(), _COLUMNS[table]
        rows = [
            row
            for row in self.state.find(table)
            if q in " ".join(row[column] for column in searched).lower()
            and all(asked.get(column, "") in ("", row[column]) for column in filtered)
        ]
        column = columns.get(asked.get("sort", ""), next(iter(columns.values())))
        rows.sort(key=lambda row: (row[column] is not None, row[column]), reverse=asked.get("order") == "down")
        return rows

    async def _change_users(self, request):
        form = await request.form()
        ids, action = form.getlist("user"), form.get("action", "")
        if action not in self.ACTIONS:
            raise Refused("Please choose an action.")
        if action == "Suspend":
            self.suspend_users(ids)
        elif action == "Restore":
            self.restore_users(ids)
        elif action.startswith("Role: "):
            self.change_role(ids, action.removeprefix("Role: "))
        else:
            self.change_team(ids, action.removeprefix("Team: "))
        return go("/users", f"{len(ids)} member{'s' if len(ids) != 1 else ''} changed.")

    async def _user(self, request):
        return show(self, request, "user.html", user=find_row(self.state, "users", request.path_params["user"]))

    async def _edit_user(self, request):
        user = request.path_params["user"]
        self.edit_user(user, **_texts(await request.form(), "full_name", "email", "role", "team"))
        return go(f"/users/{user}", "The member is saved.")

    async def _change_user(self, request):
        user, what = request.path_params["user"], request.path_params["what"]
        if what == "remove":
            self.remove_user(user)
            return go("/users", "The member was removed.")
        {"suspend": self.suspend_users, "restore": self.restore_users}[what]([user])
        return go(f"/users/{user}", "The member is suspended." if what == "suspend" else "The member is restored.")

    async def _invite(self, request):
        self.invite_user(**_texts(await request.form(), "full_name", "email", "role", "team"))
        return go("/users?status=invited", "The invitation was sent.")

    # --- invoices, flags and log ------------------------------------------------------------------------------------

    async def _invoices(self, request):
        rows = self._table("invoices", request.query_params, ("number", "customer"), ("status",))
        total = sum(row["amount"] for row in rows)
        return show(self, request, "invoices.html", found=paged(request, rows, _PER_PAGE), total=total)

    async def _invoice(self, request):
        invoice = find_row(self.state, "invoices", request.path_params["invoice"])
        return show(self, request, "invoice.html", invoice=invoice)

    async def _change_invoice(self, request):
        invoice, what = request.path_params["invoice"], request.path_params["what"]
        {"paid": self.mark_paid, "void": self.void_invoice, "remind": self.send_reminder}[what](invoice)
        done = {"paid": "The invoice is paid.", "void": "The invoice is void.", "remind": "The reminder was sent."}
        return go(f"/invoices/{invoice}", done[what])

    async def _set_flag(self, request):
        form, flag = await request.form(), request.path_params["flag"]
        self.set_flag(flag, "enabled" in form, number(form.get("rollout"), -1))
        return go("/flags", f"{find_row(self.state, 'flags', flag)['key']} is saved.")

    async def _audit(self, request):
        asked = request.query_params
        q = asked.get("q", "").strip().lower()
        first = as_date(asked["first"]).isoformat() if asked.get("first") else ""
        last = as_date(asked["last"]).isoformat() if asked.get("last") else "9999"
        entries = self.state.find("audit")
        actions = sorted({entry["action"] for entry in entries})
        found = [
            entry
            for entry in entries
            if q in f"{entry['actor']} {entry['target']}".lower()
            and asked.get("action", "") in ("", entry["action"])
            and first <= entry["day"] <= last
        ]
        return show(self, request, "audit.html", found=paged(request, found, _ENTRIES), actions=actions)


def _texts(form: Any, *fields: str) -> dict[str, str]:
    """Fields of a form, empty where they are missing."""
    return {field: form.get(field, "") for field in fields}
