"""Difficulty 1: one call, and say what it shows; or one change whose ids are in the request."""

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 1, "correspondence", "assistant", "drive")
def phone_number(scene: Scene) -> Draft:
    person = scene.pick(scene.world.people[1:])
    scene.take(
        scene.phrase("I look {who} up.", "{who} should be in the contacts.", who=person.first),
        "search_contacts",
        query=person.name,
    )
    return Draft(
        scene.phrase(
            "What is {name}'s phone number?",
            "I need to call {name}. Can you give me the number?",
            "number for {name} please",
            "Which number do I have for {name}?",
            name=person.name,
        ),
        closing=f"{person.name}'s number is {person.phone}.",
        thought=f"The contact shows the number {person.phone}.",
        says=((person.phone,),),
        never=tuple(other.phone for other in scene.world.people if other != person),
    )


@collect(TEMPLATES, 1, "bank")
def account_balance(scene: Scene) -> Draft:
    account = scene.pick(scene.rows("accounts"))
    others = [row for row in scene.rows("accounts") if row["balance"] != account["balance"]]
    scene.take(scene.phrase("The accounts show their balances.", "I list the accounts."), "list_accounts")
    return Draft(
        scene.phrase(
            "How much money is in my {name} account?",
            "What's the balance of {name}?",
            "Can you check what is left on my {name} account?",
            name=account["name"],
        ),
        closing=f"Your {account['name']} account holds {account['balance']:.2f} EUR.",
        thought=f"The {account['name']} account stands at {account['balance']:.2f}.",
        says=((f"{account['balance']}",),),
        never=tuple(f"{row['balance']}" for row in others),
    )


@collect(TEMPLATES, 1, "travel")
def cheapest_hotel(scene: Scene) -> Draft:
    city = scene.pick(sorted({row["city"] for row in scene.rows("hotels")}))
    found = sorted(scene.rows("hotels", city=city), key=lambda row: row["price"])
    if len({row["price"] for row in found}) < len(found):
        raise scene.unfit
    scene.take(
        scene.phrase("I search the hotels of {city}.", "Which hotels are in {city}?", city=city),
        "search_hotels",
        city=city,
    )
    best = found[0]
    return Draft(
        scene.phrase(
            "Which hotel in {city} is the cheapest?",
            "I'm looking for the lowest price for a room in {city}. Which hotel?",
            "cheapest hotel in {city}?",
            city=city,
        ),
        closing=f"{best['name']} is the cheapest at {best['price']:.0f} EUR a night.",
        thought=f"They are sorted by price: {best['name']} comes first with {best['price']:.0f}.",
        says=((best["name"],),),
        never=tuple(row["name"] for row in found[1:]),
    )


@collect(TEMPLATES, 1, "home")
def state_of_a_room(scene: Scene) -> Draft:
    room = scene.pick(sorted({row["room"] for row in scene.rows("devices")}))
    on = [row for row in scene.rows("devices", room=room) if row["on_"]]
    off = [row for row in scene.rows("devices", room=room) if not row["on_"]]
    if not on or not off:
        raise scene.unfit
    scene.take(
        scene.phrase("I look at the devices in the {room}.", "What is in the {room}?", room=room),
        "list_devices",
        room=room,
    )
    names = " and ".join(row["kind"] for row in on)
    return Draft(
        scene.phrase(
            "What is switched on in the {room}?",
            "I left the house. Which devices in the {room} are still on?",
            "Which things are on in the {room} right now?",
            room=room,
        ),
        closing=f"In the {room} the {names} {'is' if len(on) == 1 else 'are'} on.",
        thought=f"Of these, {'only ' if len(on) == 1 else ''}the {names} {'is' if len(on) == 1 else 'are'} on.",
        says=tuple((row["kind"],) for row in on),
        never=tuple(row["kind"] for row in off),
    )


@collect(TEMPLATES, 1, "shop")
def where_is_my_order(scene: Scene) -> Draft:
    order = scene.pick(scene.rows("orders"))
    scene.take(
        scene.phrase("I open {id}.", "{id} will tell.", "The order itself shows it.", id=order["id"]),
        "get_order",
        order_id=order["id"],
    )
    others = {"processing", "shipped", "delivered", "cancelled"} - {order["status"]}
    return Draft(
        scene.phrase(
            "What is the status of order {id}?",
            "A customer asks about {id}. Has it left yet? Tell me its status.",
            "status of {id}?",
            id=order["id"],
        ),
        closing=f"{order['id']} is {order['status']}.",
        thought=f"Its status is {order['status']}.",
        says=((order["status"],),),
        never=tuple(sorted(others)),
    )


@collect(TEMPLATES, 1, "shop")
def cancel_by_number(scene: Scene) -> Draft:
    order = scene.pick(scene.rows("orders", status="processing"))
    scene.take(
        scene.phrase("The order is named, so I can cancel it.", "I have its id already.", "One call does it."),
        "cancel_order",
        order_id=order["id"],
    )
    return Draft(
        scene.phrase(
            "Please cancel order {id}.",
            "{id} was a mistake, the customer wants it cancelled.",
            "cancel {id} pls",
            id=order["id"],
        ),
        closing=f"{order['id']} is cancelled.",
        thought="It says that the order is cancelled.",
        says=(("cancelled", "canceled"),),
    )


@collect(TEMPLATES, 1, "helpdesk")
def mark_solved(scene: Scene) -> Draft:
    ticket = scene.pick(scene.rows("tickets", status="open"))
    scene.take(
        scene.phrase("The ticket is named: I set its status.", "I only need to change {id}.", id=ticket["id"]),
        "update_ticket",
        ticket_id=ticket["id"],
        status="solved",
    )
    return Draft(
        scene.phrase(
            "Ticket {id} is done. Mark it as solved.",
            "I just got off the phone about {id}, it works now. Set it to solved please.",
            "{id} -> solved",
            id=ticket["id"],
        ),
        closing=f"{ticket['id']} is solved.",
        thought="The ticket now shows the status solved.",
        says=(("solved",),),
    )
