"""The admin panel: tables of members, invoices and the log, to search, sort, page and edit in bulk."""

from envs.records import Row
from envs.web.sites.admin_content import ROLES, TEAMS
from envs.web.sites.fields import dollars
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_PER_PAGE = 10


@collect(TEMPLATES, 1, "admin")
def look_up_a_member(scene: Scene) -> Draft:
    user = scene.pick(scene.rows("users"))
    _search_member(scene, user)
    asked, value = scene.pick(
        (
            ("In which team is {name}?", user["team"]),
            ("what role does {name} have", user["role"]),
            ("When did {name} join? I have to write a speech.", user["joined"]),
            ("{name}: team?", user["team"]),
            ("Can you see what role {name} has in the organisation?", user["role"]),
        )
    )
    return Draft(
        asked.format(name=user["name"]),
        thought=scene.phrase("The row says {value}.", "{name}: {value}.", value=value, name=user["name"]),
        closing=f"{value}.",
        says=((value,),),
    )


@collect(TEMPLATES, 3, "admin")
def search_the_log(scene: Scene) -> Draft:
    entry = scene.pick(
        [row for row in scene.rows("audit") if row["action"] in ("user.suspend", "role.change", "user.invite")]
    )
    target, action = entry["target"], entry["action"]
    alike = [
        row
        for row in scene.rows("audit")
        if row["action"] == action and target.lower() in f"{row['actor']} {row['target']}".lower()
    ]
    if len(alike) > 1:
        raise scene.unfit
    scene.click("Who did what is in the log.", "link", "Audit log")
    scene.type("Whom it was done to.", "textbox", "Search log", target)
    scene.select(f"The action is {action}.", "Action", action)
    scene.click("I look.", "button", "Filter")
    did = {"user.suspend": "suspended", "role.change": "changed the role of", "user.invite": "invited"}[action]
    return Draft(
        scene.phrase(
            "Who {did} {target}, and on which day? The audit log should tell.",
            "According to the audit log, who {did} {target} and when (date)?",
            "audit: who {did} {target}? name + date",
            did=did,
            target=target,
        ),
        thought=scene.phrase("One entry: {actor} on {day}.", "{actor} did it, on {day}.", **entry),
        closing=f"{entry['actor']}, on {entry['day']}.",
        says=((entry["actor"],), (entry["day"],)),
    )


@collect(TEMPLATES, 3, "admin")
def remind_the_largest_debtor(scene: Scene) -> Draft:
    overdue = sorted(scene.rows("invoices", status="overdue"), key=lambda row: -row["amount"])
    if len(overdue) < 2 or overdue[0]["amount"] == overdue[1]["amount"]:
        raise scene.unfit
    invoice = overdue[0]
    _filter_invoices(scene)
    scene.click("Sorted by amount.", "link", "Amount")
    scene.click("Once more, so that the largest comes first.", "link", "Amount")
    scene.click(f"{dollars(invoice['amount'])} is the largest.", "link", invoice["number"])
    button, operation, wish = scene.pick(
        (
            ("Send reminder", "send_reminder", ("Send a reminder for {it}.", "{it} needs a reminder, no other one.")),
            (
                "Mark as paid",
                "mark_paid",
                ("The money for {it} has come. Mark it as paid.", "Mark {it} as paid, please."),
            ),
        )
    )
    it = scene.pick(("the overdue invoice with the highest amount", "the largest of our overdue invoices"))
    scene.click("Here is the button.", "button", button)
    scene.gold(operation, invoice_id=invoice["id"])
    return Draft(
        _sentence(scene.phrase(*wish, it=it)),
        thought=scene.phrase("That is done for {number}.", "{number} is dealt with.", **invoice),
    )


@collect(TEMPLATES, 4, "admin")
def invite_a_successor(scene: Scene) -> Draft:
    user = scene.pick([row for row in scene.rows("users", status="active") if row["role"] != "Owner"])
    known = {row["name"] for row in scene.rows("users")}
    name = scene.pick(
        [name for name in ("Robin Hale", "Sascha Blum", "Alex Moreau", "Jo Lindqvist") if name not in known]
    )
    email = f"{name.lower().replace(' ', '.')}@{scene.site.domain}"
    _search_member(scene, user)
    scene.click("I open the member.", "link", user["name"])
    scene.click(f"{user['role']} in {user['team']}. Now I suspend.", "button", "Suspend")
    scene.gold("suspend_users", user_ids=[user["id"]])
    scene.click("Back to the members.", "link", "Members")
    scene.click("Invitations start here.", "link", "Invite a member")
    scene.type("The new name.", "textbox", "Name", name)
    scene.type("The address.", "textbox", "Email", email)
    scene.select("The same role.", "Role", user["role"])
    scene.select("The same team.", "Team", user["team"])
    scene.click("I send it.", "button", "Send invitation")
    scene.gold("invite_user", full_name=name, email=email, role=user["role"], team=user["team"])
    return Draft(
        scene.phrase(
            "{old} is leaving: suspend the account, and invite {new} ({email}) with the same role and team.",
            "{new} takes over from {old}. Suspend {old}, then invite {new} ({email}), same role, same team.",
            "suspend {old}; invite {new}, {email}, role + team as {old}",
            old=user["name"],
            new=name,
            email=email,
        ),
        thought=scene.phrase(
            "Suspended and invited.", "{new} is invited in place of {old}.", new=name, old=user["name"]
        ),
    )


