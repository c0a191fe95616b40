from django.urls import URLPattern, URLResolver, path

from apps.payments.views import refunds, topups, webhook

app_name = "payments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/stripe/", webhook.stripe_webhook, name="stripe_webhook"),
    path("o/<slug:slug>/billing/refunds/", refunds.refunds, name="refunds"),
    path("o/<slug:slug>/billing/refunds/<uuid:topup_id>/ask/", refunds.refund_ask, name="refund_ask"),
    path("o/<slug:slug>/billing/top-up/", topups.topup, name="topup"),
    path("o/<slug:slug>/billing/top-up/checkout/", topups.topup_start, name="topup_start"),
    path("o/<slug:slug>/billing/top-up/<uuid:topup_id>/", topups.topup_detail, name="topup_detail"),
]
