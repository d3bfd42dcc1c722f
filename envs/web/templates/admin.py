"""The admin panel: settings with checkboxes, choices and dates, flags and tokens."""

from datetime import timedelta

from envs.web.sites.admin_content import CHANNELS
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 1, "admin")
def change_who_sees_me(scene: Scene) -> Draft:
    now = scene.rows("settings")[0]
    who = scene.pick([who for who in ("Everyone", "Organisation", "Nobody") if who != now["visible_to"]])
    scene.click(scene.phrase("That is a matter of privacy.", "I open the privacy settings."), "link", "Privacy")
    scene.click(f"{who}.", "radio", who)
    scene.click("I save it.", "button", "Save privacy")
    kept = {key: now[key] for key in ("show_online", "searchable", "analytics")}
    scene.gold("save_privacy", visible_to=who, **kept)
    wish = {
        "Everyone": ("Everyone should be able to see my profile.", "make my profile visible to everyone"),
        "Organisation": ("Show my profile to the organisation only.", "profile: organisation only please"),
        "Nobody": ("Nobody should see my profile any more.", "hide my profile from everybody"),
    }[who]
    return Draft(
        scene.phrase("{wish}", "{wish}", "Hi! {wish}", wish=scene.pick(wish)),
        thought=scene.phrase("The settings are saved.", "It is saved: {who}.", who=who.lower()),
    )


@collect(TEMPLATES, 2, "admin")
def change_notifications(scene: Scene) -> Draft:
    rows = scene.rows("notifications")
    row, channel = scene.pick(rows), scene.pick(CHANNELS)
    kept = {other["topic"]: [name for name in CHANNELS if other[name]] for other in rows}
    on = not row[channel]
    kept[row["topic"]] = [name for name in CHANNELS if (on if name == channel else row[name])]
    if not kept["Security alerts"]:
        raise scene.unfit
    before = scene.rows("settings")[0]["digest"]
    digest = scene.pick([digest for digest in ("Never", "Daily", "Weekly") if digest != before])
    scene.click("The notifications have a page.", "link", "Notifications")
    scene.click(f"{row['topic']} by {channel}: {'on' if on else 'off'}.", "checkbox", f"{row['topic']} by {channel}")
    scene.select(f"The digest: {digest.lower()}.", "Digest", digest)
    scene.click("I save both.", "button", "Save notifications")
    scene.gold("save_notifications", channels=kept, digest=digest)
    return Draft(
        scene.phrase(
            'Switch "{topic}" by {channel} {on} in my notifications, and set the digest to {digest}.',
            "I want {topic} by {channel} switched {on}. The digest: {digest}. Leave the rest.",
            "notifications: {topic} / {channel} {on}, digest {digest}",
            topic=row["topic"],
            channel=channel,
            on="on" if on else "off",
            digest=digest.lower(),
        ),
        thought=scene.phrase("Both are saved.", "The notifications are saved."),
    )


@collect(TEMPLATES, 2, "admin")
def switch_on_the_away_message(scene: Scene) -> Draft:
    first = scene.site.today + timedelta(scene.rng.randint(2, 20))
    last = first + timedelta(scene.rng.randint(2, 14))
    deputy = scene.pick([row for row in scene.rows("users", status="active") if row["id"] != scene.site.user_id])[
        "name"
    ]
    text = scene.phrase(
        "I am away. Please write to {name}.",
        "I am out of the office; {name} can help you.",
        "Thank you for your message. Until I am back, {name} answers for me.",
        name=deputy,
    )
    scene.click("This is what the out-of-office message is for.", "link", "Out of office")
    scene.type("The first day away.", "date", "First day", first.isoformat())
    scene.type("The last one.", "date", "Last day", last.isoformat())
    scene.type(f"The message names {deputy}.", "textbox", "Message", text)
    scene.click("On.", "button", "Switch on")
    scene.gold("set_away", first=first.isoformat(), last=last.isoformat(), message=text)
    scene.mention("settings", "away_message", [deputy])
    return Draft(
        scene.phrase(
            "I am on holiday from {first} to {last}. Switch on an out-of-office message that sends people to {name}.",
            "Out of office from {first} until {last}, please; the message should name {name} as the one to ask.",
            "away {first} - {last}, contact: {name}",
            first=first.isoformat(),
            last=last.isoformat(),
            name=deputy,
        ),
        thought=scene.phrase("The message is on for these days.", "It is switched on."),
    )


@collect(TEMPLATES, 2, "admin")
def roll_out_a_feature(scene: Scene) -> Draft:
    flag = scene.pick([row for row in scene.rows("flags") if not row["locked"]])
    rollout = scene.pick([n for n in (5, 10, 20, 50, 75, 100) if n != flag["rollout"]])
    scene.click("Features are switched with flags.", "link", "Feature flags")
    if not flag["enabled"]:
        scene.click("It is off, so on with it.", "checkbox", flag["key"])
    scene.type(f"{rollout} percent.", "number", f"Rollout of {flag['key']}", str(rollout))
    scene.click("Each flag has its own button.", "button", f"Save {flag['key']}")
    scene.gold("set_flag", flag_id=flag["id"], enabled=True, rollout=rollout)
    return Draft(
        scene.phrase(
            "Roll out {key} to {n} percent of the members.",
            "The feature flag {key} should be on for {n}%.",
            "flag {key} -> on, {n}%",
            "We are going ahead with {key}. Please have it on for {n} percent of our people.",
            key=flag["key"],
            n=rollout,
        ),
        thought=scene.phrase("{key} is saved.", "{key} is on for {n} percent.", key=flag["key"], n=rollout),
    )


@collect(TEMPLATES, 3, "admin")
def revoke_expired_tokens(scene: Scene) -> Draft:
    today = scene.site.today.isoformat()
    old = [row for row in scene.rows("tokens", revoked=False) if row["expires"] <= today]
    if not 0 < len(old) < len(scene.rows("tokens")):
        raise scene.unfit
    scene.click("The tokens are listed with their dates.", "link", "API tokens")
    for row in old:
        scene.click(f"{row['name']} expired on {row['expires']}.", "button", f"Revoke {row['name']}")
        scene.gold("revoke_token", token_id=row["id"])
    return Draft(
        scene.phrase(
            "Revoke all API tokens that have expired. Leave the others alone.",
            "For the security review: every expired API token has to be revoked, and no other.",
            "clean up tokens: revoke expired ones only",
        ),
        thought=scene.phrase("No other one has expired.", "All that have expired are revoked."),
    )
