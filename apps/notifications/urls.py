from django.urls import path

from apps.notifications import live
from apps.notifications.views import chats, notices
from apps.notifications.views import webhooks as views

app_name = "notifications"
ONE = "o/<slug:slug>/webhooks/<uuid:webhook_id>"
urlpatterns = [
    path("o/<slug:slug>/notices/", notices.notices, name="notices"),
    path("o/<slug:slug>/notices/bell/", notices.bell, name="bell"),
    path("o/<slug:slug>/notices/live/", live.bell_stream, name="bell_stream"),
    path("o/<slug:slug>/notices/choices/", notices.choices, name="choices"),
    path("notices/unsubscribe/<str:token>/", notices.unsubscribe, name="unsubscribe"),
    path("o/<slug:slug>/notices/read/", notices.notices_mark, name="notices_mark"),
    path("o/<slug:slug>/notices/<uuid:notice_id>/", notices.notice, name="notice"),
    path("o/<slug:slug>/notices/<uuid:notice_id>/read/", notices.notice_mark, name="notice_mark"),
    path("o/<slug:slug>/webhooks/", views.webhooks, name="webhooks"),
    path("o/<slug:slug>/webhooks/new/", views.webhook_new, name="webhook_new"),
    path(f"{ONE}/", views.webhook, name="webhook"),
    path("o/<slug:slug>/webhooks/chat/new/", chats.chat_new, name="chat_new"),
    path(f"{ONE}/chat/", chats.chat_edit, name="chat_edit"),
    path(f"{ONE}/edit/", views.webhook_edit, name="webhook_edit"),
    path(f"{ONE}/rotate/", views.webhook_rotate, name="webhook_rotate"),
    path(f"{ONE}/test/", views.webhook_test, name="webhook_test"),
    path(f"{ONE}/turn/", views.webhook_turn, name="webhook_turn"),
    path(f"{ONE}/replay/", views.webhook_replay, name="webhook_replay"),
    path(f"{ONE}/remove/", views.webhook_remove, name="webhook_remove"),
    path(f"{ONE}/deliveries/<uuid:delivery_id>/", views.delivery, name="delivery"),
    path(f"{ONE}/deliveries/<uuid:delivery_id>/resend/", views.delivery_resend, name="delivery_resend"),
]
