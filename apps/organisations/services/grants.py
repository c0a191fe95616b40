"""A grant that still holds: read again under lock, for acts that hand rights on."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Denied
from apps.organisations.models import ApiKey, Grant, Membership

GONE = gettext_lazy("Your place in this organisation has just ended; nothing was changed.")


def grant_lock(grant: Grant) -> Grant:
    """Return the grant as it is now; its rows stay as they are until the transaction ends.

    Raises Denied when the membership or the key has gone meanwhile.
    """
    membership = key = None
    if grant.membership is not None:
        membership = (
            Membership.objects.select_for_update(no_key=True).filter(pk=grant.membership.pk).order_by().first()
        )
        if membership is None:
            raise Denied(str(GONE))
        membership.organisation = grant.organisation
        membership.user = grant.membership.user
    if grant.api_key is None:
        assert membership is not None
        return Grant.of_member(membership) if grant.scopes is None else Grant.of_sign_in(membership, grant.scopes)
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=grant.api_key.pk, revoked_at=None).first()
    if key is None:
        raise Denied(_("This key has just been revoked; nothing was changed."))
    key.organisation, key.member = grant.organisation, membership
    return Grant.of_key(key)
