"""What workers do to tell people and programs."""

from django.utils import timezone

from apps.core import queue
from apps.notifications import services


@queue.task("notifications.deliveries_send")
def deliveries_send() -> None:
    services.deliveries_send(now=timezone.now())


@queue.periodic("notifications.deliveries_sweep", every=5)
def deliveries_sweep() -> None:
    services.deliveries_send(now=timezone.now())


@queue.periodic("notifications.events_forget", every=3600)
def events_forget() -> None:
    services.events_forget(now=timezone.now())
