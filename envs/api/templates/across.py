"""Difficulty 5: services together, a user who changes their mind, a service that stays broken."""

from datetime import date

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_DOWN = "The service is down for maintenance until tomorrow. Nothing was done."


@collect(TEMPLATES, 5, "travel")
def flight_and_hotel(scene: Scene) -> Draft:
    flight = scene.pick(scene.rows("flights"))
    rivals = [r for r in scene.rows("flights", destination=flight["destination"]) if r["origin"] == flight["origin"]]
    hotels = sorted(scene.rows("hotels", city=flight["destination"]), key=lambda row: row["price"])
    allowed = [row for row in hotels if row["price"] <= 200]
    if min(rivals, key=lambda row: row["price"]) != flight or len({r["price"] for r in rivals}) < len(rivals):
        raise scene.unfit
    if not allowed or len({row["price"] for row in hotels}) < len(hotels):
        raise scene.unfit
    hotel, first, nights = allowed[0], scene.rng.randint(2, 3), scene.rng.randint(4, 6)
    total = flight["price"] + hotel["price"] * nights
    route = {k: flight[k] for k in ("origin", "destination", "day")}
    scene.take(
        scene.phrase("First the flights.", "How does one get from {origin} to {destination}?", **route),
        "search_flights",
        origin=flight["origin"],
        destination=flight["destination"],
    )
    scene.take(f"{flight['id']} is the cheapest. Now a room.", "search_hotels", city=flight["destination"])
    before = ("book_flight", "book_hotel")
    scene.confirm(
        f"{hotel['name']} is the cheapest. R1 wants flight, hotel and price shown.",
        _offer(flight, hotel, first),
        before,
        [[hotel["name"]]],
        scene.phrase("Nearly: make it {n} nights.", "Actually, I stay {n} nights.", n=nights),
        accepts=False,
    )
    scene.confirm(
        f"{nights} nights then: {total:.0f} in all. I show it again.",
        _offer(flight, hotel, nights),
        before,
        [[flight["day"]], [hotel["name"]], [f"{nights} nights"], [f"{total}"]],
        scene.phrase("Yes, that's it.", "Perfect, book both."),
    )
    scene.take("The user agrees. The flight first.", "book_flight", flight_id=flight["id"], seats=1, cabin="economy")
    stay = {"first_day": flight["day"], "nights": nights, "guests": 1}
    scene.take("And the room from the day of the flight.", "book_hotel", hotel_id=hotel["id"], **stay)
    return Draft(
        scene.phrase(
            "Plan my trip from {origin} to {destination}: the cheapest flight, economy, and the cheapest hotel "
            "there for "
            "{n} nights from the day I arrive. I go alone.",
            "I want to go from {origin} to {destination} for {n} nights, alone and as cheaply as possible. Book flight "
            "(economy) and hotel, from the day of the flight.",
            n=first,
            **route,
        ),
        closing=f"Booked: {flight['airline']} on {flight['day']} and {nights} nights at {hotel['name']}, "
        f"{total:.0f} EUR.",
        thought="Both bookings are confirmed.",
        says=((hotel["name"],), (f"{total}",)),
    )


def _offer(flight: dict, hotel: dict, nights: int) -> str:
    total = flight["price"] + hotel["price"] * nights
    return (
        f"{flight['airline']} to {flight['destination']} on {flight['day']} for {flight['price']:.0f} EUR and "
        f"{nights} nights at "
        f"{hotel['name']}, {total:.0f} EUR in all. Shall I book both?"
    )


