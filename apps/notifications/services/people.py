"""Telling what happened below this app: approvals, people who joined, keys that near their end."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.notifications import sentences as said
from apps.notifications.events import (
    APPROVAL_ASKED,
    APPROVAL_DECIDED,
    DOMAIN_LOST,
    DOMAIN_MISSING,
    FROZEN,
    INVITATION_ACCEPTED,
    KEY_EXPIRING,
    MEMBER_LET_IN,
    SERVICE_KEY_EXPIRING,
    SIGN_IN_CHANGED,
    THAWED,
)
from apps.notifications.services.events import Fact, event_emit, events_emit
from apps.organisations.models import ApiKey, Approval, AuditEvent, Invitation, Membership
from apps.organisations.selectors.approvals import approvers_of

KEY_DAYS = (1, 7)
OUTCOMES = {
    Approval.State.DONE: said.APPROVED,
    Approval.State.DENIED: said.DENIED,
    Approval.State.EXPIRED: said.EXPIRED,
    Approval.State.FAILED: said.FAILED,
}


def approval_tell(*, approval_id: uuid.UUID | str, state: str, round: int, now: datetime) -> None:
    """Tell that an approval was asked for, or how it ended; each round and each end once."""
    approval = Approval.objects.select_related("requester").filter(pk=approval_id).first()
    if approval is None:
        return
    facts = {"approval": str(approval.pk), "kind": approval.title}
    if state == Approval.State.OPEN:
        if approval.by_staff or approval.round != round:
            return
        people = approvers_of(approval.organisation_id, approval.kind, but=approval.requester)
        by = str(approval.requester or said.A_KEY)
        facts |= {"worst_case": approval.worst_case, "by": by}
        _tell(approval, APPROVAL_ASKED.name, f"asked:{round}", facts, [one.email for one in people], None, now)
    elif approval.requester is not None and state in OUTCOMES:
        facts |= {"state": state, "outcome": OUTCOMES[Approval.State(state)]}
        facts["note"] = approval.note or approval.refusal
        mailed = [approval.requester.email]
        _tell(approval, APPROVAL_DECIDED.name, state, facts, mailed, approval.requester.pk, now)


def _tell(
    approval: Approval,
    type: str,
    key: str,
    facts: Mapping[str, Any],
    mailed: Sequence[str],
    person_id: int | None,
    now: datetime,
) -> None:
    with transaction.atomic():
        event_emit(
            organisation_id=approval.organisation_id,
            type=type,
            subject=f"approval:{approval.pk}",
            key=f"approval:{approval.pk}:{key}",
            data=facts,
            mailed=mailed,
            person_id=person_id,
            now=now,
        )


def invitation_tell(*, invitation_id: uuid.UUID | str, now: datetime) -> None:
    """Tell who sent an invitation that it was accepted."""
    found = Invitation.objects.select_related("accepted_by").filter(pk=invitation_id, accepted_by__isnull=False)
    for invitation in found:
        assert invitation.accepted_by is not None
        data = {"email": invitation.email, "name": str(invitation.accepted_by), "role": invitation.role}
        with transaction.atomic():
            event_emit(
                organisation_id=invitation.organisation_id,
                type=INVITATION_ACCEPTED.name,
                subject=f"invitation:{invitation.pk}",
                key=f"invitation:{invitation.pk}:accepted",
                data=data,
                person_id=invitation.invited_by_id,
                now=now,
            )


def sign_in_tell(*, event_id: int, now: datetime) -> None:
    """Tell of a line of the trail about how people sign in: a changed rule, a lost domain, somebody let in."""
    event = AuditEvent.objects.select_related("user").filter(pk=event_id).first()
    if event is None:
        return
    if event.act == "member.joined":
        member = Membership.objects.select_related("user").filter(pk=event.subject.partition(":")[2]).first()
        if member is None:
            return  # gone again already
        type, facts = MEMBER_LET_IN, {"email": member.user.email, "name": str(member.user)} | (event.after or {})
    elif event.act in said.SIGN_IN:
        by = str(event.user or (said.A_KEY if event.api_key_id else said.THE_PLATFORM))
        type, facts = SIGN_IN_CHANGED, {"act": event.act, "what": said.SIGN_IN[event.act], "by": by}
    else:
        type, facts = (DOMAIN_LOST if event.act == "domain.lost" else DOMAIN_MISSING), event.after or {}
    with transaction.atomic():
        event_emit(
            organisation_id=event.organisation_id,
            type=type.name,
            subject=event.subject,
            key=f"audit:{event.pk}",
            data=facts,
            now=now,
        )


def freeze_tell(*, event_id: int, now: datetime) -> None:
    """Tell of a line of the trail by which staff froze or thawed the organisation; once."""
    event = AuditEvent.objects.filter(pk=event_id).first()
    if event is None:
        return
    frozen = event.act == "organisation.frozen"
    before, after = event.before or {}, event.after or {}
    data = {"why": after.get("why"), "jobs": after.get("jobs")} if frozen else {"since": before.get("frozen_at")}
    with transaction.atomic():
        event_emit(
            organisation_id=event.organisation_id,
            type=(FROZEN if frozen else THAWED).name,
            subject=event.subject,
            key=f"audit:{event.pk}",
            data=data,
            now=now,
        )


def keys_expiring_tell(*, now: datetime) -> int:
    """Tell of each live key that expires within 7 days, and within one; each once. Return how many were told.

    A key that was short-lived from the start is not told of on its first days.
    """
    soon = ApiKey.objects.filter(revoked_at=None, successor=None, expires_at__gt=now)
    soon = soon.filter(expires_at__lte=now + timedelta(days=max(KEY_DAYS)), organisation__closed_at=None)
    facts = []
    for key in soon.select_related("member").order_by("pk"):
        assert key.expires_at is not None
        days = next(days for days in KEY_DAYS if key.expires_at <= now + timedelta(days=days))
        if key.expires_at - key.created_at >= timedelta(days=2 * days) and (key.member or not key.personal):
            facts.append(_key_fact(key, days))
    with transaction.atomic():
        return len(events_emit(facts=facts, now=now))


def _key_fact(key: ApiKey, days: int) -> Fact:
    return Fact(
        key.organisation_id,
        (KEY_EXPIRING if key.member else SERVICE_KEY_EXPIRING).name,
        f"key:{key.pk}",
        f"key:{key.pk}:expires:{days}",
        {"key": str(key.pk), "name": key.name, "expires": f"{key.expires_at:%Y-%m-%d}"},
        person_id=key.member.user_id if key.member else None,
    )
