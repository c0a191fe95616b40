from django.urls import path

from apps.billing.api import credits, details, documents, limits, quotes, usage, wallets
from apps.billing.models import CreditNote

app_name = "billing_api"
O = "organisations/<slug:slug>/"  # noqa: E741
urlpatterns = [
    path(O + "balance", wallets.Balance.as_view(), name="balance"),
    path(O + "lots", wallets.Lots.as_view(), name="lots"),
    path(O + "holds", wallets.Holds.as_view(), name="holds"),
    path(O + "transfers", wallets.Transfers.as_view(), name="transfers"),
    path(O + "ledger-proof", wallets.LedgerProof.as_view(), name="ledger_proof"),
    path(O + "vouchers", credits.Vouchers.as_view(), name="vouchers"),
    path(O + "credit-moves", credits.Moves.as_view(), name="moves"),
    path(O + "balance-alert", credits.BalanceAlerts.as_view(), name="balance_alert"),
    path(O + "billing-details", details.BillingDetails.as_view(), name="details"),
    path(O + "vat-check", documents.VatChecks.as_view(), name="vat_check"),
    path(O + "usage", usage.Usage.as_view(), name="usage"),
    path(O + "usage.csv", usage.UsageCsv.as_view(), name="usage_csv"),
    path(O + "caps", limits.Caps.as_view(), name="caps"),
    path(O + "caps/<uuid:cap_id>", limits.OneCap.as_view(), name="cap"),
    path(O + "budgets", limits.Budgets.as_view(), name="budgets"),
    path(O + "budgets/<uuid:budget_id>", limits.OneBudget.as_view(), name="budget"),
    path(O + "quotes", quotes.Quotes.as_view(), name="quotes"),
    path(O + "invoices", documents.Invoices.as_view(), name="invoices"),
    path(O + "invoices/<str:number>/send", documents.InvoiceSend.as_view(), name="invoice_send"),
    path(O + "invoices/<str:number>.pdf", documents.DocumentPdf.as_view(), name="invoice_pdf"),
    path(O + "invoices/<str:number>.xml", documents.DocumentXml.as_view(), name="invoice_xml"),
    path(O + "invoices/<str:number>", documents.OneInvoice.as_view(), name="invoice"),
    path(O + "credit-notes", documents.CreditNotes.as_view(), name="credit_notes"),
    path(
        O + "credit-notes/<str:number>.pdf", documents.DocumentPdf.as_view(kind=CreditNote), name="credit_note_pdf"
    ),
    path(
        O + "credit-notes/<str:number>.xml", documents.DocumentXml.as_view(kind=CreditNote), name="credit_note_xml"
    ),
    path(O + "credit-notes/<str:number>", documents.OneCreditNote.as_view(), name="credit_note"),
    path(O + "statements", documents.Statements.as_view(), name="statements"),
    path(O + "statements/<str:month>.pdf", documents.StatementPdf.as_view(), name="statement_pdf"),
    path(O + "statements/<str:month>.csv", documents.StatementCsv.as_view(), name="statement_csv"),
    path(O + "statements/<str:month>", documents.OneStatement.as_view(), name="statement"),
]
