"""What support does by itself: it tells people, and corrects nothing."""

from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from apps.core.mail import mail_write
from apps.support.treasury import Standing, treasury_standing


def treasury_watch(*, now: datetime) -> Standing:
    """Mail the platform's people what is wrong with the treasury, once per level and day; return how it stands."""
    standing = treasury_standing(now=now)
    for alert in standing.alerts:
        mail_write(
            key=f"treasury:{alert.level}:{now.astimezone(UTC):%Y-%m-%d}",
            to=settings.STAFF_EMAIL,
            template="treasury_alert",
            context={"alert": alert, "standing": standing, "url": settings.BASE_URL + reverse("support:treasury")},
        )
    return standing
