"""Difficulty 4: many records at once, mistakes to be put right, rules that need a look first."""

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 4, "correspondence")
def archive_from_somebody(scene: Scene) -> Draft:
    inbox = scene.rows("emails", folder="inbox")
    person = scene.pick([p for p in scene.world.people[1:] if 2 <= sum(r["sender"] == p.email for r in inbox) <= 5])
    mails = [row for row in reversed(inbox) if row["sender"] == person.email]
    scene.take(
        scene.phrase("I need {who}'s address.", "Who is {who}?", who=person.first), "search_contacts", query=person.name
    )
    scene.take(
        scene.phrase("Now everything from {mail} in the inbox.", "I list what {mail} wrote.", mail=person.email),
        "search_emails",
        sender=person.email,
        folder="inbox",
    )
    for number, mail in enumerate(mails, 1):
        thought = scene.phrase(
            "{id} goes to the archive.", "Next: {id}.", "Number {n} of {all}: {id}.", n=number, all=len(mails), **mail
        )
        scene.take(thought, "move_email", email_id=mail["id"], folder="archive")
    return Draft(
        scene.phrase(
            "Move everything from {name} that is in my inbox to the archive. How many were there?",
            "Please archive all of {name}'s e-mails in the inbox and tell me how many it was.",
            "inbox: archive all mails of {name}, then tell me the count",
            name=person.name,
        ),
        closing=f"{len(mails)} e-mails from {person.name} are in the archive now.",
        thought=f"All {len(mails)} are moved.",
        says=((f"{len(mails)}",),),
    )


@collect(TEMPLATES, 4, "home")
def everything_off(scene: Scene) -> Draft:
    kind, called = scene.pick((("light", "lights"), ("speaker", "speakers"), ("plug", "plugs")))
    on = [row for row in scene.rows("devices", kind=kind) if row["on_"]]
    routine = scene.pick(scene.rows("routines", active=True))
    if not on:
        raise scene.unfit
    scene.take(scene.phrase("I list the {kind}s.", "Which {kind}s are on?", kind=kind), "list_devices", kind=kind)
    for device in on:
        thought = scene.phrase("{name} is on.", "{id} is still on, so off with it.", "Now {name}.", **device)
        scene.take(thought, "switch_device", device_id=device["id"], on=False)
    scene.take(scene.phrase("Then the routine: I look for {name}.", "Now the routines.", **routine), "list_routines")
    scene.take(
        scene.phrase("{id}: by R3 I pause it.", "{name} is {id}. Pausing keeps R3.", **routine),
        "set_routine",
        routine_id=routine["id"],
        active=False,
    )
    return Draft(
        scene.phrase(
            "We are leaving for a week: switch off all {called} and stop the routine {name}.",
            "Turn every one of the {called} off, and make sure that the {name} routine does not run.",
            "all {called} off, routine {name} off too",
            called=called,
            name=routine["name"],
        ),
        closing=f"All {called} are off and the routine {routine['name']} is paused.",
        thought="Nothing of it is on any more, and the routine is paused.",
        says=((routine["name"],), ("paused", "stopped", "inactive", "off")),
    )


