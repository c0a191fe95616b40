"""Asking VIES about an organisation's VAT id, and keeping the answers. No page ever waits for VIES."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from stdnum.eu import vat as eu_vat

from apps.billing import sentences as said
from apps.billing.errors import ViesUnreachable
from apps.billing.models import InvoiceDue, VatCheck
from apps.billing.vat import MEMBERS, UNCONFIRMED, vat_id_of
from apps.billing.vies import Answer, vies_ask
from apps.core.queue import enqueue
from apps.organisations.models import Organisation

BATCH = 100  # questions in one round
RENEW = timedelta(days=25)  # answers are renewed before they are too old to rely on
PATIENCE = timedelta(minutes=1)  # between two questions a person asks for
LONGEST_WAIT = timedelta(hours=6)


def vat_id_check(*, organisation_id: uuid.UUID, now: datetime, again: bool = False) -> VatCheck | None:
    """Promise that VIES is asked about the organisation's VAT id, and return the question or its fresh answer.

    None without a VAT id of its own EU country. `again` asks although the last answer is fresh, at most once a
    minute. An id whose check digit is wrong is invalid at once, and VIES is not asked.
    """
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        vat_id = organisation.vat_id
        if organisation.country not in MEMBERS or not vat_id or not vat_id_of(vat_id, organisation.country):
            return None
        checks = VatCheck.objects.filter(organisation=organisation, vat_id=vat_id)
        waiting = checks.filter(state=VatCheck.State.WAITING).first()
        latest = waiting or checks.filter(answered_at__gt=now - (PATIENCE if again else RENEW)).first()
        if latest is not None:
            return latest
        check = VatCheck(organisation=organisation, vat_id=vat_id, asked_at=now, next_at=now + LONGEST_WAIT)
        if not eu_vat.is_valid(vat_id):
            check.state, check.answered_at = VatCheck.State.INVALID, now
            check.trouble = said.VAT_ID_WRONG
        check.save()
        if check.state == VatCheck.State.WAITING:
            enqueue("billing.vat_check_ask", vat_check_id=str(check.id))
    return check


def vat_check_ask(*, vat_check_id: uuid.UUID | str, now: datetime) -> VatCheck:
    """Ask VIES the question that waits and keep its answer; without one, say when it is asked again.

    Calls the network, outside any transaction. A repeat after the answer asks nothing.
    """
    check = VatCheck.objects.get(id=vat_check_id)
    if check.state != VatCheck.State.WAITING:
        return check
    try:
        answer = vies_ask(check.vat_id, requester=settings.SELLER["vat_id"])
    except ViesUnreachable as trouble:
        wait = min(timedelta(minutes=2**check.tries if check.tries < 10 else 1000), LONGEST_WAIT)
        VatCheck.objects.filter(id=check.id, state=VatCheck.State.WAITING).update(
            tries=F("tries") + 1, next_at=now + wait, trouble=trouble.message[:200]
        )
        check.refresh_from_db()
        return check
    return _answered(check.id, answer, now=now)


def _answered(check_id: uuid.UUID, answer: Answer, *, now: datetime) -> VatCheck:
    with transaction.atomic():
        check = VatCheck.objects.select_for_update().get(id=check_id)
        if check.state != VatCheck.State.WAITING:
            return check
        check.state = VatCheck.State.VALID if answer.valid else VatCheck.State.INVALID
        check.answered_at, check.tries, check.trouble = now, check.tries + 1, ""
        check.name, check.address, check.consultation = answer.name, answer.address, answer.consultation
        check.raw = answer.raw
        check.save()
        if answer.valid:
            charged = _charged_for_want_of_proof().filter(
                organisation_id=check.organisation_id, facts__buyer__vat_id=check.vat_id
            )
            for due in charged.order_by("created_at"):
                enqueue("billing.invoice_replace", invoice_due_id=str(due.id), vat_check_id=str(check.id))
    return check


def _charged_for_want_of_proof() -> QuerySet[InvoiceDue]:
    """Return the invoices that carry VAT only because a VAT id was not confirmed when the money came."""
    return InvoiceDue.objects.filter(facts__vat_rule=UNCONFIRMED, replaced_by=None)


def replacement_promise(*, topup_id: uuid.UUID | str) -> None:
    """Promise to replace the top-up's invoice if VIES has confirmed its VAT id since; for what had to wait."""
    due = _charged_for_want_of_proof().filter(topup_id=str(topup_id)).first()
    if due is None:
        return
    checks = VatCheck.objects.filter(organisation_id=due.organisation_id, vat_id=due.facts["buyer"]["vat_id"])
    check = checks.filter(answered_at__gte=due.created_at).order_by("-answered_at").first()
    if check is not None and check.state == VatCheck.State.VALID:
        enqueue("billing.invoice_replace", invoice_due_id=str(due.id), vat_check_id=str(check.id))


def vat_checks_sweep(*, now: datetime) -> int:
    """Ask again what VIES left open, and ask anew where there is no answer or an old one; return how many."""
    asked = 0
    due = VatCheck.objects.filter(state=VatCheck.State.WAITING, next_at__lte=now).order_by("next_at")
    for check_id in list(due.values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():  # whoever moves the time asks; a second sweep finds nothing
            if VatCheck.objects.filter(id=check_id, next_at__lte=now).update(next_at=now + LONGEST_WAIT):
                enqueue("billing.vat_check_ask", vat_check_id=str(check_id))
                asked += 1
    known = VatCheck.objects.filter(organisation=OuterRef("pk"), vat_id=OuterRef("vat_id")).filter(
        Q(state=VatCheck.State.WAITING) | Q(answered_at__gt=now - RENEW)
    )
    living = Organisation.objects.filter(closed_at=None, country__in=MEMBERS)
    unknown = living.filter(~Q(vat_id=""), ~Exists(known))
    for organisation_id in list(unknown.values_list("id", flat=True)[:BATCH]):
        asked += vat_id_check(organisation_id=organisation_id, now=now) is not None
    return asked
