"""Caps that staff set, raise or take away for an organisation.

A raise above the platform's limit, or above what the organisation itself lets one person do, and taking a cap away,
wait for a colleague's approval.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.models import Cap, Level
from apps.billing.services.caps import DAYS_TO_DECIDE_SPAN, cap_delete, cap_words, cap_write
from apps.billing.services.limits import limit_check, wallet_lock
from apps.billing.services.staff_changes import staff_changed_tell
from apps.billing.windows import Period
from apps.core.errors import Conflict, NotFound
from apps.core.money import MICRO
from apps.organisations.models import Approval, Organisation
from apps.organisations.services import (
    ActImpossible,
    Actor,
    approval_request,
    organisation_keep_open,
    reason_read,
    staff_may,
    staff_require,
)

RIGHT = "billing.change_cap"


def staff_cap_set(
    *,
    organisation_id: uuid.UUID,
    level: str,
    subject_id: str,
    period: str,
    limit_micro: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Cap | Approval | None:
    """Set an organisation's cap to this many micro-NOS, or take it away (None); as it is already, nothing happens.

    The organisation reads the reason. Returns the request where a colleague must approve, None where the cap is gone.
    Raises Denied, NotFound, Closed, LimitRefused, AppError without a reason, what approval_request raises.
    """
    staff_require(actor, RIGHT)
    reason = reason_read(reason)
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound()
    limit_check(
        organisation,
        level=level,
        subject_id=subject_id,
        period=period,
        micro=0 if limit_micro is None else limit_micro,
        levels=set(Level),
        periods=set(Period),
    )
    key = {"organisation": organisation, "level": level, "subject_id": subject_id, "period": period}
    cap = Cap.objects.filter(**key).first()
    if cap is not None and _needs_colleague(cap, limit_micro):
        return _ask(organisation, cap, limit_micro, reason, actor, now=now)
    with transaction.atomic():
        organisation_keep_open(organisation_id)
        wallet_lock(organisation_id)
        cap = Cap.objects.filter(**key).first()
        if cap is not None and _needs_colleague(cap, limit_micro):
            raise Conflict(_("Somebody lowered this cap in this moment; look at it again."))
        if cap is None and limit_micro is None:
            return None
        return _do(cap or Cap(**key, created_at=now), limit_micro, reason, actor, now=now)


def staff_cap_approved(*, approval: Approval, now: datetime) -> str:
    """Set or take away the cap as a colleague approved and return "cap:<id>".

    Raises ActImpossible when the cap is gone or who asked may not change caps any more.
    """
    staff = approval.requester
    if staff is None or not staff_may(staff, RIGHT):
        raise ActImpossible(_("Who asked may not change caps any more."))
    wallet_lock(approval.organisation_id)
    cap = Cap.objects.filter(organisation=approval.organisation_id, id=uuid.UUID(approval.facts["cap"])).first()
    if cap is None:
        raise ActImpossible(_("The cap was removed meanwhile."))
    _do(cap, approval.facts["limit_micro"], approval.reason, Actor(kind="staff", user=staff), now=now)
    return f"cap:{approval.facts['cap']}"


def _needs_colleague(cap: Cap, limit_micro: int | None) -> bool:
    """Return whether raising the cap to this, or taking it away (None), takes a second person; lowering never does."""
    if limit_micro is None:
        return True
    own = Organisation.objects.values_list("approval_cap_micro", flat=True).get(id=cap.organisation_id)
    alone = settings.CAP_STAFF_ALONE_CREDITS * MICRO
    return limit_micro > max(cap.limit_micro, alone if own is None else min(own, alone))


def _ask(
    organisation: Organisation, cap: Cap, limit_micro: int | None, reason: str, actor: Actor, *, now: datetime
) -> Approval:
    """Ask for it. The wallet is not locked here: deciding locks the request first and the wallet second."""
    sentence, lines = cap_words(organisation, cap, limit_micro)
    return approval_request(
        organisation_id=organisation.pk,
        kind="staff_cap",
        subject=f"cap:{cap.pk}",
        amount_micro=limit_micro,
        worst_case=sentence,
        reason=reason,
        requester=None,
        facts={
            "cap": str(cap.pk),
            "limit_micro": limit_micro,
            "lines": [[said.FOR, organisation.name], *lines],
        },
        deadline=now + DAYS_TO_DECIDE_SPAN,
        actor=actor,
        now=now,
    )


def _do(cap: Cap, limit_micro: int | None, reason: str, actor: Actor, *, now: datetime) -> Cap | None:
    """Write or delete the cap and tell the organisation, where that changes anything; the wallet is locked."""
    same = not cap._state.adding and cap.limit_micro == limit_micro
    if same:
        return cap
    sentence, _lines = cap_words(cap.organisation, cap, limit_micro)
    done = None
    if limit_micro is None:
        cap_delete(cap.pk, actor, reason=reason, now=now)
    else:
        done = cap_write(cap, limit_micro, actor, reason=reason, now=now)
    staff_changed_tell(
        organisation_id=cap.organisation_id,
        subject=f"cap:{cap.pk}",
        key=f"cap:{cap.pk}:staff:{limit_micro}:{now.isoformat()}",
        sentence=sentence,
        reason=reason,
        now=now,
    )
    return done
