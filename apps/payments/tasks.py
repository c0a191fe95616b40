"""What workers do for payments."""

from uuid import UUID

from django.utils import timezone

from apps.core import queue
from apps.payments import inbox, services, sweeps


@queue.task("payments.event_handle")
def event_handle(*, event_id: str) -> None:
    inbox.event_handle(event_id=event_id, now=timezone.now())


@queue.task("payments.answer_send")
def answer_send(*, dispute_id: str) -> None:
    services.answer_send(dispute_id=UUID(dispute_id), now=timezone.now())


@queue.task("payments.refund_send")
def refund_send(*, refund_id: str) -> None:
    services.refund_send(refund_id=UUID(refund_id), now=timezone.now())


@queue.task("payments.vat_refund_want")
def vat_refund_want(*, topup_id: str, currency: str, minor: int) -> None:
    services.vat_refund_want(topup_id=UUID(topup_id), currency=currency, minor=minor, now=timezone.now())


@queue.periodic("payments.refunds_sweep", every=600)
def refunds_sweep() -> None:
    sweeps.refunds_sweep(now=timezone.now())


@queue.periodic("payments.payouts_sweep", every=600)
def payouts_sweep() -> None:
    services.payouts_sweep(now=timezone.now())


@queue.periodic("payments.topups_sweep", every=60)
def topups_sweep() -> None:
    sweeps.topups_sweep(now=timezone.now())


@queue.periodic("payments.events_sweep", every=60)
def events_sweep() -> None:
    sweeps.events_sweep(now=timezone.now())


@queue.task("payments.auto_top_up")
def auto_top_up(*, organisation_id: str) -> None:
    services.auto_top_up(organisation_id=UUID(organisation_id), now=timezone.now())


@queue.task("payments.topup_charge")
def topup_charge(*, topup_id: str) -> None:
    services.topup_charge(topup_id=UUID(topup_id), now=timezone.now())


@queue.task("payments.topup_confirm")
def topup_confirm(*, topup_id: str) -> None:
    services.topup_confirm(topup_id=UUID(topup_id), now=timezone.now())


@queue.task("payments.card_detach")
def card_detach(*, card_id: str) -> None:
    services.card_detach(card_id=UUID(card_id), now=timezone.now())


@queue.periodic("payments.auto_top_ups_sweep", every=60)
def auto_top_ups_sweep() -> None:
    services.auto_top_ups_sweep(now=timezone.now())


@queue.periodic("payments.card_setups_sweep", every=60)
def card_setups_sweep() -> None:
    services.card_setups_sweep(now=timezone.now())


@queue.periodic("payments.cards_sweep", every=300)
def cards_sweep() -> None:
    services.cards_sweep(now=timezone.now())


@queue.periodic("payments.cards_expiring_tell", every=6 * 3600)
def cards_expiring_tell() -> None:
    services.cards_expiring_tell(now=timezone.now())
