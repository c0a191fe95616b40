"""Acts on channels of chats that are told of notices. Turning on and off, trying and removing is as for endpoints."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, NotFound
from apps.core.seals import seal
from apps.notifications.models import Endpoint
from apps.notifications.services.choices import quiet_read
from apps.notifications.services.endpoints import (
    ADDRESS,
    description_read,
    endpoint_lock,
    endpoint_told,
    endpoint_turn,
    room_check,
    url_read,
)
from apps.notifications.types import types_read
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.services import Actor

KINDS = [kind for kind in Endpoint.Kind if kind != Endpoint.Kind.WEBHOOK]


def chat_create(
    *,
    grant: Grant,
    kind: str,
    url: str,
    types: Collection[str] = (),
    project: str = "",
    description: str = "",
    quiet: tuple[int | None, int | None] = (None, None),
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Let a channel of a chat hear of notices: of these kinds (none: all), of one project (its slug).

    In the `quiet` hours (from, until) all but alarms wait. The address is sealed and never shown again. Raises Denied,
    Conflict for too many, AppError with the field.
    """
    grant.require(Permission.WEBHOOKS_MANAGE)
    if kind not in KINDS:
        raise _wrong("kind", _("Choose Slack, Discord or Microsoft Teams."))
    fields = _read(grant, url=url, types=types, project=project, description=description, quiet=quiet)
    made_by = grant.membership.user if grant.membership else None
    with transaction.atomic():
        room_check(grant)
        endpoint = Endpoint.objects.create(
            organisation=grant.organisation, kind=kind, **fields, made_by=made_by, created_at=now
        )
        endpoint_told(endpoint, actor, "created", after={"kind": kind, **_facts(fields)}, now=now)
    return endpoint


def chat_change(
    *,
    grant: Grant,
    endpoint_id: uuid.UUID | str,
    url: str | None = None,
    types: Collection[str] | None = None,
    project: str | None = None,
    description: str | None = None,
    quiet: tuple[int | None, int | None] | None = None,
    on: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Change what is given, all of it or nothing, and turn it on or off. Raises as chat_create, and NotFound."""
    grant.require(Permission.WEBHOOKS_MANAGE)
    given = {"url": url, "types": types, "project": project, "description": description, "quiet": quiet}
    wanted = _read(grant, **{name: value for name, value in given.items() if value is not None})
    with transaction.atomic():
        endpoint = endpoint_lock(grant, endpoint_id)
        if not endpoint.is_chat:
            raise NotFound(_("This endpoint is a webhook, not a channel of a chat."))
        before = {name: getattr(endpoint, name) for name in wanted}
        if before != wanted:
            for name, value in wanted.items():
                setattr(endpoint, name, value)
            endpoint.save(update_fields=list(wanted))
            endpoint_told(endpoint, actor, "changed", before=_facts(before), after=_facts(wanted), now=now)
        if on is not None and on is not (endpoint.off_at is None):
            endpoint_turn(endpoint, on=on, actor=actor, now=now)
    return endpoint


def _read(grant: Grant, **given: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "url" in given:
        parts = urlsplit(url_read(given["url"]))
        fields |= {"url": f"{parts.scheme}://{parts.netloc}/…", "address": seal(given["url"], purpose=ADDRESS)}
    if "types" in given:
        fields["types"] = types_read(given["types"], chat=True)
    if "project" in given:
        fields["project"] = _project(grant, given["project"])
    if "description" in given:
        fields["description"] = description_read(given["description"])
    if "quiet" in given:
        fields["quiet_from"], fields["quiet_until"] = quiet_read(*given["quiet"])
    return fields


def _project(grant: Grant, slug: str) -> Any:
    if not slug:
        return None
    found = grant.organisation.projects.filter(slug=slug).first()
    if found is None:
        raise _wrong(
            "project",
            _("There is no project “%(slug)s” in %(organisation)s.")
            % {"slug": slug[:60], "organisation": grant.organisation.name},
        )
    return found


def _facts(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what the trail may know: no address."""
    known = {name: value for name, value in fields.items() if name != "address"}
    if "project" in known:
        known["project"] = known["project"].slug if known["project"] else None
    return known


def _wrong(field: str, sentence: str) -> AppError:
    return AppError(sentence, code="chat_invalid", fields={field: [sentence]})
