"""The terms of service: accepted for the organisation, by version, before its first top-up."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.organisations.models import Membership, Organisation, TermsAcceptance
from apps.organisations.roles import Permission
from apps.organisations.selectors.terms import terms_acceptance
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import people_lock


class TermsNotAccepted(Conflict):
    """The organisation has not accepted the terms as they are now."""

    code = "terms_not_accepted"


def terms_accept(*, membership: Membership, version: str, actor: Actor, now: datetime) -> TermsAcceptance:
    """Accept the terms for the organisation; a repeat returns the first acceptance.

    Raises Denied, and Conflict for a version that is not the one in force.
    """
    if version != settings.TERMS_VERSION:
        raise Conflict(
            _("The terms have changed: version %(terms_version)s is in force. Read that one and accept it.")
            % {"terms_version": settings.TERMS_VERSION},
            code="terms_changed",
            step=(_("Read the terms"), reverse("organisations:terms", args=[membership.organisation.slug])),
        )
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.BILLING_MANAGE)
        acceptance, created = TermsAcceptance.objects.get_or_create(
            organisation=acting.organisation,
            version=version,
            defaults={"user": acting.user, "accepted_at": now},
        )
        if created:
            audit_record(
                organisation_id=acting.organisation_id,
                actor=actor,
                act="terms.accepted",
                subject=f"organisation:{acting.organisation_id}",
                after={"version": version},
                now=now,
            )
        return acceptance


def terms_require(organisation: Organisation) -> None:
    """Pass if the terms in force are accepted. Raises TermsNotAccepted, with the page where they are, in a query."""
    if terms_acceptance(organisation) is None:
        raise TermsNotAccepted(
            _(
                "%(organisation)s has not accepted the terms of service (version %(terms_version)s) yet; "
                "that comes before a top-up."
            )
            % {"organisation": organisation.name, "terms_version": settings.TERMS_VERSION},
            step=(_("Read and accept the terms"), reverse("organisations:terms", args=[organisation.slug])),
        )
