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


@queue.task("billing.credit_note_issue")
def credit_note_issue(*, credit_note_due_id: str) -> None:
    services.credit_note_issue(credit_note_due_id=credit_note_due_id, now=timezone.now())


@queue.task("billing.invoice_replace")
def invoice_replace(*, invoice_due_id: str, vat_check_id: str) -> None:
    services.invoice_replace(invoice_due_id=invoice_due_id, vat_check_id=vat_check_id, now=timezone.now())


@queue.periodic("billing.credit_notes_sweep", every=60)
def credit_notes_sweep() -> None:
    services.credit_notes_sweep(now=timezone.now())


@queue.task("billing.statement_deliver")
def statement_deliver(*, statement_id: str) -> None:
    services.statement_deliver(statement_id=statement_id, now=timezone.now())


@queue.periodic("billing.statements_sweep", every=600)
def statements_sweep() -> None:
    services.statements_sweep(now=timezone.now())


@queue.periodic("billing.months_close", every=3600)
def months_close() -> None:
    services.months_close(now=timezone.now())


@queue.task("billing.vat_check_ask")
def vat_check_ask(*, vat_check_id: str) -> None:
    services.vat_check_ask(vat_check_id=vat_check_id, now=timezone.now())


@queue.periodic("billing.vat_checks_sweep", every=60)
def vat_checks_sweep() -> None:
    services.vat_checks_sweep(now=timezone.now())


@queue.periodic("billing.rate_read", every=30)
def rate_read() -> None:
    try:
        services.rate_read(now=timezone.now())
    except RateSourceBroken as error:  # the next read is half a minute away; quotes refuse rates that are too old
        logger.warning(error.message)


@queue.task("billing.trial_grant")
def trial_grant(*, organisation_id: str) -> None:
    services.trial_grant(organisation_id=uuid.UUID(organisation_id), now=timezone.now())


@queue.task("billing.balance_check")
def balance_check(*, organisation_id: str) -> None:
    services.balance_check(organisation_id=uuid.UUID(organisation_id), now=timezone.now())


@queue.periodic("billing.balances_check", every=300)
def balances_check() -> None:
    services.balances_check(now=timezone.now())


@queue.periodic("billing.lots_expire", every=300)
def lots_expire() -> None:
    services.lots_expire(now=timezone.now())


@queue.periodic("billing.expiry_notices", every=3_600)
def expiry_notices() -> None:
    services.expiry_notices(now=timezone.now())


@queue.periodic("billing.rates_purge", every=86_400)
def rates_purge() -> None:
    services.rates_purge(now=timezone.now())


@queue.periodic("billing.quotes_purge", every=3_600)
def quotes_purge() -> None:
    services.quotes_purge(now=timezone.now())


@queue.task("billing.budget_mail")
def budget_mail(*, notice_id: int) -> None:
    services.budget_mail(notice_id=notice_id)


@queue.periodic("billing.budgets_forecast", every=3600)
def budgets_forecast() -> None:
    services.budgets_forecast(now=timezone.now())


@queue.periodic("billing.holds_sweep", every=300)
def holds_sweep() -> None:
    services.holds_sweep(now=timezone.now())
