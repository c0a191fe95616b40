"""Closing an organisation: nothing in it changes any more, and everything can still be read."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, NotFound
from apps.core.wiring import ask
from apps.organisations.closing import Obstacle
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.members import name_confirm
from apps.organisations.services.people import people_lock


class StillOpen(Conflict):
    """Something in the organisation is not finished."""

    code = "still_open"


def close_obstacles(organisation: Organisation) -> list[Obstacle]:
    """Return everything that the floors above have to say before the organisation closes; what blocks comes first."""
    answers: Iterable[list[Obstacle]] = ask("organisations.close_obstacles", organisation_id=organisation.pk)
    return sorted((one for answer in answers for one in answer), key=lambda one: not one.blocks)


def organisation_close(*, membership: Membership, confirmation: str, actor: Actor, now: datetime) -> Organisation:
    """Close the organisation: its people and keys read on, all acts are refused, open invitations end.

    `confirmation` must be its name, typed. Raises Denied for whoever is not the owner, StillOpen with a sentence per
    obstacle, AppError for another name, Closed when it is closed already.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_CLOSE, whole=True)
        organisation = acting.organisation
        name_confirm(acting, confirmation)
        blocking = [one.sentence for one in close_obstacles(organisation) if one.blocks]
        if blocking:
            raise StillOpen(
                _("%(organisation)s cannot be closed yet. ") % {"organisation": organisation.name}
                + " ".join(blocking)
            )
        organisation.invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=now)
        organisation.closed_at = now
        organisation.save(update_fields=["closed_at"])
        audit_record(
            organisation_id=organisation.pk,
            actor=actor,
            act="organisation.closed",
            subject=f"organisation:{organisation.pk}",
            before={"closed_at": None},
            after={"closed_at": now},
            now=now,
        )
        return organisation


def organisation_keep_open(organisation_id: UUID) -> None:
    """Keep the organisation from being closed until the caller's transaction ends, for acts that leave things open.

    Others who do the same do not wait for each other. Raises Closed, and NotFound.
    """
    _kept(organisation_id).require_open()


def organisation_keep_working(organisation_id: UUID) -> None:
    """Keep it from being closed or frozen until the caller's transaction ends, for acts that start or buy something.

    Raises Closed, Frozen, and NotFound.
    """
    _kept(organisation_id).require_working()


def _kept(organisation_id: UUID) -> Organisation:
    """Return what stands of the organisation's state, held until the transaction ends. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, closed_at, frozen_at, frozen_why FROM organisations_organisation WHERE id = %s FOR KEY SHARE",
            [organisation_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return Organisation(**dict(zip(("name", "closed_at", "frozen_at", "frozen_why"), row, strict=True)))
