"""What may be seen of notices and of webhooks."""

from apps.notifications.selectors.notices import (
    LIST,
    Shown,
    notice_get,
    notices_page,
    notices_unread,
    readable,
    reader_of,
)
from apps.notifications.selectors.webhooks import (
    deliveries_of,
    delivery_get,
    endpoint_get,
    endpoints_counted,
    endpoints_of,
    events_of,
)

__all__ = [
    "LIST",
    "Shown",
    "deliveries_of",
    "delivery_get",
    "endpoint_get",
    "endpoints_counted",
    "endpoints_of",
    "events_of",
    "notice_get",
    "notices_page",
    "notices_unread",
    "readable",
    "reader_of",
]
