"""Refunds: money that goes back to a card or a bank account, at once, later, or not after all."""

from sandbox.stripe.cards import CARDS
from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.money import balance_move
from sandbox.stripe.objects import base
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

SETTLE_SECONDS = 30  # until a pending refund arrives, or one that looked good comes back
REASONS = ("lost_or_stolen_card", "expired_or_canceled_card", "charge_for_pending_refund_disputed", "unknown")


def refund_create(sandbox: Sandbox, charge: Json, amount: int | None, reason: str | None, metadata: Json) -> Json:
    """Give back `amount` minor units of the charge, all that is left when None. Raises InvalidState."""
    amount = _amount(charge, amount)
    method = sandbox.get("payment_method", charge["payment_method"])
    card = CARDS.get(method["_number"])
    waits = card is None or card.refund == "pending"
    now = sandbox.now()
    refund = base("refund", "re" if card else "pyr", now)
    del refund["livemode"]
    refund |= {
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(method),
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing" if waits else None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if waits else "succeeded",
        "transfer_reversal": None,
        "_ends": "failed" if card and card.refund == "failed" else "succeeded",
    }
    kind = "refund" if card else "payment_refund"
    move = balance_move(sandbox, refund, kind, -amount, category="refund", description="REFUND FOR CHARGE")
    refund["balance_transaction"] = move["id"]
    later = waits or refund["_ends"] == "failed"
    sandbox.store.put(refund, due=now + SETTLE_SECONDS if later else None)
    before = charge["amount_refunded"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    sandbox.store.put(charge)
    sandbox.emit("refund.created", refund)
    sandbox.emit("charge.refunded", charge, {"amount_refunded": before})
    return refund


def _amount(charge: Json, amount: int | None) -> int:
    """Return what goes back. Raises InvalidState when the charge does not have it."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise InvalidState(f"Charge {charge['id']} has not succeeded, so it cannot be refunded.", param="charge")
    if charge["disputed"]:
        raise InvalidState(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise InvalidState(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        raise InvalidState(
            f"Refund amount ({amount / 100:.2f} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left / 100:.2f} {charge['currency']})",
            param="amount",
        )
    return left if amount is None else amount


def _destination(method: Json) -> Json | None:
    if method["type"] != "card":
        return None
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"}


def refund_settle(sandbox: Sandbox, refund: Json, outcome: str, reason: str = "lost_or_stolen_card") -> Json:
    """Let a refund arrive (`succeeded`) or come back (`failed`), as banks do days later. Raises InvalidState."""
    if reason not in REASONS:
        raise InvalidRequest(f"A refund fails for one of {', '.join(REASONS)}.", param="reason")
    done = refund["status"] in ("failed", "canceled") or (
        refund["status"] == "succeeded" and (outcome == "succeeded" or refund.get("_settled"))
    )
    if done:
        raise InvalidState(f"This refund has status {refund['status']}; nothing about it is open.")
    before = {"status": refund["status"], "pending_reason": refund["pending_reason"]}
    refund |= {"status": outcome, "pending_reason": None, "_settled": True}
    if outcome == "failed":
        _give_back(sandbox, refund, reason)
    sandbox.store.put(refund)
    sandbox.emit("refund.updated", refund, before)
    sandbox.emit("charge.refund.updated", refund, before)
    if outcome == "failed":
        sandbox.emit("refund.failed", refund)
    return refund


def _give_back(sandbox: Sandbox, refund: Json, reason: str) -> None:
    """Put a failed refund's money back on the account's balance; the charge can be refunded again."""
    kind = "refund_failure" if refund["id"].startswith("re_") else "payment_failure_refund"
    move = balance_move(
        sandbox, refund, kind, refund["amount"], category="refund_failure", description="REFUND FAILURE"
    )
    refund |= {"failure_balance_transaction": move["id"], "failure_reason": reason}
    charge = sandbox.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    sandbox.store.put(charge)


def refund_due(sandbox: Sandbox, refund: Json) -> None:
    """Settle a refund whose time has come, as its card says."""
    refund_settle(sandbox, refund, refund["_ends"])
