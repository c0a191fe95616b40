from django.urls import URLPattern, URLResolver, path

from apps.billing import views

app_name = "billing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("o/<slug:slug>/billing/", views.overview, name="overview"),
    path("o/<slug:slug>/billing/invoices/", views.invoices, name="invoices"),
    path("o/<slug:slug>/billing/invoices/<str:number>.pdf", views.invoice_pdf, name="invoice_pdf"),
]
