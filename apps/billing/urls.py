from django.urls import URLPattern, URLResolver, path

from apps.billing.views import credit_notes, details, invoices, overview, proofs, statements

app_name = "billing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("o/<slug:slug>/billing/", overview.overview, name="overview"),
    path("books/digests.json", proofs.digests, name="digests"),
    path("o/<slug:slug>/billing/proof.json", proofs.proof, name="proof"),
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
