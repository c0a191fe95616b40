from django.urls import URLPattern, URLResolver, path

from apps.payments import views

app_name = "payments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/stripe/", views.stripe_webhook, name="stripe_webhook"),
    path("o/<slug:slug>/billing/top-up/", views.topup, name="topup"),
    path("o/<slug:slug>/billing/top-up/checkout/", views.topup_start, name="topup_start"),
    path("o/<slug:slug>/billing/top-up/<uuid:topup_id>/", views.topup_detail, name="topup_detail"),
]
