"""Requests for approval: listed, read, decided and withdrawn; and above which amounts there must be one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Denied
from apps.core.rest import Body, Text, page_answer
from apps.core.rest.pages import PageQuestion
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import ApprovalLimits, Nothing
from apps.organisations.models import Approval, Grant, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import approval_get, approvals_seen
from apps.organisations.services import approval_decide, approval_limits_set, approval_withdraw


class ApprovalShape(serializers.ModelSerializer[Approval]):
    """A request. `refusal` says why it was approved and yet not done; `outcome` what it made."""

    requester = serializers.CharField(source="requester.email", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.email", default=None, allow_null=True)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Approval
        fields = (
            "id",
            "kind",
            "subject",
            "amount_micro",
            "worst_case",
            "reason",
            "lines",
            "requester",
            "state",
            "round",
            "refusal",
            "outcome",
            "decided_by",
            "note",
            "deadline",
            "created_at",
            "ended_at",
        )

    def get_lines(self, approval: Approval) -> dict[str, str]:
        """Return the facts that are shown."""
        return dict(approval.lines)


class ApprovalsQuestion(PageQuestion):
    """Which requests: all, or those in one state."""

    state = serializers.ChoiceField(choices=Approval.State.choices, required=False)


class Decision(Body):
    """The decision about the round that was looked at."""

    decision = serializers.ChoiceField(choices=["approve", "deny"])
    round = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = Text(max_length=1000, required=False, allow_blank=True, default="")


class Approvals(Endpoint):
    """The requests of an organisation."""

    @described(ApprovalShape, page=True, question=ApprovalsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the requests for approval that the caller may see, newest first."""
        rows = approvals_seen(self.grant(Permission.ORGANISATION_VIEW))
        return page_answer(
            request,
            rows,
            lambda row: ApprovalShape(row).data,
            newest_first=True,
            question=ApprovalsQuestion,
            narrow=_in_state,
        )


def _in_state(rows: QuerySet[Approval], asked: dict[str, Any]) -> QuerySet[Approval]:
    return rows.filter(state=asked["state"]) if "state" in asked else rows


class OneApproval(Endpoint):
    """One request."""

    @described(ApprovalShape)
    def get(self, request: Request, slug: str, approval_id: UUID) -> Response:
        """Read a request for approval."""
        grant = self.grant(Permission.ORGANISATION_VIEW)
        return Response(ApprovalShape(approval_get(grant, approval_id)).data)


class ApprovalDecide(Endpoint):
    """The decision about a request."""

    @described(ApprovalShape, body=Decision)
    def post(self, request: Request, slug: str, approval_id: UUID) -> Response:
        """Approve or deny a request; `state` is `done` when the act was done, else `open` with a `refusal`."""
        grant = self.grant(Permission.APPROVALS_DECIDE)
        approval = approval_get(grant, approval_id)
        wanted = Decision(data=request.data).read()
        person = _person(grant)

        def act() -> Any:
            decided = approval_decide(
                approval_id=approval.pk,
                membership=person,
                approve=wanted["decision"] == "approve",
                round=wanted["round"],
                note=wanted["note"],
                actor=self.actor,
                now=timezone.now(),
            )
            return ApprovalShape(decided).data

        return self.once(grant, act, status=200)


class ApprovalWithdraw(Endpoint):
    """The end of one's own request."""

    @described(ApprovalShape, body=Nothing)
    def post(self, request: Request, slug: str, approval_id: UUID) -> Response:
        """Withdraw a request for approval of one's own; a repeat changes nothing."""
        grant = self.grant(Permission.ORGANISATION_VIEW)
        approval = approval_get(grant, approval_id)
        person = _person(grant)

        def act() -> Any:
            withdrawn = approval_withdraw(
                approval_id=approval.pk, membership=person, actor=self.actor, now=timezone.now()
            )
            return ApprovalShape(withdrawn).data

        return self.once(grant, act, status=200)


class Limits(Endpoint):
    """Above which amounts somebody must approve."""

    @described(ApprovalLimits)
    def get(self, request: Request, slug: str) -> Response:
        """Read above which amounts somebody must approve, in micro-NOS; null: never."""
        return _limits(self.grant(Permission.ORGANISATION_VIEW).organisation)

    @described(ApprovalLimits, body=ApprovalLimits)
    def patch(self, request: Request, slug: str) -> Response:
        """Set above which amounts somebody must approve; they hold from now on, and what waits goes on waiting."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        wanted = {**_limits(grant.organisation).data, **ApprovalLimits(data=request.data).read()}
        changed = approval_limits_set(
            membership=grant,
            job_micro=wanted["approval_job_micro"],
            cap_micro=wanted["approval_cap_micro"],
            actor=self.actor,
            now=timezone.now(),
        )
        return _limits(changed)


def _limits(organisation: Organisation) -> Response:
    return Response({name: getattr(organisation, name) for name in ("approval_job_micro", "approval_cap_micro")})


def _person(grant: Grant) -> Membership:
    if grant.membership is None:
        raise Denied(_("This takes a person: use a personal key, or decide it in the browser."))
    return grant.membership
