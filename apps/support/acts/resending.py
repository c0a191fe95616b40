"""What can be sent to an organisation's people again, and the sending."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from apps.billing.services import invoice_send_for
from apps.core.errors import AppError, Conflict, NotFound
from apps.core.mail import mail_write
from apps.core.models import Mail, Message, StaffAct
from apps.core.queue import enqueue
from apps.notifications.models import Delivery
from apps.notifications.services import delivery_resend_for
from apps.organisations.models import Organisation
from apps.organisations.services import RESENDS, Actor, audit_record, reason_read, staff_require

FEW = 20
PAUSE = timedelta(minutes=3)  # between two mails that prove the same address
LATE = timedelta(minutes=5)  # from when a mail that did not go is to be seen here
Choice = tuple[str, str]


def things_to_send(organisation: Organisation, *, now: datetime) -> Sequence[Choice]:
    """Return what can be sent again as kind:id and words: unsent mails and lost events first, then invoices."""
    return [
        *(
            (f"mail:{one.pk}", f"Mail to {one.to}, not sent since {one.created_at:%Y-%m-%d %H:%M}: {one.subject}")
            for one in _mails(organisation, now=now)[:FEW]
        ),
        *(
            (
                f"delivery:{one.pk}",
                f"Event {one.event.type} of {one.event.at:%Y-%m-%d %H:%M}, lost to {one.endpoint}",
            )
            for one in _deliveries(organisation).order_by("-id")[:FEW]
        ),
        *(
            (f"address:{one.pk}", f"Mail to {one.email}: the address is not confirmed")
            for one in _addresses(organisation)[:FEW]
        ),
        *(
            (f"invoice:{one.number}", f"Invoice {one.number} of {one.issued_at:%Y-%m-%d}")
            for one in organisation.invoices.filter(pdf__isnull=False).defer("pdf").order_by("-id")[:FEW]
        ),
    ]


def thing_send(*, organisation_id: uuid.UUID, what: str, reason: str, actor: Actor, now: datetime) -> str:
    """Send what `things_to_send` named again, and return what came of it in a sentence; a repeat sends nothing twice.

    Raises Denied, NotFound for what is not the organisation's, AppError without a reason, Conflict where it must wait.
    """
    staff_require(actor, RESENDS)
    reason = reason_read(reason)
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound("There is no organisation with this id.")
    kind, _colon, name = what.partition(":")
    if kind == "invoice":
        mail = invoice_send_for(organisation_id=organisation_id, number=name, reason=reason, actor=actor, now=now)
        return f"Invoice {name} is on its way to {mail.to}."
    if kind == "delivery":
        delivery = delivery_resend_for(
            organisation_id=organisation_id, delivery_id=_uuid(name), reason=reason, actor=actor, now=now
        )
        return f"The event goes to {delivery.endpoint} once more."
    if kind not in ("mail", "address") or not name.isascii() or not name.isdigit() or len(name) > 15:
        raise AppError("Choose what to send from the list.", code="nothing_chosen")
    if kind == "mail":
        return _mail(organisation, int(name), reason, actor, now=now)
    return _address(organisation, int(name), reason, actor, now=now)


def _mail(organisation: Organisation, mail_id: int, reason: str, actor: Actor, *, now: datetime) -> str:
    with transaction.atomic():
        mail = _mails(organisation, now=now).select_for_update().filter(pk=mail_id).first()
        if mail is None:
            return "It has gone already, or was never for this organisation."
        tasks = Message.objects.filter(name="core.mail_deliver", payload__mail_id=mail.pk)
        if not tasks.filter(parked_at__isnull=True, attempts=0).exists():  # else it was asked for just now
            if not tasks.update(parked_at=None, attempts=0, next_at=now):
                enqueue("core.mail_deliver", mail_id=mail.pk)
            _record(organisation, "mail.resent", f"mail:{mail.pk}", reason, actor, now)
    return f"The mail to {mail.to} is tried again at once."


def _address(organisation: Organisation, address_id: int, reason: str, actor: Actor, *, now: datetime) -> str:
    with transaction.atomic():
        address = _addresses(organisation).select_for_update(of=("self",)).filter(pk=address_id).first()
        if address is None:
            return "The address is proven already, or nobody here has it."
        subject = f"address:{address.pk}"
        if StaffAct.objects.filter(act="address.proof_sent", subject=subject, at__gt=now - PAUSE).exists():
            raise Conflict("This was sent less than three minutes ago; let it arrive first.")
        # A code is good for one browser alone: the mail leads to the sign-in, which sends a new one.
        mail_write(
            key=f"address:{address.pk}:unproven:{now.isoformat()}",
            to=address.email,
            language=address.user.language,
            template="address_unproven",
            context={
                "address": address.email,
                "platform": settings.PLATFORM_NAME,
                "url": f"{settings.BASE_URL}{reverse('account_login')}",
            },
        )
        _record(organisation, "address.proof_sent", subject, reason, actor, now)
    return f"{address.email} is asked to sign in and confirm the address."


def _record(organisation: Organisation, act: str, subject: str, reason: str, actor: Actor, now: datetime) -> None:
    audit_record(organisation_id=organisation.pk, actor=actor, act=act, subject=subject, why=reason, now=now)


def _mails(organisation: Organisation, *, now: datetime) -> QuerySet[Mail]:
    """Return the mails to people of the organisation that should have gone by now."""
    people = list(organisation.memberships.values_list("user__email", flat=True))
    addresses = {*people, organisation.finance_email} - {""}
    return Mail.objects.filter(sent_at=None, to__in=addresses, created_at__lt=now - LATE).order_by("-id")


def _deliveries(organisation: Organisation) -> QuerySet[Delivery]:
    dead = Delivery.objects.filter(state=Delivery.State.DEAD, endpoint__removed_at=None, endpoint__off_at=None)
    return dead.filter(endpoint__organisation=organisation).select_related("event", "endpoint")


def _addresses(organisation: Organisation) -> QuerySet[EmailAddress]:
    theirs = EmailAddress.objects.filter(user__memberships__organisation=organisation, verified=False)
    return theirs.select_related("user").order_by("pk")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise AppError("Choose what to send from the list.", code="nothing_chosen") from None
