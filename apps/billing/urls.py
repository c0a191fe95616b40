from django.urls import URLPattern, URLResolver, path

from apps.billing.views import (
    caps,
    credit_notes,
    credits,
    details,
    invoices,
    movements,
    overview,
    proofs,
    statements,
    usage,
)

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
    path("o/<slug:slug>/billing/invoices/", invoices.invoices, name="invoices"),
    path("o/<slug:slug>/billing/invoices/<str:number>.pdf", invoices.invoice_pdf, name="invoice_pdf"),
    path("o/<slug:slug>/billing/invoices/<str:number>.xml", invoices.invoice_xml, name="invoice_xml"),
    path("o/<slug:slug>/billing/invoices/<str:number>.json", invoices.invoice_json, name="invoice_json"),
    path("o/<slug:slug>/billing/invoices/<str:number>/send/", invoices.invoice_send, name="invoice_send"),
    path("o/<slug:slug>/billing/credit-notes/", credit_notes.credit_notes, name="credit_notes"),
    path(
        "o/<slug:slug>/billing/credit-notes/<str:number>.pdf", credit_notes.credit_note_pdf, name="credit_note_pdf"
    ),
    path(
        "o/<slug:slug>/billing/credit-notes/<str:number>.xml", credit_notes.credit_note_xml, name="credit_note_xml"
    ),
    path(
        "o/<slug:slug>/billing/credit-notes/<str:number>.json",
        credit_notes.credit_note_json,
        name="credit_note_json",
    ),
    path("o/<slug:slug>/billing/statements/", statements.statements, name="statements"),
    path("o/<slug:slug>/billing/statements/<str:month>.pdf", statements.statement_pdf, name="statement_pdf"),
    path("o/<slug:slug>/billing/statements/<str:month>.csv", statements.statement_csv, name="statement_csv"),
    path("o/<slug:slug>/billing/statements/<str:month>.json", statements.statement_json, name="statement_json"),
    path("o/<slug:slug>/billing/details/", details.details, name="details"),
    path("o/<slug:slug>/billing/details/check/", details.vat_check, name="vat_check"),
]
