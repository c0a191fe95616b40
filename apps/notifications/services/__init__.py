"""Acts on what is told to people and programs."""

from apps.notifications.services.deliveries import (
    deliveries_replay,
    deliveries_send,
    delivery_resend,
    event_content,
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

__all__ = [
    "Fact",
    "NewSecret",
    "deliveries_replay",
    "deliveries_send",
    "delivery_resend",
    "endpoint_change",
    "endpoint_create",
    "endpoint_remove",
    "endpoint_rotate",
    "endpoint_test",
    "event_content",
    "event_emit",
    "events_emit",
    "events_forget",
]
