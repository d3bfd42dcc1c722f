"""Tasks at desks that no training task has: a practice, a library, a company's cars."""

from envs.api.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 1, "clinic")
def doctor_of_a_field(scene: Scene) -> Draft:
    doctor = scene.pick(scene.rows("doctors"))
    scene.take(scene.phrase("I list the doctors.", "Who works here?"), "list_doctors")
    return Draft(
        scene.phrase(
            "Which of our doctors is the one for {field}?",
            "A caller asks who treats {field} problems. Who is it?",
            "doctor for {field}?",
            **doctor,
        ),
        closing=f"{doctor['name']} is the doctor for {doctor['field']}.",
        thought=f"The field {doctor['field']} belongs to {doctor['name']}.",
        says=((doctor["name"].split()[-1],),),
        never=tuple(row["name"] for row in scene.rows("doctors") if row != doctor),
    )


@collect(TEMPLATES, 1, "library")
def fees_of_a_member(scene: Scene) -> Draft:
    member = scene.pick([row for row in scene.rows("members") if row["fees"]])
    scene.take(
        scene.phrase("I look {name} up.", "What does {name} owe?", **member), "find_members", name=member["name"]
    )
    return Draft(
        scene.phrase("How much does {name} owe us?", "What are the fees of {name}?", "{name} - open fees?", **member),
        closing=f"{member['name']} owes {member['fees']:.2f} EUR.",
        thought=f"The fees are {member['fees']:.2f}.",
        says=((f"{member['fees']}",),),
    )


@collect(TEMPLATES, 2, "fleet")
def meter_reading(scene: Scene) -> Draft:
    vehicle = scene.pick(scene.rows("vehicles"))
    driven = vehicle["kilometres"] + scene.rng.randint(20, 700)
    scene.take(scene.phrase("Which vehicle has that plate?", "I need the id of {plate}.", **vehicle), "list_vehicles")
    scene.take(
        scene.phrase("{plate} is {id}.", "It is {id}.", **vehicle),
        "log_kilometres",
        vehicle_id=vehicle["id"],
        kilometres=driven,
    )
    return Draft(
        scene.phrase(
            "The meter of {plate} shows {driven}. Enter that.",
            "{plate} is back with {driven} km on the clock, please log it.",
            "{plate}: {driven} km",
            plate=vehicle["plate"],
            driven=driven,
        ),
        closing=f"{vehicle['plate']} is entered with {driven} km.",
        thought="The vehicle now shows it.",
        says=((f"{driven}",),),
    )


@collect(TEMPLATES, 2, "library")
def lend_a_book(scene: Scene) -> Draft:
    book = scene.pick([row for row in scene.rows("books", reference_only=False) if row["copies"]])
    member = scene.pick(scene.rows("members", fees=0.0))
    scene.take(scene.phrase("Is {title} on the shelf?", "First the book.", **book), "search_books", title=book["title"])
    scene.take(
        scene.phrase("A copy is there. Who is {name}?", "{name} is a member?", **member),
        "find_members",
        name=member["name"],
    )
    scene.take(
        scene.phrase("{id} it is.", "I lend it to {id}.", **member),
        "lend_book",
        book_id=book["id"],
        member_id=member["id"],
    )
    return Draft(
        scene.phrase(
            "{name} takes '{title}' home.",
            "Lend '{title}' to {name}, please.",
            "'{title}' -> {name}",
            name=member["name"],
            title=book["title"],
        ),
        closing=f"{member['name']} has '{book['title']}' until {scene.world.days_ago(-14)}.",
        thought="It is lent for two weeks.",
        says=((book["title"], scene.world.days_ago(-14)),),
    )


