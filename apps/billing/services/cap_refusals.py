"""Telling whoever sets the caps that one of them refused a job."""

import uuid
from datetime import datetime

from django.db import transaction

from apps.billing.errors import CapReached
from apps.billing.events import CAP_REFUSED
from apps.billing.windows import Period
from apps.notifications.services import event_emit


def cap_refusal_tell(*, organisation_id: uuid.UUID, refusal: CapReached, now: datetime) -> None:
    """Tell of a cap that is used up, once for each of its windows; a cap per job tells nobody but who launched."""
    if refusal.period == Period.JOB:
        return
    window = refusal.resets_at.isoformat() if refusal.resets_at else str(refusal.limit_micro)
    with transaction.atomic():
        event_emit(
            organisation_id=organisation_id,
            type=CAP_REFUSED.name,
            subject=f"cap:{refusal.cap}",
            key=f"cap.refused:{refusal.cap}:{window}",
            data={
                "cap": refusal.cap,
                "name": refusal.name,
                "period": str(refusal.period),
                "limit_micro": refusal.limit_micro,
                "left_micro": refusal.left_micro,
                "resets_at": refusal.resets_at and refusal.resets_at.isoformat(),
            },
            now=now,
        )
