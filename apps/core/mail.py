"""E-mails that go once: written with the fact they tell, sent by a worker."""

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from apps.core.models import Mail, MailAttachment
from apps.core.queue import enqueue


def mail_write(
    *,
    key: str,
    to: str,
    template: str,
    context: dict[str, object],
    attachments: Sequence[tuple[str, str, bytes]] = (),
) -> Mail:
    """Promise one mail for `key`; a second call with the same key returns the first mail.

    `template` names templates/emails/<template>/{subject.txt,body.txt,body.html}; attachments are
    (file name, media type, content).
    """
    subject, text, html = (
        render_to_string(f"emails/{template}/{part}", context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return mail_queue(key=key, to=to, subject=subject, text=text, html=html, attachments=attachments)


def mail_queue(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    attachments: Sequence[tuple[str, str, bytes]] = (),
) -> Mail:
    """Promise one mail with these words for `key`; a second call with the same key returns the first mail."""
    with transaction.atomic():
        mail, created = Mail.objects.get_or_create(
            key=key,
            defaults={"to": to, "subject": " ".join(subject.split())[:250], "text": text, "html": html},
        )
        if created:
            MailAttachment.objects.bulk_create(
                MailAttachment(mail=mail, name=name, media_type=media_type, content=content)
                for name, media_type, content in attachments
            )
            enqueue("core.mail_deliver", mail_id=mail.id)
    return mail


def mail_deliver(mail_id: int, *, now: datetime) -> None:
    """Hand the mail to the mail server unless it has gone already.

    Its Message-ID is always the same, so that a server which got it twice around a crash can tell.
    """
    mail = Mail.objects.get(id=mail_id)
    if mail.sent_at is not None:
        return
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
    domain = message.from_email.rsplit("@", 1)[-1].strip("> ")
    message.extra_headers["Message-ID"] = f"<mail-{mail.id}@{domain}>"
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for attachment in mail.attachments.all():
        message.attach(attachment.name, bytes(attachment.content), attachment.media_type)
    message.send()
    Mail.objects.filter(id=mail.id).update(sent_at=now)
