"""Caps as people set, change and remove them.

Setting a cap where there was none, or lowering one, is done at once. Raising one above the organisation's limit,
and removing one where there is such a limit, waits for somebody else's approval.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.models import Cap, Level
from apps.billing.selectors.subjects import subject_names
from apps.billing.services.counters import counters_find, limit_born
from apps.billing.services.limits import limit_check, wallet_lock
from apps.billing.windows import Period
from apps.core.errors import Conflict
from apps.core.languages import plainly
from apps.core.money import credits_text
from apps.organisations.models import Approval, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import ActImpossible, Actor, approval_request, audit_record

DAYS_TO_DECIDE_SPAN = timedelta(days=7)


def cap_set(
    *,
    membership: Membership,
    actor: Actor,
    level: str,
    subject_id: str,
    period: str,
    limit_micro: int,
    now: datetime,
    reason: str = "",
) -> Cap | Approval:
    """Set what may be held and spent (micro-NOS) in each window of the period; the same again changes nothing.

    A new cap counts what is held and was spent in its window before; one below that only stops new holds. A raise
    above the organisation's limit returns the request for its approval. Raises Denied, LimitRefused for a level,
    period or amount that cannot be, NotFound for a foreign subject, what approval_request raises.
    """
    membership.require(Permission.CAPS_MANAGE)
    organisation = membership.organisation
    limit_check(
        organisation,
        level=level,
        subject_id=subject_id,
        period=period,
        micro=limit_micro,
        levels=set(Level),
        periods=set(Period),
    )
    key = {"organisation": organisation, "level": level, "subject_id": subject_id, "period": period}
    cap = Cap.objects.filter(**key).first()
    if cap is not None and _needs_approval(cap, limit_micro):
        return _ask(membership, actor, cap, limit_micro, reason, now=now)
    with transaction.atomic():
        wallet_lock(organisation.id)
        cap = Cap.objects.filter(**key).first()
        if cap is not None and _needs_approval(cap, limit_micro):
            raise Conflict(_("Somebody lowered this cap in this moment; look at it again."))
        return cap_write(cap or Cap(**key, created_at=now), limit_micro, actor, now=now)


def cap_remove(*, membership: Membership, actor: Actor, cap_id: uuid.UUID, now: datetime) -> Approval | None:
    """Remove a cap with its counters; one that is gone stays gone. Where raises need an approval, return the request.

    Raises Denied, what approval_request raises.
    """
    membership.require(Permission.CAPS_MANAGE)
    cap = Cap.objects.filter(organisation_id=membership.organisation_id, id=cap_id).first()
    if cap is None:
        return None
    if _needs_approval(cap, None):
        return _ask(membership, actor, cap, None, "", now=now)
    with transaction.atomic():
        wallet_lock(cap.organisation_id)
        cap_delete(cap.id, actor, now=now)
    return None


def cap_approved(*, approval: Approval, now: datetime) -> str:
    """Raise or remove the cap as it was approved and return "cap:<id>".

    Raises ActImpossible when the cap is gone or who asked may not change caps any more.
    """
    organisation, limit_micro = approval.organisation, approval.facts["limit_micro"]
    member = Membership.objects.filter(organisation=organisation, user=approval.requester).first()
    if member is None or not member.may(Permission.CAPS_MANAGE) or approval.requester is None:
        raise ActImpossible(
            _("%(requester)s may not change the caps of %(organisation)s any more.")
            % {"requester": approval.requester or _("Who asked"), "organisation": organisation}
        )
    actor = Actor.person(approval.requester)
    wallet_lock(organisation.id)
    cap = Cap.objects.filter(organisation=organisation, id=uuid.UUID(approval.facts["cap"])).first()
    if cap is None:
        raise ActImpossible(_("The cap was removed meanwhile."))
    if limit_micro is None:
        cap_delete(cap.id, actor, now=now)
    else:
        cap_write(cap, limit_micro, actor, now=now)
    return f"cap:{cap.id}"


def _needs_approval(cap: Cap, limit_micro: int | None) -> bool:
    """Return whether raising the cap to this, or removing it (None), needs an approval; lowering never does."""
    bound = Organisation.objects.values_list("approval_cap_micro", flat=True).get(id=cap.organisation_id)
    if bound is None:
        return False
    return limit_micro is None or limit_micro > max(bound, cap.limit_micro)


def _ask(
    membership: Membership, actor: Actor, cap: Cap, limit_micro: int | None, reason: str, *, now: datetime
) -> Approval:
    """Ask for the approval. The wallet is not locked here: deciding locks the request first and the wallet second."""
    organisation = membership.organisation
    sentence, lines = cap_words(organisation, cap, limit_micro)
    return approval_request(
        organisation_id=organisation.id,
        kind="cap",
        subject=f"cap:{cap.id}",
        amount_micro=limit_micro,
        worst_case=sentence,
        reason=reason,
        requester=membership,
        facts={
            "cap": str(cap.id),
            "limit_micro": limit_micro,
            "lines": lines,
        },
        deadline=now + DAYS_TO_DECIDE_SPAN,
        actor=actor,
        now=now,
    )


def cap_words(organisation: Organisation, cap: Cap, limit_micro: int | None) -> tuple[str, list[list[str]]]:
    """Return the kept sentence for a cap that goes to this limit (None: away), and its facts as words and values."""
    name = subject_names(organisation, [(cap.level, cap.subject_id)])[cap.level, cap.subject_id]
    with plainly():
        before = said.NO_CAP if cap._state.adding else said.CREDITS % {"credits": credits_text(cap.limit_micro)}
        after = said.NO_CAP if limit_micro is None else said.CREDITS % {"credits": credits_text(limit_micro)}
        period = str(cap.get_period_display())
    words = {"name": name, "period": said.PERIODS[Period(cap.period)], "before": before, "after": after}
    lines = [[said.FOR, name], [said.PERIOD, period], [said.NOW, before], [said.THEN, after]]
    return said.CAP_RAISE % words, lines


def cap_write(cap: Cap, limit_micro: int, actor: Actor, *, now: datetime, reason: str = "") -> Cap:
    """Save the cap with this limit and record it; the wallet is locked."""
    fresh, before = cap._state.adding, _facts(cap)
    if not fresh and cap.limit_micro == limit_micro:
        return cap
    cap.limit_micro, cap.updated_at = limit_micro, now
    if fresh:
        cap.created_at = limit_born(cap.organisation_id, now=now)
    cap.save()
    if fresh:
        counters_find(Cap, [(cap.organisation_id, Level(cap.level), cap.subject_id)], at=now)  # its first window
    audit_record(
        organisation_id=cap.organisation_id,
        actor=actor,
        act="cap.set",
        subject=f"cap:{cap.id}",
        before=None if fresh else before,
        after=_facts(cap) | ({"reason": reason} if reason else {}),
        now=now,
    )
    return cap


def cap_delete(cap_id: uuid.UUID, actor: Actor, *, now: datetime, reason: str = "") -> None:
    """Delete the cap, if it is still there, and record it; the wallet is locked."""
    cap = Cap.objects.filter(id=cap_id).first()
    if cap is None:
        return
    audit_record(
        organisation_id=cap.organisation_id,
        actor=actor,
        act="cap.removed",
        subject=f"cap:{cap.id}",
        before=_facts(cap),
        after={"reason": reason} if reason else None,
        now=now,
    )
    cap.delete()


def _facts(cap: Cap) -> dict[str, Any]:
    return {
        "level": cap.level,
        "subject": cap.subject_id,
        "period": cap.period,
        "limit_micro": cap.limit_micro,
    }
