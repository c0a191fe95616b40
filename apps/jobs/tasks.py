"""The periodic acts of jobs: thin."""

from django.utils import timezone

from apps.core import queue
from apps.jobs import services


@queue.periodic("jobs.watch", every=5)
def jobs_watch() -> None:
    services.jobs_watch(now=timezone.now())


@queue.periodic("jobs.markets_figure", every=300)
def markets_figure() -> None:
    services.markets_figure(now=timezone.now())
