"""What workers do for payments."""

from django.utils import timezone

from apps.core import queue
from apps.payments import inbox, sweeps


@queue.task("payments.event_handle")
def event_handle(*, event_id: str) -> None:
    inbox.event_handle(event_id=event_id, now=timezone.now())


@queue.periodic("payments.topups_sweep", every=60)
def topups_sweep() -> None:
    sweeps.topups_sweep(now=timezone.now())


@queue.periodic("payments.events_sweep", every=60)
def events_sweep() -> None:
    sweeps.events_sweep(now=timezone.now())
