"""What may be seen of notices and of webhooks."""

from apps.notifications.selectors.notices import (
    LIST,
    Shown,
    notice_get,
    notice_show,
    notices_page,
    notices_rows,
    notices_unread,
    readable,
    reader_of,
)
from apps.notifications.selectors.webhooks import (
    chat_get,
    deliveries_of,
    delivery_get,
    earlier_waiting,
    endpoint_get,
    endpoints_counted,
    endpoints_of,
    events_of,
    webhook_get,
)

__all__ = [
    "LIST",
    "Shown",
    "chat_get",
    "deliveries_of",
    "delivery_get",
    "earlier_waiting",
    "endpoint_get",
    "endpoints_counted",
    "endpoints_of",
    "events_of",
    "notice_get",
    "notice_show",
    "notices_page",
    "notices_rows",
    "notices_unread",
    "readable",
    "reader_of",
    "webhook_get",
]
