"""An organisation's invitations: those that wait, one of them, and whom they went to."""

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


def invitations_found(
    organisation: Organisation, *, search: str, state: str, now: datetime
) -> QuerySet[Invitation]:
    """Return the invitations whose address has that part, in that state; "" for any of both."""
    found = organisation.invitations.select_related("invited_by")
    if search:
        found = found.filter(email__icontains=search)
    match state:
        case Invitation.State.OPEN:
            return found.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
        case Invitation.State.EXPIRED:
            return found.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
        case Invitation.State.ACCEPTED:
            return found.filter(accepted_at__isnull=False)
        case Invitation.State.REVOKED:
            return found.filter(revoked_at__isnull=False)
    return found


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
