"""Invoices, credit notes and statements."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import selectors
from apps.billing.api.document_shapes import CreditNoteWhole, InvoiceWhole
from apps.billing.api.shapes import (
    CreditNoteShape,
    InvoiceShape,
    SentShape,
    StatementShape,
    StatementWhole,
    VatCheckShape,
)
from apps.billing.documents import document_xml
from apps.billing.models import CreditNote, Invoice, VatCheck
from apps.billing.models import Document as Row
from apps.billing.services import invoice_send_again, statement_print, vat_id_check
from apps.billing.views.frame import download
from apps.core.csv import streamed
from apps.core.rest import SpanQuestion, page_answer, spanned
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.models import Organisation
from apps.organisations.roles import Permission


class Documents(Endpoint):
    """Whoever sees the billing sees its documents."""

    @property
    def organisation(self) -> Organisation:
        """The organisation of the address. Raises NotFound and Denied."""
        return self.grant(Permission.BILLING_VIEW).organisation


class Invoices(Documents):
    """The invoices of an organisation."""

    @described(InvoiceShape, page=True, question=SpanQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the invoices, newest first."""
        rows = selectors.invoices_of(self.organisation)
        return page_answer(
            request,
            rows,
            lambda row: InvoiceShape(row).data,
            newest_first=True,
            question=SpanQuestion,
            narrow=spanned("issued_at"),
        )


class CreditNotes(Documents):
    """The credit notes of an organisation."""

    @described(CreditNoteShape, page=True, question=SpanQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the credit notes, newest first."""
        rows = selectors.credit_notes_of(self.organisation)
        return page_answer(
            request,
            rows,
            lambda row: CreditNoteShape(row).data,
            newest_first=True,
            question=SpanQuestion,
            narrow=spanned("issued_at"),
        )


class Document(Documents):
    """One numbered document, of a kind."""

    kind: type[Row] = Invoice

    def found(self, number: str) -> Row:
        """Return it. Raises NotFound."""
        return selectors.document_get(self.kind, self.organisation, number)


class OneInvoice(Document):
    """One invoice."""

    @described(InvoiceWhole)
    def get(self, request: Request, slug: str, number: str) -> Response:
        """Read all that is printed on an invoice."""
        return Response(self.found(number).data)


class OneCreditNote(Document):
    """One credit note."""

    kind = CreditNote

    @described(CreditNoteWhole)
    def get(self, request: Request, slug: str, number: str) -> Response:
        """Read all that is printed on a credit note."""
        return Response(self.found(number).data)


class DocumentPdf(Document):
    """One document, printed."""

    @described(media="application/pdf")
    def get(self, request: Request, slug: str, number: str) -> HttpResponse:
        """Read the PDF of an invoice or a credit note. 409 while it is being printed."""
        found = self.found(number)
        return download(selectors.document_pdf(found), f"{found.number}.pdf", "application/pdf")


class DocumentXml(Document):
    """One document, for accounting programs."""

    @described(media="application/xml")
    def get(self, request: Request, slug: str, number: str) -> HttpResponse:
        """Read an invoice or a credit note as UBL."""
        found = self.found(number)
        return download(document_xml(found.data), f"{found.number}.xml", "application/xml")


class InvoiceSend(Endpoint):
    """One invoice, mailed once more."""

    @described(SentShape, body=Nothing)
    def post(self, request: Request, slug: str, number: str) -> Response:
        """Mail an invoice to the finance address; three times a day at most."""
        grant = self.grant(Permission.BILLING_MANAGE)
        found = selectors.document_get(Invoice, grant.organisation, number)
        Nothing(data=request.data).read()
        member = grant.member

        def act() -> Any:
            mail = invoice_send_again(membership=member, number=found.number, actor=self.actor, now=timezone.now())
            return {"to": mail.to}

        return self.once(grant, act, status=200)


class VatChecks(Endpoint):
    """What VIES says of the organisation's VAT id."""

    @described(VatCheckShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read the newest check of the VAT id and its answer; `state` is `none` where nothing was asked."""
        return Response(_check(selectors.vat_check_latest(self.grant(Permission.BILLING_VIEW).organisation)))

    @described(VatCheckShape, body=Nothing)
    def post(self, request: Request, slug: str) -> Response:
        """Ask VIES about the VAT id again; the answer comes later. `state` is `none` without one of an EU country."""
        grant = self.grant(Permission.BILLING_MANAGE)
        Nothing(data=request.data).read()

        def act() -> Any:
            return _check(vat_id_check(organisation_id=grant.organisation_id, now=timezone.now(), again=True))

        return self.once(grant, act, status=200)


def _check(check: VatCheck | None) -> dict[str, Any]:
    if check is None:
        return {"vat_id": None, "state": "none", "name": None}
    return {"vat_id": check.vat_id, "state": check.state, "name": check.name or None}


class Statements(Documents):
    """The statements of an organisation."""

    @described(StatementShape, page=True, question=SpanQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the statements of closed months, newest first."""
        rows = selectors.statements_of(self.organisation)
        return page_answer(
            request,
            rows,
            lambda row: StatementShape(row).data,
            newest_first=True,
            question=SpanQuestion,
            narrow=spanned("closed_at"),
        )


class OneStatement(Documents):
    """One statement."""

    @described(StatementWhole)
    def get(self, request: Request, slug: str, month: str) -> Response:
        """Read the figures and sums of a statement; its lines are in the CSV."""
        found = selectors.statement_get(self.organisation, month)
        return Response({**StatementShape(found).data, "data": found.data})


class StatementPdf(Documents):
    """One statement, printed."""

    @described(media="application/pdf")
    def get(self, request: Request, slug: str, month: str) -> HttpResponse:
        """Read the PDF of a statement."""
        found = statement_print(selectors.statement_get(self.organisation, month))
        return download(bytes(found.pdf or b""), f"statement-{month}.pdf", "application/pdf")


class StatementCsv(Documents):
    """All lines of one statement."""

    @described(media="text/csv")
    def get(self, request: Request, slug: str, month: str) -> HttpResponseBase:
        """Read the lines of a statement as CSV, in a stream."""
        found = selectors.statement_get(self.organisation, month)
        return streamed(f"statement-{month}.csv", selectors.statement_csv(found), "text/csv; charset=utf-8")
