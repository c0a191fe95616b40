"""What an organisation's jobs do by themselves, and how long their logs are kept."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError
from apps.core.rest import Body
from apps.core.rest.schema import described
from apps.jobs.api.shapes import POLICY_FIELDS, PolicyChange, PolicyShape, policy_read
from apps.jobs.selectors import log_days, policy_of
from apps.jobs.services import log_keeping_set, policy_set
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission


class JobPolicy(Endpoint):
    """The policy of new jobs."""

    @described(PolicyShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read what new jobs do by themselves, unless they say otherwise."""
        return Response(policy_of(self.grant(Permission.ORGANISATION_VIEW).organisation).facts)

    @described(PolicyShape, body=PolicyChange)
    def patch(self, request: Request, slug: str) -> Response:
        """Change the policy of jobs that are launched from now on; what is left out stays."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        wanted = policy_read(policy_of(grant.organisation), PolicyChange(data=request.data).read())
        try:
            kept = policy_set(membership=grant, policy=wanted, actor=self.actor, now=timezone.now())
        except AppError as refusal:
            refusal.fields = {POLICY_FIELDS.get(name, name): said for name, said in refusal.fields.items()}
            raise
        return Response(kept.facts)


class KeepingBody(Body):
    """For how many days after a job's end its log is kept."""

    days = serializers.IntegerField(min_value=1, max_value=3650)


class LogKeeping(Endpoint):
    """How long logs are kept."""

    @described(KeepingBody)
    def get(self, request: Request, slug: str) -> Response:
        """Read for how many days logs are kept."""
        return Response({"days": log_days(self.grant(Permission.ORGANISATION_VIEW).organisation)})

    @described(KeepingBody, body=KeepingBody)
    def put(self, request: Request, slug: str) -> Response:
        """Keep logs for so many days from now on; what is older is deleted, for good."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        wanted: dict[str, Any] = KeepingBody(data=request.data).read()
        log_keeping_set(membership=grant, days=wanted["days"], actor=self.actor, now=timezone.now())
        return Response({"days": wanted["days"]})
