"""An organisation's invitations."""

from datetime import datetime

from django.db.models import QuerySet

from apps.organisations.models import Invitation, Organisation


def invitations_waiting(organisation: Organisation) -> QuerySet[Invitation]:
    """Return the invitations that nobody has accepted or taken back, newest first; some may have expired."""
    rows = organisation.invitations.select_related("invited_by")
    return rows.filter(accepted_at=None, revoked_at=None).order_by("-id")


def invited_addresses(organisation: Organisation, now: datetime) -> set[str]:
    """Return the addresses that have an open invitation."""
    rows = organisation.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    return set(rows.values_list("email", flat=True))