@collect(TEMPLATES, 5, "assistant")
def plan_and_invite(scene: Scene) -> Draft:
    guests = scene.rng.sample(scene.world.people[1:], 2)
    taken = {row["day"] for row in scene.rows("events")}
    days = [scene.world.days_ago(-ahead) for ahead in range(1, 12)]
    day = scene.pick([d for d in days if d not in taken and date.fromisoformat(d).weekday() < 5])
    hour, minutes = scene.rng.randint(9, 15), scene.pick((30, 45, 60, 90))
    title, place = (
        scene.pick(("Kick-off", "Retrospective", "Site visit", "Contract talk")),
        scene.pick(("Room A", "Room B")),
    )
    scene.take(scene.phrase("Is {day} free?", "I look at {day} first.", day=day), "list_events", first_day=day)
    for number, guest in enumerate(guests):
        thought = f"{'The day is free. ' if not number else ''}I need {guest.first}'s address."
        scene.take(thought, "search_contacts", query=guest.name)
    addresses = sorted(guest.email for guest in guests)
    event = {"day": day, "start": f"{hour:02}:00", "minutes": minutes, "place": place, "guests": addresses}
    scene.take("Both addresses are known, so I can plan it.", "create_event", title=title, **event)
    body = f"Hello, {title} is on {day} at {hour}:00 in {place}. {scene.world.me.first}"
    scene.take("Now they should hear of it.", "send_email", to=addresses, subject=title, body=body)
    scene.mention("emails", "body", [day], [f"{hour}:00"], [place], folder="sent")
    first, second = (guest.name for guest in guests)
    return Draft(
        scene.phrase(
            "Plan '{title}' with {first} and {second} on {day} at {hour}:00, {minutes} minutes in {place}, and mail "
            "both "
            "day, time and place.",
            "I need '{title}' in the calendar: {day}, {hour}:00, {minutes} minutes, {place}, guests {first} and "
            "{second}. "
            "Then one e-mail to both with day, time and place.",
            title=title,
            first=first,
            second=second,
            day=day,
            hour=hour,
            minutes=minutes,
            place=place,
        ),
        closing=f"{title} is planned for {day} at {hour}:00, and {first} and {second} know.",
        thought="Appointment and e-mail are both done.",
        says=((day,),),
    )


@collect(TEMPLATES, 5, "bank")
def pay_what_checking_cannot(scene: Scene) -> Draft:
    checking, savings = (scene.rows("accounts", name=name)[0] for name in ("checking", "savings"))
    payee = scene.pick(scene.rows("payees"))
    lacking = scene.rng.randint(3, 18) * 50
    amount = round(checking["balance"] - 100 + lacking, 2)
    if not 520 <= amount <= 1900 or savings["balance"] - lacking < 100 or lacking > savings["daily_limit"]:
        raise scene.unfit
    scene.take(scene.phrase("What is on the accounts?", "I look at the balances."), "list_accounts")
    scene.take(
        f"{amount:.2f} is more than R2 lets leave checking ({checking['balance']:.2f}). Now the payee.", "list_payees"
    )
    scene.confirm(
        f"{payee['id']} is {payee['name']}. The amount is above 500, so R1 wants it shown.",
        f"I would move {lacking} EUR from savings to checking, then pay {payee['name']} {amount:.2f} EUR. All right?",
        ["send_money"],
        [[payee["name"]], [f"{amount}"]],
        scene.phrase("Yes.", "Yes, do that.", "That's right."),
    )
    scene.take(
        f"The user agrees. {lacking} is just what keeps checking at 100.",
        "move_money",
        from_account=savings["id"],
        to_account=checking["id"],
        amount=float(lacking),
    )
    scene.take("Now checking can pay.", "send_money", account_id=checking["id"], payee_id=payee["id"], amount=amount)
    return Draft(
        scene.phrase(
            "Pay {name} {amount:.2f} EUR from checking. If the rules keep checking from paying it, move exactly "
            "what is "
            "missing from savings first.",
            "{name} gets {amount:.2f} EUR from my checking account. Take what is missing for that, not a cent more, "
            "from "
            "savings.",
            name=payee["name"],
            amount=amount,
        ),
        closing=f"{payee['name']} has been paid {amount:.2f} EUR; {lacking} EUR of it came from savings.",
        thought="Both are booked, and checking stands at 100.",
        says=((f"{amount}",), (f"{lacking}",)),
    )


