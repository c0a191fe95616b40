"""Disputes: opened by the holder's bank, answered with evidence, decided by the bank."""

from sandbox.stripe.cards import CARDS
from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.money import DAY, balance_move, price
from sandbox.stripe.objects import base
from sandbox.stripe.specs import DISPUTE_REASONS, EVIDENCE_FILES, EVIDENCE_TEXTS
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

DAYS_FOR_EVIDENCE = 7
EVIDENCE = (*EVIDENCE_FILES, *EVIDENCE_TEXTS)
INQUIRY, ANSWERABLE = "warning_needs_response", ("needs_response", "warning_needs_response")
ENDED = ("won", "lost", "warning_closed")
DECISIONS = {"winning_evidence": "won", "losing_evidence": "lost"}


def dispute_open(
    sandbox: Sandbox, charge: Json, reason: str, *, amount: int | None = None, inquiry: bool = False
) -> Json:
    """Let the holder dispute the charge, by default all of it that was not refunded.

    The amount and the fee leave the balance at once; of an inquiry nothing does. Raises InvalidState or
    InvalidRequest.
    """
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise InvalidState(f"Charge {charge['id']} has not succeeded, or is disputed already.")
    if reason not in DISPUTE_REASONS:
        raise InvalidRequest(f"A dispute's reason is one of {', '.join(DISPUTE_REASONS)}.", param="reason")
    if amount is None:
        amount = charge["amount_captured"] - charge["amount_refunded"]
    if not 0 < amount <= charge["amount_captured"]:
        raise InvalidRequest(f"Between 1 and {charge['amount_captured']} can be disputed.", param="amount")
    now = sandbox.now()
    card = CARDS.get(sandbox.get("payment_method", charge["payment_method"])["_number"])
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
        "is_charge_refundable": inquiry,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _details(card.brand if card else "", inquiry),
        "reason": reason,
        "status": INQUIRY if inquiry else "needs_response",
    }
    sandbox.store.put(dispute, due=dispute["evidence_details"]["due_by"])
    sandbox.store.put(charge | {"disputed": not inquiry})
    if not inquiry:
        _withdraw(sandbox, dispute)
    sandbox.emit("charge.dispute.created", dispute)
    if not inquiry:
        sandbox.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _details(brand: str, inquiry: bool) -> Json | None:
    if not brand:
        return None
    case = "inquiry" if inquiry else "chargeback"
    return {
        "card": {"brand": brand, "case_type": case, "network": brand, "network_reason_code": "10.4"},
        "type": "card",
    }


def _withdraw(sandbox: Sandbox, dispute: Json) -> None:
    move = balance_move(
        sandbox,
        dispute,
        "adjustment",
        -dispute["amount"],
        taken=price(dispute["currency"]).dispute,
        category="dispute",
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], sandbox.shown(move)]
    sandbox.store.put(dispute, due=dispute["evidence_details"]["due_by"])


def dispute_escalate(sandbox: Sandbox, dispute: Json) -> Json:
    """Turn an inquiry into a dispute: now the amount and the fee leave the balance. Raises InvalidState."""
    if not dispute["status"].startswith("warning_") or dispute["status"] == "warning_closed":
        raise InvalidState("Only an open inquiry can become a dispute.")
    before = {"status": dispute["status"], "is_charge_refundable": True}
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    if dispute["payment_method_details"]:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    sandbox.store.put(sandbox.get("charge", dispute["charge"]) | {"disputed": True})
    _withdraw(sandbox, dispute)
    sandbox.emit("charge.dispute.updated", dispute, before)
    sandbox.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def dispute_update(sandbox: Sandbox, dispute: Json, evidence: Json, submit: bool) -> Json:
    """Add evidence; the texts `winning_evidence` and `losing_evidence` decide at once, as in test mode.

    Raises InvalidState once it was handed in, and InvalidRequest for a file that was never uploaded.
    """
    if dispute["status"] not in ANSWERABLE or dispute["evidence_details"]["submission_count"]:
        raise InvalidState("This dispute is already closed or under review, so it takes no more evidence.")
    for name in set(evidence) & set(EVIDENCE_FILES):
        if evidence[name]:
            sandbox.get("file", evidence[name], f"evidence[{name}]")
    dispute["evidence"] |= evidence
    details = dispute["evidence_details"]
    details["has_evidence"] = any(value for name, value in dispute["evidence"].items() if name in EVIDENCE)
    if submit:
        dispute["status"] = "warning_under_review" if dispute["status"] == INQUIRY else "under_review"
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
    sandbox.store.put(dispute, due=None if submit else details["due_by"])
    sandbox.emit("charge.dispute.updated", dispute)
    decision = DECISIONS.get(dispute["evidence"]["uncategorized_text"] or "")
    return dispute_close(sandbox, dispute, decision) if submit and decision else dispute


def dispute_close(sandbox: Sandbox, dispute: Json, status: str) -> Json:
    """Decide the dispute: `won` (the amount comes back, the fee does not) or `lost`. Raises InvalidState.

    An inquiry only closes: nothing was taken.
    """
    if dispute["status"] in ENDED:
        raise InvalidState(f"This dispute is already closed: it was {dispute['status']}.", code="dispute_closed")
    inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_closed" if inquiry else status
    dispute["_closed"] = sandbox.now()
    won = status == "won" and not inquiry
    if won:
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
    if won:
        sandbox.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def dispute_due(sandbox: Sandbox, dispute: Json) -> None:
    """Close a dispute that nobody answered in time: lost."""
    dispute["evidence_details"]["past_due"] = True
    dispute_close(sandbox, dispute, "lost")
