from django.urls import path

from apps.notifications.api import webhooks

app_name = "notifications_api"
ALL = "organisations/<slug:slug>/webhooks"
ONE = f"{ALL}/<uuid:webhook_id>"
DELIVERY = f"{ONE}/deliveries/<uuid:delivery_id>"
urlpatterns = [
    path("organisations/<slug:slug>/event-types", webhooks.EventTypes.as_view(), name="event_types"),
    path("organisations/<slug:slug>/events", webhooks.Events.as_view(), name="events"),
    path(ALL, webhooks.Webhooks.as_view(), name="webhooks"),
    path(ONE, webhooks.OneWebhook.as_view(), name="webhook"),
    path(f"{ONE}/rotate", webhooks.WebhookRotate.as_view(), name="webhook_rotate"),
    path(f"{ONE}/test", webhooks.WebhookTest.as_view(), name="webhook_test"),
    path(f"{ONE}/replay", webhooks.WebhookReplay.as_view(), name="webhook_replay"),
    path(f"{ONE}/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path(DELIVERY, webhooks.OneDelivery.as_view(), name="delivery"),
    path(f"{DELIVERY}/resend", webhooks.DeliveryResend.as_view(), name="delivery_resend"),
]
