"""The audit trail."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import Moment, Text, page_answer
from apps.core.rest.pages import PageQuestion
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import AuditEvent
from apps.organisations.roles import Permission
from apps.organisations.selectors import (
    AuditFilters,
    AuditLine,
    audit_digests,
    audit_event_get,
    audit_events,
    audit_narrow,
    audit_proof,
)


class TrailQuestion(PageQuestion):
    """What part of the trail; what is left out does not narrow. `until` is not included."""

    act = Text(max_length=60, required=False, help_text="“cap.set”, or “cap” for every act on caps.")
    person = Text(max_length=120, required=False, help_text="Part of a name or an e-mail address.")
    subject = Text(max_length=120, required=False, help_text="“job:…”, or “job” for every one.")
    text = Text(max_length=120, required=False)
    since = Moment(required=False)
    until = Moment(required=False)


class Trail(Endpoint):
    """The events of an organisation."""

    def get(self, request: Request, slug: str) -> Response:
        """Answer a page of them, newest first."""
        rows = audit_events(self.grant(Permission.AUDIT_VIEW).organisation, AuditFilters())
        return page_answer(
            request,
            rows,
            lambda row: AuditLine(row).row(),
            newest_first=True,
            question=TrailQuestion,
            narrow=_narrow,
        )


def _narrow(rows: QuerySet[AuditEvent], asked: dict[str, Any]) -> QuerySet[AuditEvent]:
    return audit_narrow(rows, AuditFilters(**{n: v for n, v in asked.items() if n not in ("limit", "cursor")}))


class Proof(Endpoint):
    """What proves one event."""

    def get(self, request: Request, slug: str, event_id: int) -> Response:
        """Answer it (docs/audit.md)."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        return Response(audit_proof(audit_event_get(organisation, event_id).event))


class Digests(Endpoint):
    """The digest of every closed day."""

    def get(self, request: Request, slug: str) -> Response:
        """Answer them, oldest first."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        return Response({"organisation": str(organisation.pk), "digests": audit_digests(organisation.pk)})
