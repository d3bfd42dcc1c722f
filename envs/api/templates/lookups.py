"""Difficulty 2: look something up, then act on it."""

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@collect(TEMPLATES, 2, "correspondence")
def tell_somebody(scene: Scene) -> Draft:
    person, hour, day = scene.pick(scene.world.people[1:]), scene.rng.randint(8, 17), scene.pick(_DAYS)
    scene.take(
        scene.phrase("I need {who}'s address first.", "Which address does {who} have?", who=person.first),
        "search_contacts",
        query=person.name,
    )
    scene.take(
        scene.phrase("The address is {mail}, so I can write.", "I write to {mail}.", mail=person.email),
        "send_email",
        to=[person.email],
        subject=f"{day} at {hour}:00",
        body=f"Hello {person.first}, I have time on {day} at {hour}:00. {scene.world.me.first}",
    )
    scene.mention("emails", "body", [day], [f"{hour}:00", f"{hour}", f"{(hour - 1) % 12 + 1} pm"], folder="sent")
    return Draft(
        scene.phrase(
            "Write to {name} that I have time on {day} at {hour}:00.",
            "Can you mail {name}? I'm free {day}, {hour}:00.",
            "pls email {name}: {day} {hour}:00 works for me",
            name=person.name,
            day=day,
            hour=hour,
        ),
        closing=f"I have written to {person.name} that you have time on {day} at {hour}:00.",
        thought="The e-mail is sent.",
        says=(("sent", "written", "wrote", "emailed", "mailed"),),
    )


@collect(TEMPLATES, 2, "bank")
def pay_somebody(scene: Scene) -> Draft:
    payee = scene.pick(scene.rows("payees"))
    amount = scene.rng.randint(5, 39) + scene.pick((0, 0, 0.5, 0.95))
    account = scene.pick(scene.rows("accounts", name="checking"))
    scene.take(
        scene.phrase("I need {name}'s id among the payees.", "Is {name} a payee?", name=payee["name"]), "list_payees"
    )
    scene.take(
        scene.phrase("{name} is {id}. Now the account.", "Found: {id}. Which account is checking?", **payee),
        "list_accounts",
    )
    scene.take(
        scene.phrase("Checking is {id}, it holds enough.", "I pay from {id}.", id=account["id"]),
        "send_money",
        account_id=account["id"],
        payee_id=payee["id"],
        amount=amount,
    )
    return Draft(
        scene.phrase(
            "Send {amount:.2f} EUR to {name} from my checking account.",
            "I owe {name} {amount:.2f} EUR. Please pay it from checking.",
            "pay {name} {amount:.2f} (checking)",
            amount=amount,
            name=payee["name"],
        ),
        closing=f"{payee['name']} has been paid {amount:.2f} EUR from checking.",
        thought="The payment is booked.",
        says=((f"{amount}",),),
    )


@collect(TEMPLATES, 2, "home")
def dim_a_light(scene: Scene) -> Draft:
    light, level = scene.pick(scene.rows("devices", kind="light")), scene.rng.randrange(5, 100, 5)
    if light["level"] == level:
        raise scene.unfit
    scene.take(
        scene.phrase("Which light is in the {room}?", "I need the id of the {room} light.", room=light["room"]),
        "list_devices",
        room=light["room"],
    )
    scene.take(
        scene.phrase("It is {id}.", "The light is {id}, I set its level.", id=light["id"]),
        "set_level",
        device_id=light["id"],
        level=level,
    )
    return Draft(
        scene.phrase(
            "Set the light in the {room} to {level} per cent.",
            "It's too bright in the {room}. {level}% for the light, please.",
            "{room} light {level}%",
            room=light["room"],
            level=level,
        ),
        closing=f"The {light['room']} light is at {level} per cent.",
        thought=f"The light reports {level}.",
        says=((f"{level}",),),
    )


@collect(TEMPLATES, 2, "drive")
def share_with_somebody(scene: Scene) -> Draft:
    file = scene.pick(
        [r for r in scene.rows("files", owner=scene.world.me.email) if r["folder"] in ("Photos", "Reports")]
    )
    person, role = scene.pick(scene.world.people[1:]), scene.pick(("viewer", "editor"))
    if scene.rows("shares", file_id=file["id"], person=person.email):
        raise scene.unfit
    scene.take(
        scene.phrase("First the file.", "I look for {name}.", name=file["name"]), "search_files", query=file["name"]
    )
    scene.take(
        scene.phrase(
            "It is {id}. Now {who}'s address.", "{id}. Whom to share it with?", id=file["id"], who=person.first
        ),
        "search_contacts",
        query=person.name,
    )
    scene.take(
        scene.phrase("{mail} becomes {role}.", "I share it with {mail}.", mail=person.email, role=role),
        "share_file",
        file_id=file["id"],
        person=person.email,
        role=role,
    )
    right = {"viewer": "read", "editor": "edit"}[role]
    return Draft(
        scene.phrase(
            "Let {name} {right} {file}.",
            "{name} should be able to {right} my file {file}. Can you share it?",
            "share {file} with {name}, {role}",
            name=person.name,
            right=right,
            role=role,
            file=file["name"],
        ),
        closing=f"{person.name} can now {right} {file['name']}.",
        thought=f"It is shared, {person.first} is {role}.",
        says=((file["name"],), (person.first,)),
    )


@collect(TEMPLATES, 2, "assistant")
def cancel_an_appointment(scene: Scene) -> Draft:
    event = scene.pick([row for row in scene.rows("events") if not row["guests"]])
    scene.take(
        scene.phrase("I look for {title}.", "When is {title}? I search for it.", title=event["title"]),
        "search_events",
        text=event["title"],
    )
    scene.take(
        scene.phrase("It is {id}, on {day}.", "{id} is the one.", "Only {id} fits: I cancel it.", **event),
        "cancel_event",
        event_id=event["id"],
    )
    return Draft(
        scene.phrase(
            "Cancel my appointment '{title}'.",
            "I won't make it to {title}. Take it out of the calendar, please.",
            "drop {title} from my calendar",
            title=event["title"],
        ),
        closing=f"{event['title']} on {event['day']} is cancelled.",
        thought="It is gone from the calendar.",
        says=(("cancelled", "canceled", "removed"),),
    )


@collect(TEMPLATES, 2, "travel")
def which_flight_is_mine(scene: Scene) -> Draft:
    booking = scene.pick(scene.rows("flight_bookings", status="confirmed"))
    (flight,) = scene.rows("flights", id=booking["flight_id"])
    if len([b for b in scene.rows("flight_bookings") if _leads_to(scene, b) == flight["destination"]]) > 1:
        raise scene.unfit
    scene.take(
        scene.phrase("The bookings show it.", "I look at what is booked.", "Let me see the bookings."), "list_bookings"
    )
    return Draft(
        scene.phrase(
            "When does my flight to {destination} leave? I need day and time.",
            "On which day and at what time do I fly to {destination}?",
            "day and departure time of my {destination} flight?",
            **flight,
        ),
        closing=f"Your flight to {flight['destination']} leaves on {flight['day']} at {flight['departs']}.",
        thought=f"The booking {booking['id']} is for {flight['destination']}: {flight['day']}, {flight['departs']}.",
        says=((flight["day"],), (flight["departs"],)),
    )


def _leads_to(scene: Scene, booking: dict) -> str:
    return scene.rows("flights", id=booking["flight_id"])[0]["destination"]
