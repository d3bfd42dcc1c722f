"""Difficulty 3: calls that depend on each other, rules that allow or forbid, something missing, something broken."""

from datetime import date

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_AGAIN = "The service is busy. Nothing was done. Try again."


@collect(TEMPLATES, 3, "shop")
def refund_what_came_back(scene: Scene) -> Draft:
    order = scene.pick([row for row in scene.rows("orders", status="delivered") if _days_after(scene, row) <= 30])
    scene.take(scene.phrase("I read the order first.", "What is {id}?", **order), "get_order", order_id=order["id"])
    days, total = _days_after(scene, order), order["total"]
    reason, told = scene.pick(
        (
            ("damaged", "arrived broken"),
            ("wrong_item", "is not what they ordered"),
            ("unwanted", "is not what they hoped for"),
        )
    )
    scene.take(
        scene.phrase(
            "It was delivered {days} days ago, so R1 allows the return.",
            "{days} days since delivery: within R1.",
            days=days,
        ),
        "open_return",
        order_id=order["id"],
        reason=reason,
    )
    method = "voucher" if total > 100 else "original"
    how = "above 100, so by R3 a voucher" if method == "voucher" else "not above 100, so paid back as it was paid"
    scene.take(f"{total:.2f} is {how}.", "refund_order", order_id=order["id"], amount=total, method=method)
    return Draft(
        scene.phrase(
            "Order {id} {told}. The customer sends it back and wants all the money.",
            "The customer of {id} says it {told}. Take it back and refund it in full.",
            "{id}: {told}. return + full refund pls",
            id=order["id"],
            told=told,
        ),
        closing=f"The return is registered, and {total:.2f} EUR are refunded, method {method}.",
        thought="Return and refund are both booked.",
        says=((f"{total}",),),
    )


@collect(TEMPLATES, 3, "shop")
def return_that_is_too_late(scene: Scene) -> Draft:
    order = scene.pick([row for row in scene.rows("orders", status="delivered") if _days_after(scene, row) > 30])
    scene.take(
        scene.phrase("I look at the order first.", "When was {id} delivered?", **order),
        "get_order",
        order_id=order["id"],
    )
    days = _days_after(scene, order)
    return Draft(
        scene.phrase(
            "Please open a return for {id}, the customer does not want it any more.",
            "{id} shall go back, the customer changed their mind. Register that.",
            "return for {id} (unwanted)",
            id=order["id"],
        ),
        closing=f"R1 forbids it: {order['id']} was delivered on {order['delivered']}, {days} days ago, and a return "
        f"is opened only within 30 days.",
        thought=f"It was delivered on {order['delivered']}, {days} days ago. R1 ends after 30.",
        says=(("R1",),),
        end="decline",
    )


@collect(TEMPLATES, 3, "bank")
def dispute_a_booking(scene: Scene) -> Draft:
    checking = scene.rows("accounts", name="checking")[0]
    rows = [row for row in scene.rows("transactions", account_id=checking["id"]) if row["amount"] < 0]
    row = scene.pick(rows)
    if len([other for other in rows if other["payee"] == row["payee"]]) > 1:
        raise scene.unfit
    reason, told = scene.pick(
        (
            ("not_mine", "I never bought anything there"),
            ("twice", "they took the money twice"),
            ("never_delivered", "nothing ever arrived"),
        )
    )
    scene.take(scene.phrase("First the id of checking.", "Which account is that?"), "list_accounts")
    scene.take(
        scene.phrase("Now the bookings of {payee}.", "I look for {payee} in {account_id}.", **row),
        "list_transactions",
        account_id=checking["id"],
        payee=row["payee"],
    )
    age = scene.world.days_since(row["date"])
    prompt = scene.phrase(
        "Dispute the {payee} booking on my checking account: {told}.",
        "There is a {payee} charge on checking and {told}. I want my money back.",
        "{payee} on checking, {told}. please dispute",
        payee=row["payee"],
        told=told,
    )
    if age > 30:
        return Draft(
            prompt,
            closing=f"R3 forbids it: the booking {row['id']} is {age} days old, and nothing older than 30 days is "
            f"disputed.",
            thought=f"{row['id']} is of {row['date']}, {age} days ago. R3 allows 30.",
            says=(("R3",),),
            end="decline",
        )
    scene.take(
        scene.phrase(
            "{id} is {age} days old, so R3 allows it.",
            "That is {id}, {age} days ago: not too old.",
            id=row["id"],
            age=age,
        ),
        "dispute_transaction",
        transaction_id=row["id"],
        reason=reason,
    )
    return Draft(
        prompt,
        closing=f"The {row['payee']} booking of {row['date']} over {-row['amount']:.2f} EUR is disputed.",
        thought="The dispute is registered.",
        says=(("disputed", "dispute"), (f"{-row['amount']}",)),
    )


