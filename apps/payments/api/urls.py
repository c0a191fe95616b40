from django.urls import path

from apps.payments.api import automatic, cards, refunds, topups

app_name = "payments_api"
urlpatterns = [
    path("organisations/<slug:slug>/cards", cards.Cards.as_view(), name="cards"),
    path(
        "organisations/<slug:slug>/cards/<uuid:card_id>/default", cards.CardDefault.as_view(), name="card_default"
    ),
    path("organisations/<slug:slug>/cards/<uuid:card_id>/remove", cards.CardRemove.as_view(), name="card_remove"),
    path("organisations/<slug:slug>/automatic-top-up", automatic.Automatic.as_view(), name="automatic"),
    path("organisations/<slug:slug>/top-ups", topups.TopUps.as_view(), name="topups"),
    path("organisations/<slug:slug>/top-ups/<uuid:topup_id>", topups.OneTopUp.as_view(), name="topup"),
    path(
        "organisations/<slug:slug>/top-ups/<uuid:topup_id>/refund", refunds.RefundAsk.as_view(), name="refund_ask"
    ),
    path("organisations/<slug:slug>/refunds", refunds.Refunds.as_view(), name="refunds"),
]
