"""What is told to people and programs."""

from apps.notifications.models.notices import NoticeMail, NoticeRead, Reader
from apps.notifications.models.webhooks import Delivery, DeliveryTry, Endpoint, Event

__all__ = ["Delivery", "DeliveryTry", "Endpoint", "Event", "NoticeMail", "NoticeRead", "Reader"]