@collect(TEMPLATES, 3, "travel")
def hotel_without_nights(scene: Scene) -> Draft:
    city = scene.pick(sorted({row["city"] for row in scene.rows("hotels")}))
    found = sorted((r for r in scene.rows("hotels", city=city) if r["price"] <= 200), key=lambda r: r["price"])
    if not found or len({row["price"] for row in found}) < len(found):
        raise scene.unfit
    hotel, day, nights = found[0], scene.world.days_ago(-scene.rng.randint(5, 25)), scene.rng.randint(2, 6)
    total = hotel["price"] * nights
    scene.ask(
        scene.phrase("How long is the stay? That was not said.", "The number of nights is missing."),
        "For how many nights?",
        ["nights", "night", "how long", "long", "stay", "checkout", "check out", "leave"],
        scene.phrase("{n} nights.", "Make it {n} nights, please.", n=nights),
    )
    scene.take(
        scene.phrase("{n} nights. Now the hotels of {city}.", "Then I search {city}.", n=nights, city=city),
        "search_hotels",
        city=city,
    )
    scene.confirm(
        f"{hotel['name']} is the cheapest; {nights} times {hotel['price']:.0f} makes {total:.0f}. R1 wants that "
        f"shown first.",
        f"{hotel['name']} in {city}, {nights} nights from {day}, {total:.0f} EUR in all. Shall I book it?",
        ["book_hotel"],
        [[hotel["name"]], [f"{total}"]],
        scene.phrase("Yes, please.", "Yes, book it.", "Fine, go ahead."),
    )
    scene.take("The user agrees.", "book_hotel", hotel_id=hotel["id"], first_day=day, nights=nights, guests=1)
    return Draft(
        scene.phrase(
            "Book me the cheapest hotel in {city} from {day}, just for me.",
            "I need a room in {city} from {day}, for one person, as cheap as possible.",
            "cheapest hotel {city}, arriving {day}, 1 guest",
            city=city,
            day=day,
        ),
        closing=f"{hotel['name']} in {city} is booked for {nights} nights from {day}, {total:.0f} EUR.",
        thought="The booking is confirmed.",
        says=((hotel["name"],), (f"{total}",)),
    )


@collect(TEMPLATES, 3, "bank")
def payment_through_a_busy_service(scene: Scene) -> Draft:
    payee, amount = scene.pick(scene.rows("payees")), float(scene.rng.randint(20, 250))
    account = scene.rows("accounts", name="checking")[0]
    if account["balance"] - amount < 100:
        raise scene.unfit
    scene.take(scene.phrase("Who is {name} among the payees?", "I need {name}'s id.", **payee), "list_payees")
    scene.take(scene.phrase("{id}. Now the account.", "{name} is {id}. Which account?", **payee), "list_accounts")
    call = {"account_id": account["id"], "payee_id": payee["id"], "amount": amount}
    scene.fail(
        f"From {account['id']}, which keeps {account['balance'] - amount:.2f}: R2 allows it.",
        "send_money",
        _AGAIN,
        **call,
    )
    scene.take("It was busy and did nothing, so I try once more.", "send_money", **call)
    return Draft(
        scene.phrase(
            "Pay {name} {amount:.0f} EUR from checking.",
            "Transfer {amount:.0f} EUR to {name}, from my checking account please.",
            "checking -> {name}, {amount:.0f} EUR",
            name=payee["name"],
            amount=amount,
        ),
        closing=f"{payee['name']} has been paid {amount:.2f} EUR; it took a second try.",
        thought="This time it is booked, once.",
        says=((f"{amount}",),),
    )


@collect(TEMPLATES, 3, "home", "bank", "drive", "travel")
def nothing_can_do_it(scene: Scene) -> Draft:
    wish, what = scene.pick(
        (
            ("Order me a pizza for eight o'clock.", "order food"),
            ("What will the weather be like tomorrow?", "look up the weather"),
            ("Please translate my last letter into Greek and print it.", "translate or print letters"),
            ("Call my dentist and say that I am late.", "make telephone calls"),
            ("Book me a table for four tonight.", "reserve tables in restaurants"),
            ("Renew my passport.", "apply for passports"),
            ("Which film is on at the cinema this evening?", "see what cinemas show"),
            ("Buy ten shares of Northwind for me.", "trade shares"),
        )
    )
    polite = scene.phrase("{wish}", "Hi! {wish}", "{wish} Thanks.", "One more thing: {wish}", wish=wish)
    return Draft(
        polite,
        closing=scene.phrase(
            "I cannot {what}: no tool here does that.", "Sorry, there is no tool with which I could {what}.", what=what
        ),
        thought=scene.phrase(
            "None of my tools can {what}.", "To {what} I would need a tool that is not there.", what=what
        ),
        says=(("cannot", "can't", "no tool", "not able", "unable", "not possible", "impossible"),),
        end="decline",
    )


@collect(TEMPLATES, 3, "assistant")
def move_an_appointment(scene: Scene) -> Draft:
    event = scene.pick([row for row in scene.rows("events") if row["guests"]])
    day, hour = _free_time(scene, event["minutes"])
    scene.take(
        scene.phrase("I look for {title}.", "Where is {title} in the calendar?", **event),
        "search_events",
        text=event["title"],
    )
    scene.confirm(
        f"{event['id']} has guests, so R2 wants the user's word first.",
        f"I would move {event['title']} with {', '.join(event['guests'])} to {day} at {hour}:00. All right?",
        ["move_event"],
        [[event["title"]], [day], [f"{hour}:00"]],
        scene.phrase("Yes.", "Yes, that's fine.", "OK, do it."),
    )
    scene.take("The user agrees to it.", "move_event", event_id=event["id"], day=day, start=f"{hour:02}:00")
    return Draft(
        scene.phrase(
            "Move {title} to {day}, {hour}:00.",
            "{title} has to move. {day} at {hour}:00 would be good.",
            "{title} -> {day} {hour}:00",
            title=event["title"],
            day=day,
            hour=hour,
        ),
        closing=f"{event['title']} is now on {day} at {hour}:00.",
        thought="The calendar shows the new time.",
        says=((day,), (f"{hour}:00",)),
    )


def _days_after(scene: Scene, order: dict) -> int:
    return scene.world.days_since(order["delivered"])


def _free_time(scene: Scene, minutes: int) -> tuple[str, int]:
    """A working day without any appointment, and an hour of it."""
    taken = {row["day"] for row in scene.rows("events")}
    days = [scene.world.days_ago(-ahead) for ahead in range(1, 15)]
    day = scene.pick([day for day in days if day not in taken and date.fromisoformat(day).weekday() < 5])
    return day, scene.rng.randint(9, 17 - minutes // 60 - 1)
