"""Billing's work in the background."""

import logging
import uuid

from django.utils import timezone

from apps.billing import services
from apps.billing.errors import RateSourceBroken
from apps.core import queue

logger = logging.getLogger(__name__)


@queue.task("billing.wallet_open")
def wallet_open(*, organisation_id: str) -> None:
    services.wallet_open(uuid.UUID(organisation_id))


@queue.task("billing.invoice_issue")
def invoice_issue(*, invoice_due_id: str) -> None:
    services.invoice_issue(invoice_due_id=invoice_due_id, now=timezone.now())


@queue.periodic("billing.invoices_sweep", every=60)
def invoices_sweep() -> None:
    services.invoices_sweep(now=timezone.now())


@queue.periodic("billing.rate_read", every=30)
def rate_read() -> None:
    try:
        services.rate_read(now=timezone.now())
    except RateSourceBroken as error:  # the next read is half a minute away; quotes refuse rates that are too old
        logger.warning(error.message)


@queue.task("billing.budget_mail")
def budget_mail(*, notice_id: int) -> None:
    services.budget_mail(notice_id=notice_id)


@queue.periodic("billing.budgets_forecast", every=3600)
def budgets_forecast() -> None:
    services.budgets_forecast(now=timezone.now())


@queue.periodic("billing.holds_sweep", every=300)
def holds_sweep() -> None:
    services.holds_sweep(now=timezone.now())
