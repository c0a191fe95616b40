"""The two Celery tasks through which all work goes, and the plumbing's own periodic acts."""

from celery import shared_task
from django.utils import timezone

from apps.core import mail, queue


@shared_task(name="core.message_run")
def message_run(*, message_id: str) -> None:
    queue.message_run(message_id, now=timezone.now())


@shared_task(name="core.periodic_run")
def periodic_run(*, name: str) -> None:
    queue.periodic_run(name, now=timezone.now())


@queue.periodic("core.messages_sweep", every=5)
def messages_sweep() -> None:
    queue.messages_sweep(now=timezone.now())


@queue.task("core.mail_deliver", queue="mail")
def mail_deliver(*, mail_id: int) -> None:
    mail.mail_deliver(mail_id, now=timezone.now())
