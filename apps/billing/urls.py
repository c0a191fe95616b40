from django.urls import URLPattern, URLResolver, path

from apps.billing.views import credits, invoices, overview, proofs

app_name = "billing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("o/<slug:slug>/billing/", overview.overview, name="overview"),
    path("books/digests.json", proofs.digests, name="digests"),
    path("o/<slug:slug>/billing/proof.json", proofs.proof, name="proof"),
    path("o/<slug:slug>/billing/credits/", credits.credits, name="credits"),
    path("o/<slug:slug>/billing/credits/voucher/", credits.voucher, name="voucher"),
    path("o/<slug:slug>/billing/credits/move/", credits.move, name="move"),
    path("o/<slug:slug>/billing/credits/alerts/", credits.alerts, name="alerts"),
    path("o/<slug:slug>/billing/invoices/", invoices.invoices, name="invoices"),
    path("o/<slug:slug>/billing/invoices/<str:number>.pdf", invoices.invoice_pdf, name="invoice_pdf"),
]
