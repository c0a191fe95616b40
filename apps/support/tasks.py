"""The periodic acts of support: thin."""

from django.utils import timezone

from apps.core import queue
from apps.support import services
from apps.support.announcements.services import announcements_publish as publish
from apps.support.reconciliation.runs import days_run


@queue.periodic("support.visits_end", every=60)
def visits_end() -> None:
    services.visits_end(now=timezone.now())


@queue.periodic("support.treasury_watch", every=300)
def treasury_watch() -> None:
    services.treasury_watch(now=timezone.now())


@queue.periodic("support.reconcile_days", every=3600, lease=1800)
def reconcile_days() -> None:
    days_run(now=timezone.now())


@queue.periodic("support.announcements_publish", every=60)
def announcements_publish() -> None:
    publish(now=timezone.now())
