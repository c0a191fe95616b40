"""Telling an organisation what our staff changed of its money's rules."""

import uuid
from datetime import datetime

from apps.billing.events import SUPPORT_CHANGED
from apps.notifications.services import event_emit


def staff_changed_tell(
    *, organisation_id: uuid.UUID, subject: str, key: str, sentence: str, reason: str, now: datetime
) -> None:
    """Tell it as a notice, in the transaction of the act, once per key; `sentence` is a kept one, filled in."""
    event_emit(
        organisation_id=organisation_id,
        type=SUPPORT_CHANGED.name,
        subject=subject,
        key=key,
        data={"sentence": sentence, "reason": reason},
        now=now,
    )
