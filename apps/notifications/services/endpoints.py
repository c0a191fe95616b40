"""Acts on endpoints: set up, change, rotate the secret, turn off and on, remove, try."""

import base64
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.outbound import AddressRefused, address_check
from apps.core.seals import Renewed, seal, seals_renew
from apps.notifications import sentences as said
from apps.notifications.models import Endpoint, Event
from apps.notifications.selectors import endpoint_get, endpoints_of
from apps.notifications.services.events import WAITED, deliveries_hurry, event_emit
from apps.notifications.types import TEST, types_read
from apps.organisations.models import Grant, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record

PURPOSE = "notifications.endpoint"
ADDRESS = "notifications.address"
ENDPOINTS_MAXIMUM = 20  # of one organisation
OVERLAP_MAXIMUM = timedelta(days=7)


@dataclass(frozen=True)
class NewSecret:
    """An endpoint, and the secret that signs for it, which nobody can see again."""

    endpoint: Endpoint
    secret: str


def endpoint_create(
    *,
    grant: Grant,
    url: str,
    types: Collection[str] = (),
    description: str = "",
    actor: Actor,
    now: datetime,
) -> NewSecret:
    """Set up an endpoint and return it with its secret, once; no types means all.

    Raises Denied, Conflict for too many, and AppError with the field for a bad address, type or description.
    """
    grant.require(Permission.WEBHOOKS_MANAGE)
    fields = {"url": url_read(url), "types": types_read(types), "description": description_read(description)}
    secret = _secret_make()
    with transaction.atomic():
        room_check(grant)
        made_by = grant.membership.user if grant.membership else None
        endpoint = Endpoint.objects.create(
            organisation=grant.organisation,
            **fields,
            secret=seal(secret, purpose=PURPOSE),
            made_by=made_by,
            created_at=now,
        )
        endpoint_told(endpoint, actor, "created", after=fields, now=now)
    return NewSecret(endpoint, secret)


def room_check(grant: Grant) -> None:
    """Lock the organisation's endpoints and pass if there may be one more. Raises Conflict."""
    Organisation.objects.select_for_update(no_key=True).get(pk=grant.organisation_id)
    if endpoints_of(grant).count() >= ENDPOINTS_MAXIMUM:
        raise Conflict(
            _("An organisation can have %(endpoints_maximum)s endpoints; remove one that is not used.")
            % {"endpoints_maximum": ENDPOINTS_MAXIMUM}
        )


