from django.urls import URLPattern, URLResolver, path

from apps.payments.views import automatic, cards, refunds, topup_list, topups, webhook

app_name = "payments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/stripe/", webhook.stripe_webhook, name="stripe_webhook"),
    path("o/<slug:slug>/billing/refunds/", refunds.refunds, name="refunds"),
    path("o/<slug:slug>/billing/refunds/<uuid:topup_id>/ask/", refunds.refund_ask, name="refund_ask"),
    path("o/<slug:slug>/billing/top-up/", topups.topup, name="topup"),
    path("o/<slug:slug>/billing/top-ups/", topup_list.topups, name="topups"),
    path("o/<slug:slug>/billing/top-up/checkout/", topups.topup_start, name="topup_start"),
    path("o/<slug:slug>/billing/top-up/<uuid:topup_id>/", topups.topup_detail, name="topup_detail"),
    path("o/<slug:slug>/billing/automatic/", automatic.automatic, name="automatic"),
    path("o/<slug:slug>/billing/automatic/off/", automatic.automatic_off, name="automatic_off"),
    path("o/<slug:slug>/billing/cards/", cards.cards, name="cards"),
    path("o/<slug:slug>/billing/cards/add/", cards.card_add, name="card_add"),
    path("o/<slug:slug>/billing/cards/added/<uuid:setup_id>/", cards.card_setup, name="card_setup"),
    path("o/<slug:slug>/billing/cards/<uuid:card_id>/default/", cards.card_default, name="card_default"),
    path("o/<slug:slug>/billing/cards/<uuid:card_id>/remove/", cards.card_remove, name="card_remove"),
]