@collect(TEMPLATES, 4, "helpdesk")
def assign_by_topic(scene: Scene) -> Draft:
    agents = {row["team"]: row for row in scene.rows("agents") if not row["away"]}
    topic = scene.pick(sorted(agents))
    found = [row for row in scene.rows("tickets", status="open") if row["topic"] == topic and row["agent_id"] is None]
    if not 1 <= len(found) <= 4:
        raise scene.unfit
    agent = agents[topic]
    scene.take(scene.phrase("I list the open tickets.", "Which tickets are open?"), "search_tickets", status="open")
    scene.take(
        scene.phrase("Who works on {topic}?", "Now the colleagues: who has {topic}?", topic=topic), "list_agents"
    )
    for ticket in found:
        thought = scene.phrase(
            "{id} is about {topic} and nobody has it.",
            "{name} gets {id}.",
            id=ticket["id"],
            topic=topic,
            name=agent["name"],
        )
        scene.take(thought, "assign_ticket", ticket_id=ticket["id"], agent_id=agent["id"])
    return Draft(
        scene.phrase(
            "Give all open {topic} tickets that nobody works on to the right colleague. Who is it?",
            "There are open {topic} tickets without anybody. Assign them by the rules and tell me to whom.",
            "assign the unassigned open {topic} tickets, tell me who got them",
            topic=topic,
        ),
        closing=f"{agent['name']} has them now: {', '.join(row['id'] for row in found)}.",
        thought=f"All of them are with {agent['name']}.",
        says=((agent["name"],),),
        never=tuple(row["name"] for row in scene.rows("agents") if row["id"] != agent["id"]),
    )


@collect(TEMPLATES, 4, "drive")
def shared_with_the_wrong_one(scene: Scene) -> Draft:
    me = scene.world.me.email
    file = scene.pick([row for row in scene.rows("files", owner=me) if len(_shares(scene, row)) == 1])
    share = _shares(scene, file)[0]
    if file["folder"] in ("Contracts", "Invoices"):
        raise scene.unfit
    wrong = next(person for person in scene.world.people if person.email == share["person"])
    right = scene.pick([person for person in scene.world.people[1:] if person != wrong])
    scene.take(
        scene.phrase("I look for the file.", "Which file is {name}?", **file), "search_files", query=file["name"]
    )
    scene.take(
        scene.phrase("{id}. Who has it?", "With whom is {id} shared?", **file), "list_shares", file_id=file["id"]
    )
    scene.take(
        scene.phrase("{mail} should not have it.", "I end the access of {mail} first.", mail=wrong.email),
        "unshare_file",
        file_id=file["id"],
        person=wrong.email,
    )
    scene.take(scene.phrase("Now {who}'s address.", "And {who}?", who=right.first), "search_contacts", query=right.name)
    scene.take(
        scene.phrase(
            "{mail} gets the same role.", "{mail} shall be {role}, as it was.", mail=right.email, role=share["role"]
        ),
        "share_file",
        file_id=file["id"],
        person=right.email,
        role=share["role"],
    )
    return Draft(
        scene.phrase(
            "I shared {file} with {wrong} by mistake. It should have been {right}, with the same role.",
            "{wrong} must not have {file}! I meant {right}. Same rights, please fix it.",
            "oops: {file} went to {wrong} instead of {right}. put that right, same role",
            file=file["name"],
            wrong=wrong.name,
            right=right.name,
        ),
        closing=f"{wrong.name} has no access to {file['name']} any more; {right.name} is {share['role']}.",
        thought="One access is ended, the other given.",
        says=((right.name,), (share["role"],)),
    )


@collect(TEMPLATES, 4, "travel")
def cancel_a_flight(scene: Scene) -> Draft:
    booking = scene.pick(scene.rows("flight_bookings", status="confirmed"))
    flights = {b["id"]: scene.rows("flights", id=b["flight_id"])[0] for b in scene.rows("flight_bookings")}
    flight = flights[booking["id"]]
    if [other["destination"] for other in flights.values()].count(flight["destination"]) > 1:
        raise scene.unfit
    scene.take(scene.phrase("I look at the bookings.", "Which booking is that?"), "list_bookings")
    prompt = scene.phrase(
        "Cancel my flight to {destination}.",
        "I don't need the flight to {destination} any more, please cancel it.",
        "my {destination} flight: cancel",
        **flight,
    )
    if not flight["refundable"]:
        return Draft(
            prompt,
            closing=f"R2 forbids it: the flight to {flight['destination']} ({booking['id']}) is not refundable.",
            thought=f"{booking['id']} is not refundable, and R2 keeps such flights.",
            says=(("R2",),),
            end="decline",
        )
    scene.take(
        scene.phrase("{id} is refundable, so R2 does not hold it.", "It is {id}, and refundable.", **booking),
        "cancel_booking",
        booking_id=booking["id"],
    )
    return Draft(
        prompt,
        closing=f"The flight to {flight['destination']} on {flight['day']} is cancelled.",
        thought="The booking is cancelled.",
        says=(("cancelled", "canceled"),),
    )


