"""What an organisation has, and what changed it."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import selectors
from apps.billing.api.shapes import BalanceShape, HoldShape, LotShape, TransferShape
from apps.billing.views.proofs import proof_answer
from apps.core.moments import moment_sent
from apps.core.rest import Body, PageQuestion, SpanQuestion, page_answer, spanned
from apps.core.rest.pages import question_of
from apps.core.rest.schema import described
from apps.ledger.models import Entry
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission


class Balance(Endpoint):
    """The credits of an organisation."""

    @described(BalanceShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read the balance: what may be spent, what jobs hold and what a dispute has frozen, in micro-NOS."""
        return Response(vars(selectors.wallet(self.grant(Permission.BALANCE_VIEW).organisation_id)))


class LotsQuestion(PageQuestion):
    """Which lots: all, or only those with credits left."""

    live = serializers.ChoiceField(choices=["true", "false"], default="false")


class Lots(Endpoint):
    """The lots of an organisation."""

    @described(LotShape, page=True, question=LotsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the lots of credits, newest first."""
        rows = selectors.lots_of(self.grant(Permission.BILLING_VIEW).organisation).select_related("project")
        return page_answer(
            request,
            rows,
            lambda row: LotShape(row).data,
            newest_first=True,
            question=LotsQuestion,
            narrow=lambda rows, asked: rows.filter(remaining_micro__gt=0) if asked["live"] == "true" else rows,
        )


class HoldsQuestion(PageQuestion):
    """Which holds: all, or those in one state."""

    state = serializers.ChoiceField(choices=["open", "settled", "released"], required=False)


class Holds(Endpoint):
    """The holds of an organisation."""

    @described(HoldShape, page=True, question=HoldsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the holds, newest first."""
        rows = selectors.holds_of(self.grant(Permission.BILLING_VIEW).organisation).select_related("project")
        return page_answer(
            request,
            rows,
            lambda row: HoldShape(row).data,
            newest_first=True,
            question=HoldsQuestion,
            narrow=lambda rows, asked: rows.filter(state=asked["state"]) if "state" in asked else rows,
        )


class ProofQuestion(Body):
    """Of which days; without them of all closed ones."""

    since = serializers.DateField(required=False, help_text="The first day (UTC).")
    until = serializers.DateField(required=False, help_text="The last day (UTC).")


class LedgerProof(Endpoint):
    """What proves an organisation's entries."""

    @described(media="application/json", question=ProofQuestion)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Read the proof of the ledger as a file: entries of closed days, each with its way to the published digest."""
        organisation = self.grant(Permission.BILLING_VIEW).organisation
        asked = ProofQuestion(data=question_of(request)).read()
        days = {"first": asked.get("since"), "last": asked.get("until")}
        return proof_answer(organisation, **days, actor=self.actor, now=timezone.now())


class Transfers(Endpoint):
    """What changed the credits of an organisation."""

    @described(TransferShape, page=True, question=SpanQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the transfers of credits, newest first; amounts are changes of the available credits, in micro-NOS."""
        rows = selectors.movement_entries(self.grant(Permission.BILLING_VIEW).organisation)
        narrow = spanned("transfer__at")
        return page_answer(request, rows, _line, newest_first=True, question=SpanQuestion, narrow=narrow)


def _line(entry: Entry) -> dict[str, Any]:
    moved = selectors.movement_of(entry)
    return {**vars(moved), "at": moment_sent(moved.at)}