@collect(TEMPLATES, 4, "admin")
def edit_members_in_bulk(scene: Scene) -> Draft:
    team, status = scene.pick(TEAMS), scene.pick(("invited", "suspended", "active"))
    role = scene.pick([role for role in ROLES if role != "Owner"])
    users = scene.rows("users", team=team, status=status, role=role)
    goal = scene.pick([other for other in TEAMS if other != team])
    if not 2 <= len(users) <= _PER_PAGE:
        raise scene.unfit
    _filter_members(scene, team, role, status)
    _apply_to_all(scene, len(users), f"Team: {goal}", f"These {len(users)}, all of them.")
    scene.gold("change_team", user_ids=[row["id"] for row in users], team=goal)
    return Draft(
        scene.phrase(
            "Move every {status} member of {team} with the role {role} to the team {goal}.",
            "Reorganisation: whoever is in {team}, has the role {role} and is {status} now belongs to {goal}.",
            "{team} / {role} / {status}: all -> team {goal}",
            status=status,
            team=team,
            role=role,
            goal=goal,
        ),
        thought=scene.phrase("{n} members are moved.", "All {n} are in their new team.", n=len(users)),
    )


@collect(TEMPLATES, 5, "admin")
def merge_over_two_pages(scene: Scene) -> Draft:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(scene.rows("users"), key=lambda row: row["name"]):
        groups.setdefault((row["team"], row["role"]), []).append(row)
    team, role = scene.pick([key for key, rows in groups.items() if _PER_PAGE < len(rows) <= 2 * _PER_PAGE])
    users, goal = groups[team, role], scene.pick([other for other in TEAMS if other != team])
    for start in range(0, len(users), _PER_PAGE):
        page = users[start : start + _PER_PAGE]
        left = len(users) - start
        _filter_members(scene, team, role)
        _apply_to_all(scene, left, f"Team: {goal}", f"{left} to move, {len(page)} on this page. I tick them all.")
        scene.gold("change_team", user_ids=[row["id"] for row in page], team=goal)
    return Draft(
        scene.phrase(
            "All members of {team} with the role {role}, whatever their status, go to the team {goal}.",
            "{team} gives its people with the role {role} to {goal}. Move every one of them, also those who are "
            "suspended or only invited.",
            "{team}, role {role}: all -> {goal} (any status)",
            team=team,
            role=role,
            goal=goal,
        ),
        thought=scene.phrase("All {n} are moved.", "None of the {n} is left in {team}.", n=len(users), team=team),
    )


@collect(TEMPLATES, 5, "admin")
def remind_all_late_payers(scene: Scene) -> Draft:
    overdue = sorted(scene.rows("invoices", status="overdue"), key=lambda row: row["due"])
    if len(overdue) < 4:
        raise scene.unfit
    count = scene.rng.randint(2, 3)
    if len(overdue) <= count or overdue[count - 1]["due"] == overdue[count]["due"]:
        raise scene.unfit
    day, late = overdue[count]["due"], overdue[:count]
    total = sum(row["amount"] for row in late)
    for number, invoice in enumerate(late):
        _filter_invoices(scene)
        scene.click(scene.phrase("By the day they were due, the oldest first.", "Sorted by due date."), "link", "Due")
        thought = f"{invoice['number']}, due {invoice['due']}, {dollars(invoice['amount'])}."
        scene.click(thought if number else f"{thought} It is before {day}.", "link", invoice["number"])
        scene.click("I remind them.", "button", "Send reminder")
        scene.gold("send_reminder", invoice_id=invoice["id"])
    sums = " + ".join(dollars(row["amount"]) for row in late)
    return Draft(
        scene.phrase(
            "Send a reminder for every overdue invoice that was due before {day}. What do these come to in all?",
            "All overdue invoices with a due date before {day} need a reminder. Tell me their sum afterwards.",
            "remind: overdue and due before {day}. then the total?",
            day=day,
        ),
        thought=f"Reminded of {count}: {sums} = {dollars(total)}.",
        closing=f"Reminders are sent for {count} invoices, {dollars(total)} in all.",
        says=((dollars(total),),),
    )


def _search_member(scene: Scene, user: Row) -> None:
    scene.click(scene.phrase("I look among the members.", "To the members."), "link", "Members")
    scene.type("There are many, so I search.", "textbox", "Search members", user["name"], enter=True)
    scene.see("It must be further down.", f'"{user["name"]}"')


def _filter_members(scene: Scene, team: str, role: str = "", status: str = "") -> None:
    scene.click(scene.phrase("The members, please.", "I open the list of members."), "link", "Members")
    scene.select(scene.phrase("Team {team}.", "Only those of {team}.", team=team), "Team", team)
    if role:
        scene.select(f"Role {role}.", "Role", role)
    if status:
        scene.select(f"Only {status} ones.", "Status", status)
    scene.click(scene.phrase("I filter the list.", "Now only they should be listed."), "button", "Filter")


def _apply_to_all(scene: Scene, total: int, action: str, thought: str) -> None:
    scene.see("I read the whole list.", f"{total} member")
    scene.click(thought, "checkbox", "Select all on this page")
    scene.select("What to do with them.", "Action", action)
    scene.click("Now for all that are ticked.", "button", "Apply to selected")


def _filter_invoices(scene: Scene) -> None:
    scene.click(scene.phrase("I look at the invoices.", "To the invoices.", "The invoices, then."), "link", "Invoices")
    scene.select(scene.phrase("Only overdue ones.", "The status must be overdue."), "Status", "overdue")
    scene.click(scene.phrase("Filter.", "I filter the list."), "button", "Filter")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
