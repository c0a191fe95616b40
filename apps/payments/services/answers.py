"""Answering a dispute: wanted by staff, handed in to Stripe once, with the evidence of that moment."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.core.queue import enqueue
from apps.organisations.services import Actor, audit_record
from apps.payments import gateway
from apps.payments.evidence import evidence_pdf, evidence_sheets, invoices_of, purchase_address
from apps.payments.models import Dispute

Evidence = Dispute.Evidence
PRODUCT = "Prepaid credits for running computing jobs on rented GPUs; delivered to the account at once."


class AnswerInvalid(AppError):
    """There is nothing to hand in."""

    code = "answer_invalid"


def dispute_answer(*, dispute_id: uuid.UUID, statement: str, actor: Actor, now: datetime) -> Dispute:
    """Keep what we say about a dispute and promise that it is handed in with the evidence; Stripe takes one answer.

    A repeat while it waits changes nothing. Raises NotFound, AnswerInvalid without words, Conflict once it was
    handed in or the deadline is over.
    """
    statement = statement.strip()
    if not 10 <= len(statement) <= 20_000:
        raise AnswerInvalid(
            _("Say in 10 to 20,000 characters why the payment is right; the evidence is added to it."),
            fields={"statement": [_("10 to 20,000 characters.")]},
        )
    with transaction.atomic():
        dispute = Dispute.objects.select_for_update().filter(id=dispute_id).first()
        if dispute is None:
            raise NotFound(_("There is no such dispute."))
        if dispute.evidence == Evidence.WANTED:
            return dispute
        if dispute.evidence == Evidence.SUBMITTED or not dispute.open:
            raise Conflict(
                _("This dispute was answered or decided before; Stripe takes one answer."), code="answered"
            )
        if dispute.due_at is not None and dispute.due_at <= now:
            raise Conflict(_("The deadline for an answer is over."), code="answer_late")
        dispute.statement, dispute.evidence, dispute.refusal = statement, Evidence.WANTED, ""
        dispute.submitted_by = actor.user
        dispute.save()
        _record(dispute, "answered", actor=actor, now=now)
        enqueue("payments.answer_send", dispute_id=str(dispute.id))
    return dispute


def answer_send(*, dispute_id: uuid.UUID, now: datetime) -> None:
    """Hand a wanted answer in; a repeat after a crash finds it handed in. Raises gateway.StripeUnavailable."""
    dispute = Dispute.objects.select_related("topup__quote", "topup__user", "organisation").get(id=dispute_id)
    if dispute.evidence != Evidence.WANTED:
        return
    try:
        told = gateway.dispute_get(dispute.dispute_id)
        if not told.submitted:
            told = _hand_in(dispute, now=now)
    except gateway.StripeRefused as refusal:
        _end(dispute, Evidence.REFUSED, refusal=refusal.message[:300], now=now)
        return
    _end(dispute, Evidence.SUBMITTED, status=told.status, now=now)


def _hand_in(dispute: Dispute, *, now: datetime) -> gateway.StripeDispute:
    """Upload the papers and submit them with the words. Nothing counts at Stripe before the last of these calls."""
    sheets = evidence_sheets(dispute=dispute, now=now)
    stamp = f"{now:%Y%m%d%H%M%S}"  # the papers differ by the moment, so each try has keys of its own
    papers = {"service_documentation": ("evidence.pdf", evidence_pdf(dispute=dispute, sheets=sheets))}
    for number, pdf in invoices_of(dispute):
        papers["receipt"] = (f"{number}.pdf", pdf)
    files = {
        name: gateway.evidence_upload(
            key=f"dispute:{dispute.id}:{stamp}:{name}", name=f"{dispute.id.hex[:8]}-{paper}", content=content
        )
        for name, (paper, content) in papers.items()
    }
    texts = {
        "customer_name": dispute.organisation.legal_name or dispute.organisation.name,
        "customer_email_address": dispute.topup.user.email,
        "customer_purchase_ip": purchase_address(dispute),
        "billing_address": dispute.organisation.address,
        "product_description": PRODUCT,
        "service_date": f"{dispute.topup.paid_at:%Y-%m-%d}" if dispute.topup.paid_at else "",
        "uncategorized_text": dispute.statement,
    }
    return gateway.evidence_submit(
        key=f"dispute:{dispute.id}:{stamp}:submit",
        dispute_id=dispute.dispute_id,
        evidence={name: text for name, text in {**texts, **files}.items() if text},
    )


def _end(dispute: Dispute, evidence: str, *, now: datetime, status: str = "", refusal: str = "") -> None:
    with transaction.atomic():
        row = Dispute.objects.select_for_update().get(id=dispute.id)
        if row.evidence != Evidence.WANTED:
            return
        row.evidence, row.refusal = evidence, refusal
        row.submitted_at = now if evidence == Evidence.SUBMITTED else None
        row.status = status or row.status
        row.save()
        _record(row, "handed_in" if evidence == Evidence.SUBMITTED else "refused", actor=Actor.system(), now=now)


def _record(dispute: Dispute, verb: str, *, actor: Actor, now: datetime) -> None:
    audit_record(
        organisation_id=dispute.organisation_id,
        actor=actor,
        act=f"dispute.{verb}",
        subject=f"dispute:{dispute.id}",
        after={"status": dispute.status, "evidence": dispute.evidence, "refusal": dispute.refusal},
        now=now,
    )
