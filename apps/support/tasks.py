"""The periodic acts of support: thin."""

from django.utils import timezone

from apps.core import queue
from apps.support import services


@queue.periodic("support.visits_end", every=60)
def visits_end() -> None:
    services.visits_end(now=timezone.now())


@queue.periodic("support.treasury_watch", every=300)
def treasury_watch() -> None:
    services.treasury_watch(now=timezone.now())
