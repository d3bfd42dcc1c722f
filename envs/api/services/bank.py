"""Bank accounts, cards and payments."""

from typing import Annotated, Literal

from pydantic import Field

from envs.api.services.base import Service, show
from envs.errors import ToolError
from envs.tool import tool

__all__ = ["Bank"]

Amount = Annotated[float, Field(ge=0.01, le=1_000_000)]
_PAYEES = (
    "Lidl",
    "City Transit",
    "Northwind Power",
    "Bookbarn",
    "Cafe Mokka",
    "Fit Club",
    "Rent",
    "Streamly",
    "Apotek",
)


class Bank(Service):
    """The user's own accounts and cards, the people they pay, and what was booked. Amounts are in EUR."""

    tables = {
        "accounts": ("acc", ("name", "balance", "daily_limit")),
        "payees": ("pay", ("name", "iban")),
        "transactions": ("trx", ("account_id", "date", "payee", "amount", "reference", "status")),
        "cards": ("crd", ("account_id", "last_digits", "status")),
        "disputes": ("dsp", ("transaction_id", "reason")),
    }
    free = {"transactions": {"reference"}}

    @classmethod
    def fill(cls, world):
        rng, state = world.rng, world.state
        accounts = [
            state.insert("accounts", name=name, balance=rng.randint(400, 6000) + 0.5, daily_limit=limit)
            for name, limit in (("checking", 2000.0), ("savings", 1000.0), ("holiday", 500.0))
        ]
        for account in accounts[:2]:
            state.insert("cards", account_id=account, last_digits=f"{rng.randint(1000, 9999)}", status="active")
        for person in rng.sample(world.people[1:], 4):
            state.insert("payees", name=person.name, iban=f"XX{rng.randint(10**13, 10**14 - 1)}")
        for age in sorted((rng.randint(0, 45) for _ in range(world.size)), reverse=True):
            state.insert(
                "transactions",
                account_id=rng.choice(accounts[:2]),
                date=world.days_ago(age),
                payee=rng.choice(_PAYEES),
                amount=-round(rng.uniform(3, 160), 2),
                reference="",
                status="pending" if age < 2 else "booked",
            )

    @tool
    def list_accounts(self) -> str:
        """Show the accounts with their balances and daily limits."""
        return show(*self.world.state.find("accounts"))

    @tool
    def list_transactions(self, account_id: str, payee: str | None = None) -> str:
        """Show the bookings of an account, newest first; money that went out is negative.

        Args:
            payee: part of the name.
        """
        self.world.state.get("accounts", account_id, "account")
        rows = self.world.state.find("transactions", account_id=account_id)
        wanted = (payee or "").casefold()
        kept = ("id", "date", "payee", "amount", "status")
        return show(*({k: row[k] for k in kept} for row in reversed(rows) if wanted in row["payee"].casefold()))

    @tool
    def list_payees(self) -> str:
        """Show the people whom the user can pay."""
        return show(*self.world.state.find("payees"))

    @tool
    def add_payee(self, name: str, iban: str) -> str:
        """Add somebody whom the user can pay."""
        if not iban.isalnum() or not 15 <= len(iban) <= 34:
            raise ToolError("An IBAN has 15 to 34 letters and digits, without spaces.")
        if self.world.state.find("payees", iban=iban):
            raise ToolError("There is a payee with this IBAN already.")
        return show(self.world.state.get("payees", self.world.state.insert("payees", name=name, iban=iban), "payee"))

    @tool
    def send_money(self, account_id: str, payee_id: str, amount: Amount, reference: str = "") -> str:
        """Pay a payee from an account."""
        payee = self.world.state.get("payees", payee_id, "payee")
        return self._book(account_id, payee["name"], -_cents(amount), reference)

    @tool
    def move_money(self, from_account: str, to_account: str, amount: Amount) -> str:
        """Move money between two of the user's accounts."""
        target = self.world.state.get("accounts", to_account, "account")
        source = self.world.state.get("accounts", from_account, "account")
        if from_account == to_account:
            raise ToolError("The two accounts are the same.")
        said = self._book(from_account, target["name"], -_cents(amount), "")
        self._book(to_account, source["name"], _cents(amount), "")
        return said

    @tool
    def set_daily_limit(self, account_id: str, amount: Amount) -> str:
        """Set how much may leave an account in a day."""
        self.world.state.get("accounts", account_id, "account")
        self.world.state.update("accounts", account_id, daily_limit=_cents(amount))
        return show(self.world.state.get("accounts", account_id, "account"))

    @tool
    def list_cards(self) -> str:
        """Show the cards."""
        return show(*self.world.state.find("cards"))

    @tool
    def set_card_status(self, card_id: str, status: Literal["active", "frozen", "blocked"]) -> str:
        """Freeze a card for a while, block it for good, or make it active again."""
        card = self.world.state.get("cards", card_id, "card")
        if card["status"] == "blocked":
            raise ToolError("A blocked card stays blocked: a new one must be ordered.")
        self.world.state.update("cards", card_id, status=status)
        return show(self.world.state.get("cards", card_id, "card"))

    @tool
    def dispute_transaction(
        self, transaction_id: str, reason: Literal["not_mine", "wrong_amount", "twice", "never_delivered"]
    ) -> str:
        """Ask for the money of a booking back."""
        row = self.world.state.get("transactions", transaction_id, "booking")
        if row["amount"] > 0:
            raise ToolError("Only money that went out can be disputed.")
        if self.world.state.find("disputes", transaction_id=transaction_id):
            raise ToolError("This booking is disputed already.")
        id = self.world.state.insert("disputes", transaction_id=transaction_id, reason=reason)
        return show(self.world.state.get("disputes", id, "dispute"))

    def _book(self, account_id: str, payee: str, amount: float, reference: str) -> str:
        account = self.world.state.get("accounts", account_id, "account")
        if amount < 0:
            today = self.world.days_ago(0)
            booked = self.world.state.find("transactions", account_id=account_id, date=today)
            spent = -sum(row["amount"] for row in booked if row["amount"] < 0)
            if account["balance"] + amount < 0:
                raise ToolError(f"The balance of {account_id} is {account['balance']:.2f}: too little.")
            if _cents(spent - amount) > account["daily_limit"]:
                left = _cents(account["daily_limit"] - spent)
                raise ToolError(f"The daily limit of {account_id} leaves {max(left, 0):.2f} for today.")
        self.world.state.update("accounts", account_id, balance=_cents(account["balance"] + amount))
        id = self.world.state.insert(
            "transactions",
            account_id=account_id,
            date=self.world.days_ago(0),
            payee=payee,
            amount=amount,
            reference=reference,
            status="booked",
        )
        return show(self.world.state.get("transactions", id, "booking"))


def _cents(amount: float) -> float:
    return round(amount, 2)
