"""Desks: which services and tools come together, and by which rules they are worked."""

from dataclasses import dataclass

__all__ = ["NOVEL_DESKS", "SEEN_DESKS", "Desk"]


@dataclass(frozen=True)
class Desk:
    """A place of work.

    Args:
        services: names of the services whose tables exist.
        small: tools offered at difficulty 1 and 2.
        large: those and more, offered from difficulty 3 on.
        rules: lines of policy, each beginning with its name ("R1 ..."); shown from difficulty 3 on.
    """

    services: tuple[str, ...]
    small: tuple[str, ...]
    large: tuple[str, ...]
    rules: tuple[str, ...]


def _desk(services: str, small: str, more: str, *rules: str) -> Desk:
    offered = tuple(small.split())
    return Desk(tuple(services.split()), offered, offered + tuple(more.split()), rules)


SEEN_DESKS: dict[str, Desk] = {
    "correspondence": _desk(
        "contacts mail",
        "search_contacts search_emails read_email send_email move_email",
        "update_contact reply_email forward_email mark_email delete_email",
        "R1 E-mail goes only to people who are in the contacts.",
        "R2 Codes and numbers of permits are never sent to anybody.",
        "R3 Show the user an e-mail to more than one person before it is sent.",
        "R4 E-mail younger than 30 days is not deleted.",
    ),
    "assistant": _desk(
        "contacts calendar mail",
        "search_contacts list_events search_events create_event cancel_event",
        "create_contact delete_contact move_event invite_guests send_email",
        "R1 Nothing is planned before 08:00 or after 18:00, nor on a Saturday or Sunday.",
        "R2 Show the user an appointment with guests before it is moved or cancelled.",
        "R3 Guests are invited by the address in the contacts, never by another.",
    ),
    "bank": _desk(
        "bank",
        "list_accounts list_transactions list_payees send_money move_money",
        "add_payee set_daily_limit list_cards set_card_status dispute_transaction",
        "R1 Show the user payee and amount of a payment above 500 EUR before it is made.",
        "R2 No account may fall below 100 EUR.",
        "R3 A booking older than 30 days is not disputed.",
        "R4 Show the user a card's last digits before it is blocked for good.",
        "R5 A daily limit is never set above 3000 EUR.",
    ),
    "travel": _desk(
        "travel",
        "search_flights book_flight search_hotels book_hotel list_bookings",
        "change_hotel_booking cancel_booking",
        "R1 Show the user flight or hotel and the total price before a booking is made.",
        "R2 A flight that is not refundable is not cancelled.",
        "R3 No hotel above 200 EUR a night.",
        "R4 Business is booked only for the user's boss, never for anybody else.",
    ),
    "shop": _desk(
        "shop",
        "search_products list_orders get_order place_order cancel_order",
        "change_address open_return refund_order set_price",
        "R1 A return is opened only within 30 days of delivery.",
        "R2 A refund needs a return that is registered, and is never more than the order's total.",
        "R3 A refund above 100 EUR is paid as a voucher.",
        "R4 A price is never changed by more than 20 per cent at once.",
    ),
    "home": _desk(
        "home",
        "list_devices switch_device set_level list_routines",
        "create_routine set_routine delete_routine",
        "R1 A lock is switched off only with the user's consent.",
        "R2 No thermostat above 24 degrees.",
        "R3 A routine is paused, never deleted, unless the user agrees to its deletion by name.",
    ),
    "helpdesk": _desk(
        "contacts tickets",
        "search_customers search_tickets read_ticket update_ticket comment_ticket",
        "create_ticket list_agents assign_ticket merge_tickets",
        "R1 Only customers on the enterprise plan get the priority urgent.",
        "R2 A ticket goes to a colleague of the topic's team who is not away.",
        "R3 A ticket is closed only after it has been solved for the customer; otherwise set it to solved.",
        "R4 What other customers pay or do is never told.",
    ),
    "drive": _desk(
        "contacts files",
        "search_contacts search_files list_shares share_file move_file",
        "unshare_file rename_file trash_file list_notes write_note",
        "R1 Files in Contracts are never shared with the role editor.",
        "R2 A file that is shared with anybody is not put into the bin.",
        "R3 Show the user file and person before something in Invoices is shared.",
    ),
}
NOVEL_DESKS: dict[str, Desk] = {
    "clinic": _desk(
        "clinic",
        "find_patients list_doctors list_slots book_slot list_appointments",
        "free_slot list_prescriptions refill_prescription",
        "R1 A patient has at most one appointment with a doctor.",
        "R2 Nothing is booked with a doctor on leave.",
        "R3 No pack of a medicine goes to a patient who is allergic to it.",
        "R4 Show the user patient, day and time before an appointment is taken back.",
    ),
    "library": _desk(
        "library",
        "search_books find_members list_loans lend_book renew_loan",
        "return_book place_hold settle_fees",
        "R1 A book for reference only is never lent.",
        "R2 A loan is renewed at most twice, and not when somebody has a hold on the book.",
        "R3 Fees above 5 EUR are never waived.",
        "R4 Nobody who owes fees gets another book.",
    ),
    "fleet": _desk(
        "fleet",
        "list_vehicles find_drivers list_reservations reserve_vehicle log_kilometres",
        "release_vehicle report_defect book_workshop",
        "R1 Nobody drives with a permit that has run out, or a vehicle of more than 5 seats without a bus permit.",
        "R2 A vehicle past its next_service is not reserved.",
        "R3 Show the user driver, vehicle and day before a reservation is released.",
    ),
}
