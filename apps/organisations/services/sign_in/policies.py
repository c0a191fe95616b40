"""The two rules of an organisation's sign-in, each set only by somebody who is inside by it already."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.core.wiring import announce
from apps.organisations.models import Domain, Membership, Organisation, Provider
from apps.organisations.roles import Permission
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import people_lock
from apps.users.ways import Ways, has_second_factor


class WouldLockOut(Conflict):
    """The rule would lock out whoever sets it."""

    code = "would_lock_out"


def sign_in_policy_set(
    *,
    membership: Membership,
    second_factor_required: bool,
    sso_only: bool,
    ways: Ways,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Set what the organisation asks of a sign-in; it holds from everybody's next request on. A repeat changes nothing.

    `ways` says how the acting member is signed in. Raises WouldLockOut for a rule that they do not meet themselves,
    Denied for an admin who would change the rule about the organisation's own sign-in: that is the owner's.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_EDIT)
        organisation = acting.organisation
        before = {"second_factor_required": organisation.second_factor_required, "sso_only": organisation.sso_only}
        after = {"second_factor_required": second_factor_required, "sso_only": sso_only}
        if after == before:
            return organisation
        if sso_only != organisation.sso_only:
            acting.require(Permission.ORGANISATION_CLOSE)
        if sso_only and not organisation.sso_only:
            _sso_check(organisation, ways)
        if second_factor_required and not organisation.second_factor_required:
            _factor_check(acting, ways)
        organisation.second_factor_required, organisation.sso_only = second_factor_required, sso_only
        organisation.save(update_fields=list(after))
        event = audit_record(
            organisation_id=organisation.pk,
            actor=actor,
            act="sign_in.policy_set",
            subject=f"organisation:{organisation.pk}",
            before=before,
            after=after,
            now=now,
        )
        announce("organisations.sign_in_moved", event_id=event.pk)
    return organisation


def _factor_check(acting: Membership, ways: Ways) -> None:
    if not ways.second_factor and not has_second_factor(acting.user):
        raise WouldLockOut(_("You have no second factor yourself, and would lock yourself out: set one up first."))


def _sso_check(organisation: Organisation, ways: Ways) -> None:
    provider = Provider.objects.filter(organisation=organisation).first()
    if provider is None:
        raise WouldLockOut(_("Set up your organisation's own sign-in first."))
    if not Domain.objects.filter(organisation=organisation, verified_at__isnull=False).exists():
        raise WouldLockOut(_("Prove a domain first: your sign-in vouches for addresses of proven domains only."))
    if provider.key not in ways.organisations:
        raise WouldLockOut(
            _(
                "Sign in by your organisation's own sign-in once, to see that it works, and set the rule from there."
            )
        )
