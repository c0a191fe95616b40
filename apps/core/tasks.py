"""The two Celery tasks through which all work goes, and the plumbing's own periodic acts.

Workers and the beat import this file; it brings every app's tasks with it. A web process loads none of them: it
writes messages by name.
"""

from celery import current_app, shared_task
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from apps.core import idempotency, leases, mail, queue


@shared_task(name="core.message_run")
def message_run(*, message_id: str) -> None:
    queue.message_run(message_id, now=timezone.now())


@shared_task(name="core.periodic_run")
def periodic_run(*, name: str) -> None:
    queue.periodic_run(name, now=timezone.now())


@queue.periodic("core.messages_sweep", every=5)
def messages_sweep() -> None:
    queue.messages_sweep(now=timezone.now())


@queue.periodic("core.heart_beat", every=60)
def heart_beat() -> None:
    leases.heart_beat(now=timezone.now())


@queue.periodic("core.mails_forget", every=21_600)
def mails_forget() -> None:
    mail.mails_forget(now=timezone.now())


@queue.periodic("core.keys_forget", every=21_600)
def keys_forget() -> None:
    idempotency.keys_forget(now=timezone.now())


@queue.task("core.mail_deliver")
def mail_deliver(*, mail_id: int) -> None:
    mail.mail_deliver(mail_id, now=timezone.now())


autodiscover_modules("tasks")
current_app.conf.beat_schedule = queue.beat_schedule()
