from django.urls import path

from apps.notifications.api import chats, notices, webhooks

app_name = "notifications_api"
ALL = "organisations/<slug:slug>/webhooks"
ONE = f"{ALL}/<uuid:webhook_id>"
DELIVERY = f"{ONE}/deliveries/<uuid:delivery_id>"
NOTICES = "organisations/<slug:slug>/notices"
CHATS = "organisations/<slug:slug>/chat-hooks"
urlpatterns = [
    path(NOTICES, notices.Notices.as_view(), name="notices"),
    path(f"{NOTICES}/read", notices.NoticesRead.as_view(), name="notices_read"),
    path(f"{NOTICES}/<uuid:notice_id>/read", notices.NoticeRead.as_view(), name="notice_read"),
    path("organisations/<slug:slug>/notice-choices", notices.Choices.as_view(), name="choices"),
    path(CHATS, chats.Chats.as_view(), name="chats"),
    path(f"{CHATS}/<uuid:webhook_id>", chats.OneChat.as_view(), name="chat"),
    path(f"{CHATS}/<uuid:webhook_id>/test", chats.ChatTest.as_view(), name="chat_test"),
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
