"""What every page's frame needs: the person's organisations, the one they are in, its balance."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.billing.selectors import wallet
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import memberships_shown


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's context; views under an organisation set `request.membership`.

    Queries run only when a template shows what they answer: the switcher one (the requests that wait for the person
    come along), the balance one.
    """
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"membership": None}
    memberships = memberships_shown(request.user)  # type: ignore[arg-type]
    return {
        "membership": membership,
        "memberships": memberships,
        "waiting": SimpleLazyObject(lambda: _waiting(memberships, membership)),
        "wallet": SimpleLazyObject(lambda: wallet(membership.organisation_id)),
        "may_launch": membership.may(Permission.JOBS_LAUNCH),
        "may_stop": membership.may(Permission.JOBS_STOP),
        "may_bill": membership.may(Permission.BILLING_VIEW),
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
        "may_edit": membership.may(Permission.ORGANISATION_EDIT),
    }


def _waiting(memberships: QuerySet[Membership], membership: Membership) -> int:
    return next((one.waiting for one in memberships if one.pk == membership.pk), 0)  # type: ignore[attr-defined]
