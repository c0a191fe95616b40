"""Vouchers, pots, and when to be warned of a low balance."""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import selectors, services
from apps.billing.api.shapes import BalanceShape, LotShape
from apps.billing.selectors.balances import balance_alert_of
from apps.core.errors import Denied, NotFound
from apps.core.rest import Body, Text, Texts
from apps.core.rest.schema import described
from apps.organisations.access import grant_of
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import project_get

MOST = 10**17


class VoucherCode(Body):
    """The code of a voucher."""

    code = Text(max_length=60)


class Vouchers(Endpoint):
    """Vouchers."""

    @described(LotShape, body=VoucherCode, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Redeem a voucher, and answer the lot it brought."""
        grant = self.grant(Permission.BILLING_MANAGE)
        code = VoucherCode(data=request.data).read()["code"]
        member = grant.member

        def act() -> Any:
            lot = services.voucher_redeem(membership=member, code=code, actor=self.actor, now=timezone.now())
            return LotShape(lot).data

        return self.once(grant, act)


class MoveBody(Body):
    """Credits that go from a project's pot, or from what is in none, to another; left out: what is in none.

    With `organisation` they go to another one, `target` is a project there, and only paid credits move.
    """

    source = Text(  # type: ignore[assignment]
        max_length=60, required=False, allow_null=True, help_text="The slug of a project."
    )
    target = Text(max_length=60, required=False, allow_null=True, help_text="The slug of a project.")
    organisation = Text(
        max_length=60,
        required=False,
        allow_null=True,
        help_text="The slug of another organisation of the same owner; it takes billing.manage in both.",
    )
    micro = serializers.IntegerField(min_value=1, max_value=MOST)


class Moves(Endpoint):
    """Moves of credits between pots of projects, and to other organisations of the same owner."""

    @described(BalanceShape, body=MoveBody)
    def post(self, request: Request, slug: str) -> Response:
        """Move credits, and answer the balance they left; to another organisation it takes a person's sign-in."""
        grant = self.grant(Permission.BILLING_MANAGE)
        wanted = MoveBody(data=request.data).read()
        member, there = grant.member, self._there(grant, wanted.get("organisation"))
        source, target = _purse(grant, wanted.get("source")), _purse(there, wanted.get("target"))

        def act() -> Any:
            services.credits_move(
                source=source,
                target=target,
                membership=member,
                micro=wanted["micro"],
                key=str(uuid.uuid4()),
                actor=self.actor,
                now=timezone.now(),
            )
            return vars(selectors.wallet(grant.organisation_id))

        return self.once(grant, act, status=200)

    def _there(self, grant: Grant, slug: str | None) -> Grant:
        """Return what the caller may do where the credits go. Raises Denied, for keys always, and NotFound."""
        if slug is None or slug == grant.organisation.slug:
            return grant
        if grant.api_key is not None:
            raise Denied(
                _(
                    "An API key belongs to one organisation; to move credits to another, sign in as a person "
                    "(`nosana login`) with the scope billing.manage."
                ),
                code="person_needed",
            )
        try:
            return grant_of(self.request._request, slug, Permission.BILLING_MANAGE)
        except NotFound as error:
            sentence = _("You are in no organisation “%(slug)s”; name one of your own by its slug.")
            raise NotFound(sentence % {"slug": slug}) from error


def _purse(grant: Grant, slug: str | None) -> services.Purse:
    return services.purse_of(grant.organisation, project_get(grant, slug).pk if slug else None)


class AlertBody(Body):
    """When low-balance mails go, and to whom; null: never. Without addresses, to the finance address."""

    below_micro = serializers.IntegerField(allow_null=True, min_value=1, max_value=MOST)
    hours = serializers.IntegerField(allow_null=True, min_value=1, max_value=100_000)
    addresses = Texts(each=254, most=10)


class BalanceAlerts(Endpoint):
    """Low-balance mails."""

    @described(AlertBody)
    def get(self, request: Request, slug: str) -> Response:
        """Read when low-balance mails go, and to whom."""
        alert = balance_alert_of(self.grant(Permission.BILLING_VIEW).organisation)
        return Response({name: getattr(alert, name) for name in ("below_micro", "hours", "addresses")})

    @described(AlertBody, body=AlertBody)
    def put(self, request: Request, slug: str) -> Response:
        """Choose when low-balance mails go; each warning goes once, until the balance is well again."""
        member = self.grant(Permission.BILLING_MANAGE).member
        wanted = AlertBody(data=request.data).read()
        alert = services.balance_alert_set(membership=member, **wanted, actor=self.actor, now=timezone.now())
        return Response({name: getattr(alert, name) for name in ("below_micro", "hours", "addresses")})
