"""Caps, which are never passed, and budgets, which warn."""

import uuid

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import selectors, services
from apps.billing.api.shapes import BudgetSet, BudgetShape, CapSet, CapShape, LimitShape, limit_shape
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import AskedShape
from apps.organisations.models import Approval
from apps.organisations.roles import Permission


class Caps(Endpoint):
    """The caps of an organisation, its projects, members and keys, and of automatic top-ups."""

    @described(CapShape, many=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the caps the caller may see, broadest first, with what is left of each."""
        grant = self.grant(Permission.BALANCE_VIEW)
        return Response({"items": [limit_shape(state) for state in selectors.caps_of(grant, now=timezone.now())]})

    @described(LimitShape, body=CapSet, also={202: AskedShape})
    def put(self, request: Request, slug: str) -> Response:
        """Set a cap and answer it; a raise that waits for an approval is answered by its request (202)."""
        member = self.grant(Permission.CAPS_MANAGE).member
        wanted = CapSet(data=request.data).read()
        subject_id = wanted.pop("subject")
        made = services.cap_set(
            membership=member, actor=self.actor, subject_id=subject_id, **wanted, now=timezone.now()
        )
        if isinstance(made, Approval):
            return Response({"approval": str(made.pk)}, status=202)
        return Response({"id": str(made.pk), "limit_micro": made.limit_micro})


class OneCap(Endpoint):
    """One cap."""

    @described(status=204, also={202: AskedShape})
    def delete(self, request: Request, slug: str, cap_id: uuid.UUID) -> Response:
        """Remove a cap; where that waits for an approval, answer its request (202)."""
        member = self.grant(Permission.CAPS_MANAGE).member
        selectors.cap_get(member.organisation, cap_id)
        asked = services.cap_remove(membership=member, actor=self.actor, cap_id=cap_id, now=timezone.now())
        return Response({"approval": str(asked.pk)}, status=202) if asked is not None else Response(status=204)


class Budgets(Endpoint):
    """The budgets of an organisation, its projects, members and keys."""

    @described(BudgetShape, many=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the budgets, broadest first, with what is left of each."""
        grant = self.grant(Permission.BILLING_VIEW)
        now = timezone.now()
        return Response({"items": [limit_shape(state) for state in selectors.budgets_of(grant, now=now)]})

    @described(LimitShape, body=BudgetSet)
    def put(self, request: Request, slug: str) -> Response:
        """Set a budget and answer it."""
        member = self.grant(Permission.CAPS_MANAGE).member
        wanted = BudgetSet(data=request.data).read()
        people = selectors.people_by_address(member.organisation, wanted.pop("people"))
        subject_id = wanted.pop("subject")
        made = services.budget_set(
            membership=member,
            actor=self.actor,
            subject_id=subject_id,
            people=people,
            **wanted,
            now=timezone.now(),
        )
        return Response({"id": str(made.pk), "limit_micro": made.limit_micro})


class OneBudget(Endpoint):
    """One budget."""

    @described(status=204)
    def delete(self, request: Request, slug: str, budget_id: uuid.UUID) -> Response:
        """Remove a budget."""
        member = self.grant(Permission.CAPS_MANAGE).member
        selectors.budget_get(member.organisation, budget_id)
        services.budget_remove(membership=member, actor=self.actor, budget_id=budget_id, now=timezone.now())
        return Response(status=204)
