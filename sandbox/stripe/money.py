"""Balance transactions and prices: every act that moves the sandbox account's balance."""

from dataclasses import dataclass

from sandbox.stripe.errors import InvalidRequest
from sandbox.stripe.objects import base
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

DAY = 86_400
DAYS_UNTIL_AVAILABLE = 2


@dataclass(frozen=True)
class Price:
    """What Stripe takes in one currency (share in basis points, the rest in minor units), and the least charge."""

    share_bp: int
    fixed: int
    dispute: int
    least: int


PRICES = {
    "eur": Price(150, 25, 2000, 50),
    "gbp": Price(150, 20, 2000, 30),
    "usd": Price(290, 30, 1500, 50),
    "chf": Price(290, 30, 2000, 50),
}


def price(currency: str) -> Price:
    """Return the price list of the currency. Raises InvalidRequest for one the sandbox does not know."""
    if currency not in PRICES:
        raise InvalidRequest(
            f"Invalid currency: {currency}. The Stripe sandbox supports these currencies: {', '.join(PRICES)}",
            param="currency",
        )
    return PRICES[currency]


def fee(amount: int, currency: str) -> int:
    """Return Stripe's fee on a charge in minor units, the share rounded half up."""
    listed = price(currency)
    return (amount * listed.share_bp + 5_000) // 10_000 + listed.fixed


def amount_check(amount: int, currency: str, param: str = "amount") -> None:
    """Raises InvalidRequest when the amount is below the least Stripe charges."""
    least = price(currency).least
    if amount < least:
        raise InvalidRequest(
            f"Amount must be at least {least / 100:.2f} {currency}", code="amount_too_small", param=param
        )


def available(sandbox: Sandbox, currency: str) -> int:
    """Return what may be paid out in the currency at this moment, in minor units."""
    rows = (sandbox.shown(row) for row in sandbox.store.walk("balance_transaction") if row["currency"] == currency)
    return sum(row["net"] for row in rows if row["status"] == "available")


def balance_move(
    sandbox: Sandbox,
    source: Json,
    kind: str,
    amount: int,
    *,
    taken: int = 0,
    category: str = "",
    description: str | None = None,
    at_once: bool = False,
) -> Json:
    """Write a balance transaction of `amount` less the fee `taken`, both in minor units."""
    now = sandbox.now()
    details = [
        {
            "amount": taken,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees" if kind == "charge" else "Dispute fee",
            "type": "stripe_fee",
        }
    ]
    thing = base("balance_transaction", "txn", now)
    del thing["livemode"]
    return sandbox.store.put(
        thing
        | {
            "amount": amount,
            "available_on": now if at_once else now + DAYS_UNTIL_AVAILABLE * DAY,
            "balance_type": "payments",
            "currency": source["currency"],
            "description": description,
            "exchange_rate": None,
            "fee": taken,
            "fee_details": details if taken else [],
            "net": amount - taken,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )
