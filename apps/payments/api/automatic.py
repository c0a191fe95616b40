"""The rule for automatic top-ups: read, with what it charged this month, and set whole."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import NotFound
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission
from apps.payments.api.shapes import RuleBody, RuleShape, RuleShown
from apps.payments.models import TopUpRule
from apps.payments.selectors import month_of, rule_of
from apps.payments.services import RuleWish, rule_set


class Automatic(Endpoint):
    """The rule for automatic top-ups."""

    @described(RuleShown)
    def get(self, request: Request, slug: str) -> Response:
        """Read the rule for automatic top-ups, with what it charged this month; 404 while it was never set."""
        organisation = self.grant(Permission.BILLING_VIEW).organisation
        rule = rule_of(organisation)
        if rule is None:
            raise NotFound(
                _("Automatic top-ups of %(organisation)s were never set; PUT them here.")
                % {"organisation": organisation.name}
            )
        return Response(_shown(rule))

    @described(RuleShown, body=RuleBody)
    def put(self, request: Request, slug: str) -> Response:
        """Set the rule for automatic top-ups; it begins anew after declines."""
        grant = self.grant(Permission.BILLING_MANAGE)
        wanted = RuleBody(data=request.data).read()
        wish = RuleWish(card_id=wanted.pop("card", None), **wanted)
        rule = rule_set(grant=grant, wish=wish, actor=self.actor, now=timezone.now())
        return Response(_shown(rule))


def _shown(rule: TopUpRule) -> dict[str, Any]:
    month = month_of(rule, now=timezone.now())
    return {
        **RuleShape(rule).data,
        "month_charged_minor": month.charged_minor,
        "month_left_minor": month.left_minor,
    }