@collect(TEMPLATES, 3, "library")
def renew_or_not(scene: Scene) -> Draft:
    loan = scene.pick(scene.rows("loans"))
    (book,), (member,) = scene.rows("books", id=loan["book_id"]), scene.rows("members", id=loan["member_id"])
    same = [r for r in scene.rows("loans", member_id=member["id"]) if r["book_id"] == book["id"]]
    if len(same) > 1 or scene.rows("holds", book_id=book["id"]):
        raise scene.unfit
    scene.take(scene.phrase("Who is {name}?", "I look {name} up.", **member), "find_members", name=member["name"])
    scene.take(scene.phrase("And '{title}'?", "Which book is '{title}'?", **book), "search_books", title=book["title"])
    scene.take(scene.phrase("Now the loan.", "Which loan is that?"), "list_loans", member_id=member["id"])
    prompt = scene.phrase(
        "{name} wants to keep '{title}' two weeks longer.",
        "Can you renew '{title}' for {name} by two weeks? Nobody waits for it.",
        "renew '{title}', {name}, 2 weeks",
        name=member["name"],
        title=book["title"],
    )
    if loan["renewals"] >= 2:
        return Draft(
            prompt,
            closing=f"R2 forbids it: {loan['id']} has been renewed twice already.",
            thought=f"{loan['id']} shows {loan['renewals']} renewals, and R2 allows no third.",
            says=(("R2",),),
            end="decline",
        )
    scene.take(
        f"{loan['id']} has {loan['renewals']} renewals, so R2 allows it.", "renew_loan", loan_id=loan["id"], weeks=2
    )
    due = scene.rows("loans", id=loan["id"])[0]["due"]
    return Draft(
        prompt, closing=f"'{book['title']}' is due on {due} now.", thought=f"The new day is {due}.", says=((due,),)
    )


@collect(TEMPLATES, 3, "clinic")
def one_more_pack(scene: Scene) -> Draft:
    row = scene.pick(scene.rows("prescriptions"))
    (patient,) = scene.rows("patients", id=row["patient_id"])
    if len([r for r in scene.rows("prescriptions", patient_id=patient["id"]) if r["medicine"] == row["medicine"]]) > 1:
        raise scene.unfit
    scene.take(scene.phrase("I look {name} up.", "Who is {name}?", **patient), "find_patients", name=patient["name"])
    scene.take(
        scene.phrase("Now the prescriptions.", "What was prescribed?"), "list_prescriptions", patient_id=patient["id"]
    )
    prompt = scene.phrase(
        "{name} needs one more pack of {medicine}.",
        "Refill {medicine} for {name}, please.",
        "{medicine} refill, {name}",
        name=patient["name"],
        medicine=row["medicine"],
    )
    if patient["allergy"] == row["medicine"]:
        return Draft(
            prompt,
            closing=f"R3 forbids it: {patient['name']} is allergic to {row['medicine']}.",
            thought=f"The record names an allergy to {row['medicine']}: R3.",
            says=(("R3",),),
            end="decline",
        )
    if not row["refills_left"]:
        return Draft(
            prompt,
            closing=f"There are no refills left on {row['id']}: a doctor must issue a new prescription.",
            thought=f"{row['id']} has no refills left.",
            says=(("no refills", "no refill", "new prescription", "doctor", "0 refills"),),
            end="decline",
        )
    scene.take(
        f"{row['id']} has refills left and there is no allergy to it.", "refill_prescription", prescription_id=row["id"]
    )
    return Draft(
        prompt,
        closing=f"{patient['name']} gets one more pack of {row['medicine']}.",
        thought="It is handed out.",
        says=((row["medicine"],),),
    )


