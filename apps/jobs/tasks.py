"""The jobs' own work in the background."""

import uuid

from django.utils import timezone

from apps.core import queue
from apps.jobs import services


@queue.periodic("jobs.watch", every=5)
def jobs_watch() -> None:
    services.jobs_watch(now=timezone.now())


@queue.task("jobs.stop_all")
def stop_all(*, organisation_id: str) -> None:
    services.jobs_stop_all(organisation_id=uuid.UUID(organisation_id), now=timezone.now())


@queue.periodic("jobs.markets_figure", every=300)
def markets_figure() -> None:
    services.markets_figure(now=timezone.now())


@queue.periodic("jobs.secrets_wipe", every=3600)
def secrets_wipe() -> None:
    services.secrets_wipe(now=timezone.now())


@queue.periodic("jobs.logs_expire", every=600)
def logs_expire() -> None:
    services.logs_expire(now=timezone.now())


@queue.periodic("jobs.logs_page", every=10)
def logs_page() -> None:
    services.logs_page(now=timezone.now())
