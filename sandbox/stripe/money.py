"""Balance transactions, refunds and disputes: every act that moves the sandbox account's balance."""

from dataclasses import dataclass

from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.objects import base
from sandbox.stripe.specs import EVIDENCE_FILES, EVIDENCE_TEXTS
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

DAY = 86_400
DAYS_UNTIL_AVAILABLE = 2
DAYS_FOR_EVIDENCE = 7
EVIDENCE = (*EVIDENCE_FILES, *EVIDENCE_TEXTS)


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


def refund_create(sandbox: Sandbox, charge: Json, amount: int | None, reason: str | None, metadata: Json) -> Json:
    """Give back `amount` minor units of the charge, all that is left when None. Raises InvalidState."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise InvalidState(f"Charge {charge['id']} has not succeeded, so it cannot be refunded.", param="charge")
    if charge["disputed"]:
        raise InvalidState(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise InvalidState(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        raise InvalidState(
            f"Refund amount ({amount / 100:.2f} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left / 100:.2f} {charge['currency']})",
            param="amount",
        )
    now = sandbox.now()
    refund = base("refund", "re", now)
    del refund["livemode"]
    refund |= {
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    move = balance_move(sandbox, refund, "refund", -amount, description="REFUND FOR CHARGE")
    refund["balance_transaction"] = move["id"]
    before = charge["amount_refunded"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    sandbox.store.put(refund)
    sandbox.store.put(charge)
    sandbox.emit("refund.created", refund)
    sandbox.emit("charge.refunded", charge, {"amount_refunded": before})
    return refund


def dispute_open(sandbox: Sandbox, charge: Json, reason: str) -> Json:
    """Let the holder dispute the charge: amount and dispute fee leave the balance at once."""
    now = sandbox.now()
    amount = charge["amount_captured"] - charge["amount_refunded"]
    dispute = base("dispute", "du", now) | {
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + DAYS_FOR_EVIDENCE * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
    taken = price(charge["currency"]).dispute
    move = balance_move(
        sandbox,
        dispute,
        "adjustment",
        -amount,
        taken=taken,
        category="dispute",
        description=f"Chargeback withdrawal for {charge['id']}",
    )
    dispute["balance_transactions"] = [sandbox.shown(move)]
    sandbox.store.put(dispute)
    sandbox.store.put(charge | {"disputed": True})
    sandbox.emit("charge.dispute.created", dispute)
    sandbox.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def dispute_update(sandbox: Sandbox, dispute: Json, evidence: Json, submit: bool) -> Json:
    """Add evidence; the texts `winning_evidence` and `losing_evidence` decide at once, as in test mode."""
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise InvalidState("This dispute is already closed or under review, so it takes no more evidence.")
    dispute["evidence"] |= evidence
    dispute["evidence_details"]["has_evidence"] = any(
        value for name, value in dispute["evidence"].items() if name in EVIDENCE
    )
    if submit:
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
        dispute["evidence_details"]["submission_method"] = "manual"
    sandbox.store.put(dispute)
    sandbox.emit("charge.dispute.updated", dispute)
    decision = {"winning_evidence": "won", "losing_evidence": "lost"}.get(
        dispute["evidence"]["uncategorized_text"] or ""
    )
    return dispute_close(sandbox, dispute, decision) if submit and decision else dispute


def dispute_close(sandbox: Sandbox, dispute: Json, status: str) -> Json:
    """Decide the dispute: `won` (the amount comes back, the fee does not) or `lost`. Raises InvalidState."""
    if dispute["status"] in ("won", "lost"):
        raise InvalidState(f"This dispute is already closed: it was {dispute['status']}.", code="dispute_closed")
    dispute["status"] = status
    dispute["_closed"] = sandbox.now()
    if status == "won":
        move = balance_move(
            sandbox,
            dispute,
            "adjustment",
            dispute["amount"],
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"] = [*dispute["balance_transactions"], sandbox.shown(move)]
    sandbox.store.put(dispute)
    sandbox.emit("charge.dispute.closed", dispute)
    if status == "won":
        sandbox.emit("charge.dispute.funds_reinstated", dispute)
    return dispute
