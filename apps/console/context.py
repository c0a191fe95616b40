"""What every page's frame needs: the person's organisations, the one they are in, its balance."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.billing.selectors import wallet
from apps.organisations.roles import Permission
from apps.organisations.selectors import memberships_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's context; views under an organisation set `request.membership`.

    Queries run only when a template shows what they answer: the switcher one, the balance one.
    """
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"membership": None}
    return {
        "membership": membership,
        "memberships": memberships_of(request.user),  # type: ignore[arg-type]
        "wallet": SimpleLazyObject(lambda: wallet(membership.organisation_id)),
        "may_launch": membership.may(Permission.JOBS_LAUNCH),
        "may_stop": membership.may(Permission.JOBS_STOP),
        "may_bill": membership.may(Permission.BILLING_VIEW),
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
        "may_edit": membership.may(Permission.ORGANISATION_EDIT),
    }
