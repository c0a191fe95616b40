"""Acts on what is told to people and programs."""

from apps.notifications.services.chats import chat_change, chat_create
from apps.notifications.services.choices import choices_set
from apps.notifications.services.deliveries import (
    deliveries_replay,
    deliveries_send,
    delivery_body,
    delivery_resend,
    delivery_resend_for,
)
from apps.notifications.services.endpoints import (
    NewSecret,
    endpoint_change,
    endpoint_create,
    endpoint_remove,
    endpoint_rotate,
    endpoint_test,
)
from apps.notifications.services.events import Fact, event_emit, events_emit, events_forget
from apps.notifications.services.mails import notices_send
from apps.notifications.services.notices import notice_read, notices_read_all
from apps.notifications.services.people import (
    approval_tell,
    freeze_tell,
    invitation_tell,
    keys_expiring_tell,
    sign_in_tell,
)
from apps.notifications.services.unsubscribing import mails_end

__all__ = [
    "Fact",
    "NewSecret",
    "approval_tell",
    "chat_change",
    "chat_create",
    "choices_set",
    "deliveries_replay",
    "deliveries_send",
    "delivery_body",
    "delivery_resend",
    "delivery_resend_for",
    "endpoint_change",
    "endpoint_create",
    "endpoint_remove",
    "endpoint_rotate",
    "endpoint_test",
    "event_emit",
    "events_emit",
    "events_forget",
    "freeze_tell",
    "invitation_tell",
    "keys_expiring_tell",
    "mails_end",
    "notice_read",
    "notices_read_all",
    "notices_send",
    "sign_in_tell",
]
