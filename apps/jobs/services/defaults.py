"""What an organisation's new jobs do by themselves."""

from datetime import datetime

from django.db import transaction

from apps.jobs.models import OrganisationPolicy
from apps.jobs.policies import Policy
from apps.jobs.selectors import policy_of
from apps.organisations.models import Grant, Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record, organisation_lock


def policy_set(*, membership: Membership | Grant, policy: Policy, actor: Actor, now: datetime) -> Policy:
    """Set what new jobs do by themselves unless they say otherwise. A repeat changes nothing.

    Raises Denied, Closed, AppError for a policy that makes no sense.
    """
    membership.require(Permission.ORGANISATION_EDIT)
    policy.check()
    with transaction.atomic():
        organisation = organisation_lock(membership.organisation_id)
        before = policy_of(organisation)
        if before != policy:
            OrganisationPolicy.objects.update_or_create(organisation=organisation, defaults=policy.facts)
            audit_record(
                organisation_id=organisation.pk,
                actor=actor,
                act="jobs.policy_set",
                subject=f"organisation:{organisation.pk}",
                before=before.facts,
                after=policy.facts,
                now=now,
            )
    return policy