@collect(TEMPLATES, 5, "helpdesk", "drive", "home")
def a_service_that_stays_down(scene: Scene) -> Draft:
    tool, listing, prompt, arguments, look = _wish(scene)
    scene.take(look, listing, **arguments.pop("look"))
    scene.fail(scene.phrase("That is the one.", "Now I can do it."), tool, _DOWN, **arguments)
    scene.faults[tool]["times"] = None
    return Draft(
        prompt,
        closing="It could not be done: the service is down until tomorrow, and nothing was changed.",
        thought=scene.phrase("Trying again will not help before tomorrow.", "It is down until tomorrow: I say so."),
        says=(("down", "maintenance", "unavailable", "not available", "tomorrow"),),
        end="decline",
    )


def _wish(scene: Scene) -> tuple[str, str, str, dict, str]:
    """(tool that fails, look-up before it, request, arguments of both, thought before the look-up)"""
    if "tickets" in scene.desk.services:
        ticket = scene.pick(scene.rows("tickets", status="waiting"))
        (customer,) = scene.rows("customers", id=ticket["customer_id"])
        found = [row for row in scene.rows("tickets", status="waiting") if row["customer_id"] == customer["id"]]
        if len(found) > 1 or len(scene.rows("customers", name=customer["name"])) > 1:
            raise scene.unfit
        prompt = f"The waiting ticket '{ticket['subject']}' ({ticket['id']}) is answered. Set it to solved."
        return (
            "update_ticket",
            "read_ticket",
            prompt,
            {"look": {"ticket_id": ticket["id"]}, "ticket_id": ticket["id"], "status": "solved"},
            "I read the ticket first.",
        )
    if "files" in scene.desk.services:
        file = scene.pick([row for row in scene.rows("files") if row["folder"] != "Photos"])
        prompt = f"Move {file['name']} to the folder Photos."
        return (
            "move_file",
            "search_files",
            prompt,
            {"look": {"query": file["name"]}, "file_id": file["id"], "folder": "Photos"},
            "I look for the file.",
        )
    light = scene.pick(scene.rows("devices", kind="light"))
    on = not light["on_"]
    prompt = f"Switch the light in the {light['room']} {'on' if on else 'off'}."
    return (
        "switch_device",
        "list_devices",
        prompt,
        {"look": {"room": light["room"]}, "device_id": light["id"], "on": on},
        "Which light is that?",
    )


@collect(TEMPLATES, 5, "shop")
def damaged_batch(scene: Scene) -> Draft:
    delivered = [
        row for row in scene.rows("orders", status="delivered") if scene.world.days_since(row["delivered"]) <= 30
    ]
    product = scene.pick(scene.rows("products"))
    every = [row for row in scene.rows("orders", status="delivered") if row["product_id"] == product["id"]]
    found = [row for row in reversed(delivered) if row["product_id"] == product["id"]]
    if not 1 <= len(found) <= 4 or len(every) > 6:
        raise scene.unfit
    scene.take(
        scene.phrase("Which product is that?", "First the product's id."), "search_products", query=product["name"]
    )
    scene.take(
        f"It is {product['id']}. Now all that was delivered.",
        "list_orders",
        status="delivered",
        product_id=product["id"],
    )
    for order in found:
        days = scene.world.days_since(order["delivered"])
        thought = scene.phrase(
            "{id}: {days} days ago, R1 allows it.", "{id} was delivered {days} days ago.", id=order["id"], days=days
        )
        scene.take(thought, "open_return", order_id=order["id"], reason="damaged")
        method = "voucher" if order["total"] > 100 else "original"
        thought = (
            f"{order['total']:.2f}: {'above 100, so a voucher' if method == 'voucher' else 'paid back as it was paid'}."
        )
        scene.take(thought, "refund_order", order_id=order["id"], amount=order["total"], method=method)
    total = sum(order["total"] for order in found)
    return Draft(
        scene.phrase(
            "A whole batch of our {name} is faulty. For each delivered order of it that R1 still allows: register a "
            "return as damaged and refund all of it. What does that cost us?",
            "The {name} breaks. Take back (damaged) and fully refund all delivered orders of it that are not too old "
            "for R1, and tell me the sum.",
            name=product["name"].lower(),
        ),
        closing=f"{len(found)} orders are taken back and refunded, {total:.2f} EUR in all.",
        thought=f"That makes {total:.2f} in all.",
        says=((f"{total}",),),
    )
