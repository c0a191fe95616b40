"""Writing announcements, putting them where pages read them, and reading them there."""

import logging
from datetime import datetime
from typing import Any

import redis
from django.core.cache import cache
from django.db import transaction
from django.forms.models import model_to_dict

from apps.core.errors import NotFound
from apps.support.announcements.models import Announcement
from apps.users.models import User
from apps.users.services import banner_put_away

KEY = "support.announcements"
KEPT_S = 86_400  # republished every minute; a platform without a beat forgets them after a day

logger = logging.getLogger(__name__)


def announcement_save(*, announcement: Announcement, now: datetime) -> None:
    """Keep a new or changed announcement; pages show it at once."""
    with transaction.atomic():
        announcement.save()
        transaction.on_commit(lambda: announcements_publish(now=now))


def announcements_publish(*, now: datetime) -> None:
    """Put what is shown now or later into the cache; safe to repeat, and repeated every minute."""
    rows = Announcement.objects.filter(ends_at__gt=now).order_by("starts_at", "id")
    cache.set(KEY, [model_to_dict(row) | {"id": row.pk} for row in rows], KEPT_S)


def announcements_shown(*, user: User, now: datetime) -> list[Announcement]:
    """Return what the person sees now, the oldest first. Asks the cache and never the database."""
    try:
        rows: list[dict[str, Any]] = cache.get(KEY) or []
    except redis.RedisError:
        logger.warning("no announcement is shown: the cache does not answer")
        return []
    found = [Announcement(**row) for row in rows if row["starts_at"] <= now < row["ends_at"]]
    return [one for one in found if one.name not in user.banners_away]


def announcement_put_away(*, user: User, announcement_id: int) -> None:
    """Show this announcement to this person no more; a repeat changes nothing. Raises NotFound."""
    announcement = Announcement.objects.filter(pk=announcement_id).first()
    if announcement is None:
        raise NotFound("There is no such announcement.")
    banner_put_away(user=user, name=announcement.name)
