"""E-mails that go once: written with the fact they tell, sent by a worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string

from apps.core.languages import spoken
from apps.core.models import Mail, MailAttachment
from apps.core.moments import zone_named
from apps.core.queue import enqueue
from apps.core.seals import Renewed, seal, seals_renew, unseal

PURPOSE = "core.mail"
KEPT = timedelta(days=90)
BATCH = 500


def mail_write(
    *,
    key: str,
    to: str,
    template: str,
    context: dict[str, object],
    attachments: Sequence[tuple[str, str, bytes]] = (),
    sealed: bool = False,
    unsubscribe_url: str = "",
    language: str = "",
    zone: str = "",
) -> Mail:
    """Promise one mail for `key`; a second call with the same key returns the first mail.

    It is written in `language`, the platform's own for "", and tells the time by the clock of `zone` (an IANA name),
    else of the `organisation` in its context, else in UTC. `template` names
    templates/emails/<template>/{subject.txt,body.txt,body.html}; attachments are (file name, media type, content);
    `sealed` is for words that hold a secret, see `mail_queue`; one POST to `unsubscribe_url` ends mails like this one,
    and mail programs show a button for it.
    """
    clock = zone_named(zone or getattr(context.get("organisation"), "time_zone", "UTC"))
    with spoken(language, clock):
        subject, text, html = (
            render_to_string(f"emails/{template}/{part}", context)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return mail_queue(
        key=key,
        to=to,
        subject=subject,
        text=text,
        html=html,
        attachments=attachments,
        sealed=sealed,
        unsubscribe_url=unsubscribe_url,
    )


def mail_queue(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    attachments: Sequence[tuple[str, str, bytes]] = (),
    sealed: bool = False,
    unsubscribe_url: str = "",
) -> Mail:
    """Promise one mail with these words for `key`; a second call with the same key returns the first mail.

    A sealed mail holds a secret, such as a link that opens something: its words are kept encrypted until it is sent
    and wiped then, so that whoever reads the table, or a copy of it, learns no secret.
    """
    if sealed:
        text, html = (seal(words, purpose=PURPOSE) for words in (text, html))
    with transaction.atomic():
        mail, created = Mail.objects.get_or_create(
            key=key,
            defaults={
                "to": to,
                "subject": " ".join(subject.split())[:250],
                "text": text,
                "html": html,
                "sealed": sealed,
                "unsubscribe_url": unsubscribe_url,
            },
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
    text, html = mail_words(mail)
    message = EmailMultiAlternatives(mail.subject, text, to=[mail.to])
    domain = message.from_email.rsplit("@", 1)[-1].strip("> ")
    message.extra_headers["Message-ID"] = f"<mail-{mail.id}@{domain}>"
    if mail.unsubscribe_url:
        message.extra_headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if html:
        message.attach_alternative(html, "text/html")
    for attachment in mail.attachments.all():
        message.attach(attachment.name, bytes(attachment.content), attachment.media_type)
    message.send()
    Mail.objects.filter(id=mail.id).update(sent_at=now, **({"text": "", "html": ""} if mail.sealed else {}))


def mail_words(mail: Mail) -> tuple[str, str]:
    """Return the mail's text and HTML, unsealed."""
    if not mail.sealed:
        return mail.text, mail.html
    return unseal(mail.text, purpose=PURPOSE), unseal(mail.html, purpose=PURPOSE)


def mails_forget(*, now: datetime) -> int:
    """Take words and attachments off mails that went 90 days ago, a batch at a time; return of how many.

    Key, address, subject and time stay: they say that a fact was told, when and to whom, and keep it from being told
    again. Invoices and statements are kept where they belong, not in their mails.
    """
    total = 0
    old = Mail.objects.filter(sent_at__lt=now - KEPT).exclude(text="").order_by("sent_at")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            MailAttachment.objects.filter(mail__in=ids).delete()
            Mail.objects.filter(pk__in=ids).update(text="", html="", unsubscribe_url="")
        total += len(ids)
    return total


def mails_renew() -> Renewed:
    """Seal the words of mails that wait with the newest key."""
    return seals_renew(Mail.objects.filter(sealed=True, sent_at=None), "text", "html", purpose=PURPOSE)


def mail_server_greet() -> None:
    """Ask the mail server to let us in, and send nothing. Raises OSError."""
    with get_connection():
        pass
