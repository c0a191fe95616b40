"""The jobs' own tasks: what happens because time passes."""

from django.utils import timezone

from apps.core import queue
from apps.jobs import services


@queue.periodic("jobs.watch", every=5)
def jobs_watch() -> None:
    services.jobs_watch(now=timezone.now())