@collect(TEMPLATES, 4, "clinic")
def another_time(scene: Scene) -> Draft:
    old = scene.pick([row for row in scene.rows("slots") if row["patient_id"]])
    (patient,), (doctor,) = scene.rows("patients", id=old["patient_id"]), scene.rows("doctors", id=old["doctor_id"])
    mine = scene.rows("slots", patient_id=patient["id"])
    free = [row for row in scene.rows("slots", doctor_id=doctor["id"]) if not row["patient_id"]]
    if doctor["on_leave"] or len(mine) > 1 or not free:
        raise scene.unfit
    new = min(free, key=lambda row: (row["day"], row["start"]))
    scene.take(scene.phrase("I look {name} up.", "Who is {name}?", **patient), "find_patients", name=patient["name"])
    scene.take(
        scene.phrase("When is it now?", "Which time has {id}?", **patient),
        "list_appointments",
        patient_id=patient["id"],
    )
    scene.take(
        scene.phrase("{old}. What is free?", "Now the free times.", old=old["id"]), "list_slots", doctor_id=doctor["id"]
    )
    scene.confirm(
        f"{new['id']} is the first free one. R4 wants the change shown.",
        f"I would take back {patient['name']}'s time on {old['day']} at {old['start']} and give {new['day']} at "
        f"{new['start']} instead.",
        ["free_slot"],
        [[patient["name"]], [old["day"]], [old["start"]]],
        scene.phrase("Yes, the patient agrees.", "Yes please."),
    )
    scene.take("Agreed. The old time first, so that R1 holds.", "free_slot", slot_id=old["id"])
    scene.take("Now the new one.", "book_slot", slot_id=new["id"], patient_id=patient["id"], reason="check")
    return Draft(
        scene.phrase(
            "{name} cannot come to the appointment. Move it to the first free time of the same doctor, reason check.",
            "Give {name} another time with the same doctor, the earliest that is free (reason: check), instead of "
            "the one booked.",
            **patient,
        ),
        closing=f"{patient['name']} comes on {new['day']} at {new['start']} instead.",
        thought="The new time is booked.",
        says=((new["day"],), (new["start"],)),
    )


@collect(TEMPLATES, 4, "fleet")
def car_for_a_driver(scene: Scene) -> Draft:
    driver, day = scene.pick(scene.rows("drivers")), scene.world.days_ago(-scene.rng.randint(1, 6))
    taken = {row["vehicle_id"] for row in scene.rows("reservations", day=day)}
    fit = [
        row
        for row in scene.rows("vehicles", status="ready")
        if row["id"] not in taken and row["kilometres"] < row["next_service"] and row["seats"] <= 5
    ]
    scene.take(
        scene.phrase("I look {name} up.", "What permit has {name}?", **driver), "find_drivers", name=driver["name"]
    )
    prompt = scene.phrase(
        "{name} needs a vehicle on {day} for a customer visit, at most five seats. Which one, if the rules allow "
        "it? Take the one with the fewest kilometres.",
        "Reserve a vehicle of up to five seats for {name} on {day}, customer visit. Of those that the rules allow, "
        "the one with the fewest kilometres.",
        name=driver["name"],
        day=day,
    )
    if driver["permit_until"] < day:
        return Draft(
            prompt,
            closing=f"R1 forbids it: {driver['name']}'s permit runs out on {driver['permit_until']}.",
            thought=f"The permit ends on {driver['permit_until']}, before {day}.",
            says=(("R1",),),
            end="decline",
        )
    if not fit:
        raise scene.unfit
    best = min(fit, key=lambda row: (row["kilometres"], row["id"]))
    if [row["kilometres"] for row in fit].count(best["kilometres"]) > 1:
        raise scene.unfit
    scene.take("The permit is good. What is ready?", "list_vehicles", status="ready")
    scene.take(scene.phrase("What is taken on {day}?", "Who drives on {day}?", day=day), "list_reservations", day=day)
    scene.take(
        f"{best['id']} is free, not past its service, and has the fewest kilometres.",
        "reserve_vehicle",
        vehicle_id=best["id"],
        driver_id=driver["id"],
        day=day,
        purpose="customer visit",
    )
    return Draft(
        prompt,
        closing=f"{driver['name']} has {best['plate']} on {day}.",
        thought="It is reserved.",
        says=((best["plate"], best["id"]),),
    )


