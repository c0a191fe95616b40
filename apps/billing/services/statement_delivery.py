"""Statements into mailboxes: printed once, mailed once, with all lines attached where a mailbox takes them."""

import gzip
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.billing.documents import statement_pdf
from apps.billing.events import STATEMENT_READY
from apps.billing.models import Statement
from apps.billing.selectors.documents import finance_address
from apps.core.mail import mail_write
from apps.core.sweeping import each_apart
from apps.notifications.services import event_emit
from apps.organisations.selectors import mail_language

ATTACHED = 5_000_000  # bytes of CSV that still go with the mail; above, it has the link only
PATIENCE = timedelta(minutes=10)
BATCH = 100  # statements in one round


def statement_deliver(*, statement_id: uuid.UUID | str, now: datetime) -> Statement:
    """Print the statement and promise its mail, going on from wherever an earlier try ended.

    Raises Statement.DoesNotExist.
    """
    statement = statement_print(Statement.objects.select_related("organisation").get(id=statement_id))
    organisation = statement.organisation
    attachments = [(f"statement-{statement.number}.pdf", "application/pdf", bytes(statement.pdf or b""))]
    csv = _csv_if_small(statement)
    if csv is not None:
        attachments.append((f"statement-{statement.number}.csv", "text/csv", csv))
    page = f"{settings.BASE_URL}/o/{organisation.slug}/billing/statements/"
    address = finance_address(organisation)
    with transaction.atomic():
        mail_write(
            key=f"statement:{statement.id}",
            to=address,
            language=mail_language(organisation, address),
            template="statement",
            context={
                "statement": statement,
                "organisation": organisation,
                "attached": csv is not None,
                "url": page,
                "csv_url": f"{page}{statement.number}.csv",
            },
            attachments=attachments,
        )
        event_emit(
            organisation_id=organisation.pk,
            type=STATEMENT_READY.name,
            subject=f"statement:{statement.id}",
            key=f"statement:{statement.id}",
            data={"month": statement.number},
            mailed=[address],
            now=now,
        )
    Statement.objects.filter(id=statement.id, delivered_at=None).update(delivered_at=now)
    return statement


def statement_print(statement: Statement) -> Statement:
    """Add the PDF to the statement, once, and return the statement with it."""
    if statement.pdf is None:
        content = statement_pdf(statement.data)
        Statement.objects.filter(id=statement.id, pdf=None).update(pdf=content)
        statement.refresh_from_db(fields=["pdf"])
    return statement


def _csv_if_small(statement: Statement) -> bytes | None:
    """Return the CSV, or None if it is larger than a mailbox may take."""
    if statement.parts.count() > ATTACHED // 1_000_000:
        return None
    packed = b"".join(bytes(part.content) for part in statement.parts.order_by("position"))
    plain = gzip.decompress(packed)
    return plain if len(plain) <= ATTACHED else None


def statements_sweep(*, now: datetime) -> int:
    """Deliver the statements that an interruption left behind; return how many. One failing stops no other."""
    left = Statement.objects.filter(delivered_at=None, closed_at__lt=now - PATIENCE).order_by("closed_at")
    ids = list(left.values_list("id", flat=True)[:BATCH])
    return len(each_apart(ids, lambda statement_id: statement_deliver(statement_id=statement_id, now=now)))
