"""Notices for tests."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.notifications.models import Event
from apps.notifications.services import event_emit, notices_send
from apps.notifications.services.unsubscribing import unsubscribe_url
from apps.organisations.models import Membership, Organisation

SETTLED = {
    "id": str(uuid.UUID(int=1)),
    "name": "Nightly",
    "cost_micro": 1_250_000,
    "sentence": "Settled for 929 s.",
}


def notice_make(
    organisation: Organisation,
    type: str = "balance.low",
    *,
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
    key: str = "",
    **fields: Any,
) -> Event:
    """Tell an event that is a notice."""
    with transaction.atomic():
        return event_emit(
            organisation_id=organisation.pk,
            type=type,
            subject=f"thing:{uuid.uuid4()}",
            key=key or uuid.uuid4().hex,
            data={"available_micro": 4_750_000} if data is None else data,
            now=at or timezone.now(),
            **fields,
        )


def notice_of(organisation: Organisation) -> Event:
    """Return a notice that every member may read."""
    found = Event.objects.filter(organisation=organisation, type="approval.decided", person=None).first()
    facts = {"approval": str(uuid.UUID(int=1)), "kind": "Launch a job", "outcome": "approved"}
    return found or notice_make(organisation, "approval.decided", data=facts)


def unsubscribe_token(member: Membership, *kinds: str) -> str:
    """Return the token of a link that ends mails of these kinds."""
    url = unsubscribe_url(organisation_id=member.organisation_id, user_id=member.user_id, kinds=kinds)
    return url.rstrip("/").rsplit("/", 1)[1]


def send(now: datetime) -> None:
    """Send what is due, as a worker does."""
    notices_send(now=now)
