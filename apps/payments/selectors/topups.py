"""Questions about top-ups, organisation first."""

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet, Sum

from apps.billing.models import Invoice
from apps.core.errors import NotFound
from apps.organisations.models import Organisation
from apps.payments.models import TopUp

LATEST = 10  # top-ups beside a form


def topup_get(organisation: Organisation, topup_id: uuid.UUID) -> TopUp:
    """Return the organisation's top-up with its quote. Raises NotFound."""
    topups = TopUp.objects.select_related("quote", "settled_quote", "organisation", "card")
    topup = topups.filter(organisation=organisation, id=topup_id)
    found = topup.first()
    if found is None:
        raise NotFound()
    return found


def topups_latest(organisation: Organisation) -> list[TopUp]:
    """Return the organisation's latest top-ups that someone went to pay, the newest first, each with its quote."""
    topups = TopUp.objects.select_related("quote", "settled_quote", "user").filter(organisation=organisation)
    return list(topups.order_by("-id")[:LATEST])


def topups_found(organisation: Organisation, *, state: str, automatic: bool | None) -> QuerySet[TopUp]:
    """Return the organisation's top-ups in that state ("" for any), begun by the rule, by hand, or (None) by either."""
    found = TopUp.objects.select_related("quote", "settled_quote", "user").filter(organisation=organisation)
    if state:
        found = found.filter(state=state)
    return found if automatic is None else found.filter(automatic=automatic)


def topups_of(organisation: Organisation) -> QuerySet[TopUp]:
    """Return the organisation's top-ups, each with its quote."""
    return TopUp.objects.select_related("quote", "settled_quote").filter(organisation=organisation)


def automatic_latest(organisation: Organisation) -> list[TopUp]:
    """Return the organisation's latest automatic top-ups, the newest first, each with its quote and card."""
    topups = TopUp.objects.select_related("quote", "card").filter(organisation=organisation, automatic=True)
    return list(topups.order_by("-id")[:LATEST])


def quotes_in_use(*, quote_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the quotes that a top-up was made with."""
    topups = TopUp.objects.filter(Q(quote_id__in=quote_ids) | Q(settled_quote_id__in=quote_ids))
    used = topups.values_list("quote_id", "settled_quote_id")
    return {quote_id for pair in used for quote_id in pair if quote_id is not None}


def held_minor() -> dict[str, int]:
    """Return the payments that are at Stripe and wait for staff before they are booked: minor units by currency."""
    held = TopUp.objects.filter(state=TopUp.State.HELD).values_list("quote__currency")
    return dict(held.annotate(total=Sum("quote__total_minor")).order_by())


def invoice_number(topup: TopUp) -> str | None:
    """Return the number of the top-up's invoice once its PDF can be read."""
    printed = Invoice.objects.filter(due__topup_id=str(topup.id)).exclude(pdf=None)
    return printed.values_list("number", flat=True).first()
