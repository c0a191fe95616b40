"""Payouts: what is available goes to the account's own bank, and may come back; and what Stripe charges by itself."""

from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.money import available, balance_move, price
from sandbox.stripe.objects import base
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

ARRIVES_SECONDS = 30
BANK_ACCOUNT = "ba_sandbox"


def payout_create(sandbox: Sandbox, amount: int, currency: str, description: str | None, metadata: Json) -> Json:
    """Pay out `amount` minor units. Raises InvalidState when so much is not available."""
    price(currency)
    if amount > available(sandbox, currency):
        raise InvalidState(
            "You have insufficient funds in your Stripe account for this transfer.", code="balance_insufficient"
        )
    now = sandbox.now()
    payout = base("payout", "po", now) | {
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now + ARRIVES_SECONDS,
        "automatic": False,
        "currency": currency,
        "description": description,
        "destination": BANK_ACCOUNT,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "metadata": metadata,
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    move = balance_move(sandbox, payout, "payout", -amount, description="STRIPE PAYOUT", at_once=True)
    payout["balance_transaction"] = move["id"]
    sandbox.store.put(payout, due=now + ARRIVES_SECONDS)
    sandbox.emit("payout.created", payout)
    return payout


def payout_settle(sandbox: Sandbox, payout: Json, outcome: str) -> Json:
    """Let a payout arrive (`paid`), or come back from the bank (`failed`), also later. Raises InvalidState."""
    if payout["status"] == "failed" or payout["status"] == outcome:
        raise InvalidState(f"This payout has status {payout['status']}; nothing about it is open.")
    before = {"status": payout["status"]}
    payout["status"] = outcome
    if outcome == "failed":
        move = balance_move(
            sandbox, payout, "payout_failure", payout["amount"], description="PAYOUT FAILURE", at_once=True
        )
        payout |= {
            "failure_balance_transaction": move["id"],
            "failure_code": "account_closed",
            "failure_message": "The bank account has been closed.",
        }
    sandbox.store.put(payout)
    sandbox.emit("payout.updated", payout, before)
    sandbox.emit(f"payout.{outcome}", payout)
    return payout


def payout_due(sandbox: Sandbox, payout: Json) -> None:
    """Let a payout arrive whose time has come, unless it came back before."""
    if payout["status"] == "pending":
        payout_settle(sandbox, payout, "paid")


def fee_charge(sandbox: Sandbox, amount: int, currency: str, description: str) -> Json:
    """Charge what Stripe takes for a service of its own, such as Radar. Raises InvalidRequest for nothing."""
    price(currency)
    if amount < 1:
        raise InvalidRequest("The amount is a whole number of minor units, 1 or more.", param="amount")
    return balance_move(
        sandbox,
        {"id": None, "currency": currency},
        "stripe_fee",
        -amount,
        category="fee",
        description=description,
        at_once=True,
    )
