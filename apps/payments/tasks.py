"""What workers do for payments."""

from uuid import UUID

from django.utils import timezone

from apps.core import queue
from apps.payments import inbox, services, sweeps


@queue.task("payments.event_handle")
def event_handle(*, event_id: str) -> None:
    inbox.event_handle(event_id=event_id, now=timezone.now())


@queue.task("payments.refund_send")
def refund_send(*, refund_id: str) -> None:
    services.refund_send(refund_id=UUID(refund_id), now=timezone.now())


@queue.task("payments.vat_refund_want")
def vat_refund_want(*, topup_id: str, currency: str, minor: int) -> None:
    services.vat_refund_want(topup_id=UUID(topup_id), currency=currency, minor=minor, now=timezone.now())


@queue.periodic("payments.refunds_sweep", every=600)
def refunds_sweep() -> None:
    sweeps.refunds_sweep(now=timezone.now())


@queue.periodic("payments.topups_sweep", every=60)
def topups_sweep() -> None:
    sweeps.topups_sweep(now=timezone.now())


@queue.periodic("payments.events_sweep", every=60)
def events_sweep() -> None:
    sweeps.events_sweep(now=timezone.now())
