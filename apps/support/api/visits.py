"""Visits of our staff, for the organisation that they look into."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.roles import Permission
from apps.support.models import Visit
from apps.support.selectors import visit_get, visits_of
from apps.support.services import visit_revoke


class VisitShape(serializers.ModelSerializer[Visit]):
    """A look of our staff, as a member, changing nothing; `ended_how` is empty until it has ended.

    `glass_broken` says that it began without the organisation's yes, for an emergency; `pages` is how many they saw.
    """

    staff = serializers.CharField(source="staff.email")
    member = serializers.CharField(source="member.email")
    pages = serializers.IntegerField(source="seen")

    class Meta:
        model = Visit
        fields = (
            *("id", "staff", "member", "reason", "minutes", "glass_broken", "approved_at", "began_at"),
            *("expires_at", "ended_at", "ended_how", "pages"),
        )


class Visits(Endpoint):
    """The visits of our staff to an organisation."""

    @described(VisitShape, many=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the newest visits of our staff, also those that are only asked for, 50 at most."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        return Response({"items": VisitShape(visits_of(organisation), many=True).data})


class VisitRevoke(Endpoint):
    """The end of a visit, by the organisation."""

    @described(VisitShape, body=Nothing)
    def post(self, request: Request, slug: str, visit_id: UUID) -> Response:
        """End a visit at once, or the yes that was given for one; a repeat changes nothing."""
        grant = self.grant(Permission.APPROVALS_DECIDE)
        visit_get(grant.organisation, visit_id)
        member = grant.member
        Nothing(data=request.data).read()

        def act() -> Any:
            visit_revoke(membership=member, visit_id=visit_id, actor=self.actor, now=timezone.now())
            return VisitShape(visit_get(grant.organisation, visit_id)).data

        return self.once(grant, act, status=200)
