"""An organisation's invitations."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Invitation, Organisation


def invitations_waiting(organisation: Organisation) -> QuerySet[Invitation]:
    """Return the invitations that nobody has accepted or taken back, newest first; some may have expired."""
    rows = organisation.invitations.select_related("invited_by")
    return rows.filter(accepted_at=None, revoked_at=None).order_by("-id")


def invitation_get(organisation: Organisation, invitation_id: UUID) -> Invitation:
    """Return one of the organisation's invitations, with its sender. Raises NotFound."""
    found = organisation.invitations.select_related("invited_by").filter(pk=invitation_id).first()
    if found is None:
        raise NotFound(_("There is no such invitation in this organisation."))
    return found


def invited_addresses(organisation: Organisation, now: datetime) -> set[str]:
    """Return the addresses that have an open invitation."""
    rows = organisation.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    return set(rows.values_list("email", flat=True))