@collect(TEMPLATES, 4, "shop")
def price_by_per_cent(scene: Scene) -> Draft:
    product, more = scene.pick(scene.rows("products")), scene.pick((-10, -20, 5, 10, 15, 20, 30, -40, 50))
    price = round(product["price"] * (100 + more) / 100, 2)
    scene.take(
        scene.phrase("What does it cost now?", "I look {name} up.", name=product["name"]),
        "search_products",
        query=product["name"],
    )
    step = f"{'Raise' if more > 0 else 'Lower'} the price of the {product['name'].lower()} by {abs(more)} per cent"
    prompt = scene.phrase(
        "{step}.",
        "{step}, please, and tell me the new one.",
        "Sales wants this: {lower}.",
        step=step,
        lower=step[0].lower() + step[1:],
    )
    if abs(more) > 20:
        return Draft(
            prompt,
            closing=f"R4 forbids it: {abs(more)} per cent at once is more than 20.",
            thought=f"{abs(more)} per cent is more than the 20 of R4.",
            says=(("R4",),),
            end="decline",
        )
    scene.take(
        f"{product['price']:.2f} {'and' if more > 0 else 'less'} {abs(more)} per cent makes {price:.2f}; R4 allows "
        f"up to 20.",
        "set_price",
        product_id=product["id"],
        price=price,
    )
    return Draft(
        prompt,
        closing=f"The {product['name'].lower()} costs {price:.2f} EUR now.",
        thought="The new price is set.",
        says=((f"{price}",),),
    )


@collect(TEMPLATES, 4, "helpdesk")
def merge_a_double(scene: Scene) -> Draft:
    tickets = [row for row in scene.rows("tickets") if row["status"] != "closed"]
    pairs = [
        (a, b)
        for a in tickets
        for b in tickets
        if a["id"] < b["id"] and all(a[k] == b[k] for k in ("customer_id", "subject"))
    ]
    first, second = scene.pick(pairs)
    (customer,) = scene.rows("customers", id=first["customer_id"])
    same = [row for row in tickets if row["customer_id"] == customer["id"] and row["subject"] == first["subject"]]
    if len(same) > 2:
        raise scene.unfit
    scene.take(
        scene.phrase("Who is {name}?", "I look {name} up.", **customer), "search_customers", query=customer["name"]
    )
    scene.take(
        scene.phrase("{id}. Now the tickets.", "I list the tickets of {id}.", **customer),
        "search_tickets",
        customer_id=customer["id"],
    )
    scene.take(
        f"{first['id']} and {second['id']} say the same; the older one stays.",
        "merge_tickets",
        ticket_id=second["id"],
        into=first["id"],
    )
    text = "We have merged your two reports into one."
    scene.take("Now the customer should know.", "comment_ticket", ticket_id=first["id"], text=text, public=True)
    scene.mention("comments", "text", ["merged", "merge", "combined", "joined"], ticket_id=first["id"], public=True)
    return Draft(
        scene.phrase(
            "{name} reported '{subject}' twice. Merge the newer ticket into the older one and tell the customer "
            "there that they are merged.",
            "Two tickets by {name} about '{subject}': keep the older, merge the other into it, and leave the "
            "customer a comment that you merged them.",
            name=customer["name"],
            subject=first["subject"],
        ),
        closing=f"{second['id']} is merged into {first['id']}, and {customer['name']} can read so.",
        thought="Both are done.",
        says=((first["id"],),),
    )


def _shares(scene: Scene, file: dict) -> list[dict]:
    return scene.rows("shares", file_id=file["id"])