@collect(TEMPLATES, 5, "library")
def settle_and_hold(scene: Scene) -> Draft:
    member = scene.pick([row for row in scene.rows("members") if row["fees"]])
    loans = scene.rows("loans", member_id=member["id"])
    book = scene.pick(scene.rows("books", copies=0, reference_only=False))
    if not 1 <= len(loans) <= 3 or scene.rows("holds", member_id=member["id"], book_id=book["id"]):
        raise scene.unfit
    late = sum(0.5 * max(0, scene.world.days_since(row["due"])) for row in loans)
    total = member["fees"] + late
    scene.take(scene.phrase("Who is {name}?", "I look {name} up.", **member), "find_members", name=member["name"])
    scene.take(f"{member['fees']:.2f} are owed so far. What is lent?", "list_loans", member_id=member["id"])
    for loan in loans:
        scene.take(scene.phrase("{id} comes back.", "Back with {id}.", **loan), "return_book", loan_id=loan["id"])
    scene.take("All are back. What is owed by now?", "find_members", name=member["name"].split()[-1])
    scene.take(f"{total:.2f}, and it is paid.", "settle_fees", member_id=member["id"], how="paid")
    scene.take("Now the book that is wanted.", "search_books", title=book["title"])
    scene.take(
        f"No copy of {book['id']} is here, so I place a hold.", "place_hold", book_id=book["id"], member_id=member["id"]
    )
    return Draft(
        scene.phrase(
            "{name} brings everything back and pays all that is owed then. After that put {name} on the list for "
            "'{title}', which is lent out. What was paid?",
            "{name} is at the counter: take all books back, let the fees be paid in full, then a hold on '{title}'. "
            "Tell me the sum that was paid.",
            name=member["name"],
            title=book["title"],
        ),
        closing=f"{member['name']} paid {total:.2f} EUR and waits for '{book['title']}' now.",
        thought="Everything is done.",
        says=((f"{total}",),),
    )


@collect(TEMPLATES, 5, "fleet")
def broken_down(scene: Scene) -> Draft:
    vehicle = scene.pick(scene.rows("vehicles", status="ready"))
    booked = sorted(scene.rows("reservations", vehicle_id=vehicle["id"]), key=lambda row: row["day"])
    if len(booked) != 1:
        raise scene.unfit
    (row,) = booked
    (driver,) = scene.rows("drivers", id=row["driver_id"])
    scene.take(scene.phrase("Which one is {plate}?", "I look for {plate}.", **vehicle), "list_vehicles")
    scene.take(
        scene.phrase("Who has it?", "Is {id} reserved?", **vehicle), "list_reservations", vehicle_id=vehicle["id"]
    )
    scene.take(
        scene.phrase("I take it out of use first.", "Out of use with {id}.", **vehicle),
        "report_defect",
        vehicle_id=vehicle["id"],
    )
    scene.take("Which driver is that?", "find_drivers", name="")
    scene.confirm(
        f"{row['driver_id']} is {driver['name']}. R3 wants the release shown.",
        f"{driver['name']} has {vehicle['plate']} on {row['day']}. Shall I release it?",
        ["release_vehicle"],
        [[driver["name"]], [vehicle["plate"]], [row["day"]]],
        scene.phrase("Yes, release it.", "Yes."),
    )
    scene.take("Agreed.", "release_vehicle", reservation_id=row["id"])
    scene.take(
        "The day is free for the workshop now.",
        "book_workshop",
        vehicle_id=vehicle["id"],
        day=row["day"],
        work="repair",
    )
    return Draft(
        scene.phrase(
            "{plate} has broken down. Take it out of use, release its reservation and send it to the workshop for "
            "repair on the day it was reserved for. Who has to do without it?",
            "The clutch of {plate} is gone: out of use, reservation released, repair in the workshop on that very "
            "day. And who had reserved it?",
            **vehicle,
        ),
        closing=f"{vehicle['plate']} goes to the workshop on {row['day']}; {driver['name']} has to do without it.",
        thought="All three are done.",
        says=((driver["name"],),),
    )
