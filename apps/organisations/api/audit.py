"""The audit trail: its events, the proof of each, and for how long they are kept."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import Moment, Text, page_answer
from apps.core.rest.pages import PageQuestion
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import AuditShape, DigestsShape, ProofShape, Retention
from apps.organisations.models import AuditEvent, Organisation
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
from apps.organisations.services import audit_download_record, audit_retention_set


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

    @described(AuditShape, page=True, question=TrailQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the events of the audit trail, newest first."""
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
    return audit_narrow(
        rows, AuditFilters(**{n: v for n, v in asked.items() if n not in ("limit", "cursor", "order")})
    )


class OneEvent(Endpoint):
    """One event."""

    @described(AuditShape)
    def get(self, request: Request, slug: str, event_id: int) -> Response:
        """Read an audit event."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        return Response(audit_event_get(organisation, event_id).row())


class RetentionDays(Endpoint):
    """How long events are kept."""

    @described(Retention)
    def get(self, request: Request, slug: str) -> Response:
        """Read for how many days audit events are kept; null: for ever."""
        return Response({"days": self.grant(Permission.AUDIT_VIEW).organisation.audit_retention_days})

    @described(Retention, body=Retention)
    def put(self, request: Request, slug: str) -> Response:
        """Set for how many days audit events are kept; events that are older leave within a day, their digests stay."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        days = Retention(data=request.data).read()["days"]
        audit_retention_set(membership=grant, days=days, actor=self.actor, now=timezone.now())
        return Response({"days": days})


class Proof(Endpoint):
    """What proves one event."""

    @described(ProofShape)
    def get(self, request: Request, slug: str, event_id: int) -> Response:
        """Read the proof of an audit event (docs/audit.md)."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        found = audit_proof(audit_event_get(organisation, event_id).event)
        _record(self, organisation, "audit.proof_downloaded", f"event:{event_id}")
        return Response(found)


class Digests(Endpoint):
    """The digest of every closed day."""

    @described(DigestsShape)
    def get(self, request: Request, slug: str) -> Response:
        """List the digests of the audit trail, oldest first."""
        organisation = self.grant(Permission.AUDIT_VIEW).organisation
        _record(self, organisation, "audit.digests_downloaded", f"organisation:{organisation.pk}")
        return Response({"organisation": str(organisation.pk), "digests": audit_digests(organisation.pk)})


def _record(endpoint: Endpoint, organisation: Organisation, act: str, subject: str) -> None:
    audit_download_record(
        organisation_id=organisation.pk, actor=endpoint.actor, act=act, subject=subject, now=timezone.now()
    )
