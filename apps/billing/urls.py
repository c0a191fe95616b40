from django.urls import URLPattern, URLResolver, path

from apps.billing.models import CreditNote, Document, Invoice
from apps.billing.views import (
    caps,
    credits,
    details,
    documents,
    movements,
    overview,
    proofs,
    statements,
    usage,
)


def files(folder: str, kind: type[Document], name: str) -> list[URLPattern]:
    """Return the addresses of a document's files: `invoice_pdf`, `invoice_xml` and `invoice_json`."""
    views = {"pdf": documents.document_pdf, "xml": documents.document_xml, "json": documents.document_json}
    return [
        path(f"o/<slug:slug>/billing/{folder}/<str:number>.{end}", view, {"kind": kind}, name=f"{name}_{end}")
        for end, view in views.items()
    ]


app_name = "billing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("o/<slug:slug>/billing/", overview.overview, name="overview"),
    path("o/<slug:slug>/billing/movements/", movements.movements, name="movements"),
    path("o/<slug:slug>/billing/holds/", movements.holds, name="holds"),
    path("books/digests.json", proofs.digests, name="digests"),
    path("o/<slug:slug>/billing/proof.json", proofs.proof, name="proof"),
    path("o/<slug:slug>/billing/usage/", usage.usage, name="usage"),
    path("o/<slug:slug>/billing/usage.csv", usage.usage_csv, name="usage_csv"),
    path("o/<slug:slug>/billing/caps/", caps.caps, name="caps"),
    path("o/<slug:slug>/billing/caps/set/", caps.cap_set, name="cap_set"),
    path("o/<slug:slug>/billing/caps/<uuid:cap_id>/remove/", caps.cap_remove, name="cap_remove"),
    path("o/<slug:slug>/billing/budgets/set/", caps.budget_set, name="budget_set"),
    path("o/<slug:slug>/billing/budgets/<uuid:budget_id>/remove/", caps.budget_remove, name="budget_remove"),
    path("o/<slug:slug>/billing/credits/", credits.credits, name="credits"),
    path("o/<slug:slug>/billing/credits/voucher/", credits.voucher, name="voucher"),
    path("o/<slug:slug>/billing/credits/move/", credits.move, name="move"),
    path("o/<slug:slug>/billing/credits/alerts/", credits.alerts, name="alerts"),
    path("o/<slug:slug>/billing/invoices/", documents.invoices, name="invoices"),
    *files("invoices", Invoice, "invoice"),
    path("o/<slug:slug>/billing/invoices/<str:number>/send/", documents.invoice_send, name="invoice_send"),
    path("o/<slug:slug>/billing/credit-notes/", documents.credit_notes, name="credit_notes"),
    *files("credit-notes", CreditNote, "credit_note"),
    path("o/<slug:slug>/billing/statements/", statements.statements, name="statements"),
    path("o/<slug:slug>/billing/statements/<str:month>.pdf", statements.statement_pdf, name="statement_pdf"),
    path("o/<slug:slug>/billing/statements/<str:month>.csv", statements.statement_csv, name="statement_csv"),
    path("o/<slug:slug>/billing/statements/<str:month>.json", statements.statement_json, name="statement_json"),
    path("o/<slug:slug>/billing/details/", details.details, name="details"),
    path("o/<slug:slug>/billing/details/check/", details.vat_check, name="vat_check"),
]
