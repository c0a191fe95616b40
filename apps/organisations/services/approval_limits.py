"""Above which amounts an organisation wants a second person's yes."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.organisations.models import Grant, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.audit_days import organisation_lock

LIMIT_MAXIMUM_MICRO = 10**15  # a thousand million credits


def approval_limits_set(
    *, membership: Membership | Grant, job_micro: int | None, cap_micro: int | None, actor: Actor, now: datetime
) -> Organisation:
    """Set above which worst case a job, and above which limit a raised cap, needs an approval; None: never.

    Raises Denied, and AppError for an amount (micro-NOS) below 0 or too large to mean anything.
    """
    membership.require(Permission.ORGANISATION_EDIT)
    limits = {"approval_job_micro": job_micro, "approval_cap_micro": cap_micro}
    wrong = [name for name, micro in limits.items() if micro is not None and not 0 <= micro <= LIMIT_MAXIMUM_MICRO]
    if wrong:
        sentence = _("A limit is between 0 and 1,000,000,000 credits; leave it empty for none.")
        raise AppError(sentence, code="limit_out_of_range", fields={name: [sentence] for name in wrong})
    with transaction.atomic():
        organisation = organisation_lock(membership.organisation_id)
        before = {name: getattr(organisation, name) for name in limits}
        if before != limits:
            for name, micro in limits.items():
                setattr(organisation, name, micro)
            organisation.save(update_fields=list(limits))
            audit_record(
                organisation_id=organisation.pk,
                actor=actor,
                act="approval.limits_set",
                subject=f"organisation:{organisation.pk}",
                before=before,
                after=limits,
                now=now,
            )
    return organisation
