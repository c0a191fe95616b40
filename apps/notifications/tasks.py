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


@queue.periodic("notifications.notices_sweep", every=5)
def notices_sweep() -> None:
    services.notices_send(now=timezone.now())


@queue.task("notifications.approval_tell")
def approval_tell(*, approval_id: str, state: str, round: int) -> None:
    services.approval_tell(approval_id=approval_id, state=state, round=round, now=timezone.now())


@queue.task("notifications.invitation_tell")
def invitation_tell(*, invitation_id: str) -> None:
    services.invitation_tell(invitation_id=invitation_id, now=timezone.now())


@queue.task("notifications.sign_in_tell")
def sign_in_tell(*, event_id: int) -> None:
    services.sign_in_tell(event_id=event_id, now=timezone.now())


@queue.task("notifications.freeze_tell")
def freeze_tell(*, event_id: int) -> None:
    services.freeze_tell(event_id=event_id, now=timezone.now())


@queue.periodic("notifications.keys_expiring_tell", every=3600)
def keys_expiring_tell() -> None:
    services.keys_expiring_tell(now=timezone.now())


@queue.periodic("notifications.events_forget", every=3600)
def events_forget() -> None:
    services.events_forget(now=timezone.now())