def endpoint_change(
    *,
    grant: Grant,
    endpoint_id: uuid.UUID | str,
    url: str | None = None,
    types: Collection[str] | None = None,
    description: str | None = None,
    on: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Change what is given, all of it or nothing. Raises as endpoint_create, and NotFound.

    Turned off, what waits stays; turned `on`, it goes at once.
    """
    wanted: dict[str, Any] = {}
    if url is not None:
        wanted["url"] = url_read(url)
    if types is not None:
        wanted["types"] = types_read(types)
    if description is not None:
        wanted["description"] = description_read(description)
    with transaction.atomic():
        endpoint = endpoint_lock(grant, endpoint_id)
        if endpoint.is_chat and wanted:
            raise Conflict(_("This is a channel of a chat; change it as one."))
        before = {name: getattr(endpoint, name) for name in wanted}
        if before != wanted:
            for name, value in wanted.items():
                setattr(endpoint, name, value)
            endpoint.save(update_fields=list(wanted))
            endpoint_told(endpoint, actor, "changed", before=before, after=wanted, now=now)
        if on is not None and on is not (endpoint.off_at is None):
            endpoint_turn(endpoint, on=on, actor=actor, now=now)
    return endpoint


def endpoint_turn(endpoint: Endpoint, *, on: bool, actor: Actor, now: datetime) -> None:
    """Turn a locked endpoint on or off; what it had not taken goes at once when it is on."""
    endpoint.off_at, endpoint.off_reason = (None, "") if on else (now, said.OFF_BY_HAND)
    endpoint.failing_since = None
    endpoint.save(update_fields=["off_at", "off_reason", "failing_since"])
    if on:
        deliveries_hurry(endpoint.deliveries.filter(WAITED), now=now)
    endpoint_told(endpoint, actor, "turned_on" if on else "turned_off", now=now)


def endpoint_rotate(
    *, grant: Grant, endpoint_id: uuid.UUID | str, overlap: timedelta, actor: Actor, now: datetime
) -> NewSecret:
    """Give the endpoint a new secret and return it, once; until `overlap` (0 to 7 days) has passed both sign.

    Raises NotFound, Denied, and AppError for the overlap.
    """
    if not timedelta() <= overlap <= OVERLAP_MAXIMUM:
        sentence = _("The old secret can go on signing for 0 to %(days)s days.") % {"days": OVERLAP_MAXIMUM.days}
        raise AppError(sentence, code="overlap_out_of_range", fields={"overlap_hours": [sentence]})
    secret = _secret_make()
    with transaction.atomic():
        endpoint = endpoint_lock(grant, endpoint_id)
        if endpoint.is_chat:
            raise Conflict(_("A channel of a chat has no secret of ours; change its address instead."))
        endpoint.old_secret = endpoint.secret if overlap else ""
        endpoint.old_secret_until = now + overlap if overlap else None
        endpoint.secret = seal(secret, purpose=PURPOSE)
        endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
        endpoint_told(endpoint, actor, "rotated", after={"old_secret_until": endpoint.old_secret_until}, now=now)
    return NewSecret(endpoint, secret)


def endpoint_remove(*, grant: Grant, endpoint_id: uuid.UUID | str, actor: Actor, now: datetime) -> None:
    """Remove the endpoint and what waits for it; its secret or address is wiped. Raises NotFound and Denied."""
    with transaction.atomic():
        endpoint = endpoint_lock(grant, endpoint_id)
        endpoint.removed_at, endpoint.secret, endpoint.old_secret, endpoint.address = now, "", "", ""
        endpoint.save(update_fields=["removed_at", "secret", "old_secret", "address"])
        endpoint.deliveries.all().delete()
        endpoint_told(endpoint, actor, "removed", before={"url": endpoint.url}, now=now)


def endpoint_test(*, grant: Grant, endpoint_id: uuid.UUID | str, now: datetime) -> Event:
    """Send the endpoint an event that means nothing: once, behind nothing that waits.

    Raises NotFound, Denied, Conflict while it is off.
    """
    endpoint = endpoint_get(grant, endpoint_id)
    if endpoint.off_at is not None:
        raise Conflict(_("This endpoint is off; turn it on, then try it."))
    subject = f"test:{uuid.uuid4()}"
    with transaction.atomic():
        return event_emit(
            organisation_id=grant.organisation_id,
            type=TEST.name,
            subject=subject,
            key=subject,
            data=dict(TEST.example),
            now=now,
            to=endpoint,
        )


def endpoint_lock(grant: Grant, endpoint_id: uuid.UUID | str) -> Endpoint:
    """Return one of the organisation's endpoints, locked. Raises NotFound and Denied."""
    found = endpoint_get(grant, endpoint_id)
    endpoint = Endpoint.objects.select_for_update().get(pk=found.pk)
    if endpoint.removed_at is not None:  # by a twin, between the look and the lock
        return endpoint_get(grant, endpoint_id)
    return endpoint


def _secret_make() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def url_read(url: str) -> str:
    """Return an address that events may go to. Raises AppError with the field."""
    try:
        if len(url) > 500:
            raise AddressRefused(_("The address is over 500 letters long."))
        address_check(url)
    except AddressRefused as refusal:
        raise AppError(refusal.message, code=refusal.code, fields={"url": [refusal.message]}) from refusal
    return url


def description_read(text: str) -> str:
    """Return the description in one line. Raises AppError with the field."""
    text = " ".join(text.replace("\x00", "").split())
    if len(text) > 120:
        sentence = _("The description is over 120 letters long; shorten it.")
        raise AppError(sentence, code="too_long", fields={"description": [sentence]})
    return text


def endpoint_told(
    endpoint: Endpoint,
    actor: Actor,
    verb: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Record in the trail what was done to an endpoint."""
    audit_record(
        organisation_id=endpoint.organisation_id,
        actor=actor,
        act=f"webhook.{verb}",
        subject=f"endpoint:{endpoint.pk}",
        before=before,
        after=after,
        now=now,
    )


def endpoints_renew() -> Renewed:
    """Seal secrets and addresses with the newest key."""
    secrets_done = seals_renew(Endpoint.objects.all(), "secret", "old_secret", purpose=PURPOSE)
    return secrets_done + seals_renew(Endpoint.objects.all(), "address", purpose=ADDRESS)
