"""Writing announcements, putting them where pages read them, and reading them there."""

import logging
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.forms.models import model_to_dict

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.staff import staff_act_write
from apps.support.announcements.models import Announcement
from apps.users.models import User
from apps.users.services import banner_put_away

KEY = "support.announcements"
KEPT_S = 86_400  # republished every minute; a platform without a beat forgets them after a day
READ_ONLY_EN = (
    "We are at work: every page can be read and running jobs go on, but nothing can be changed or started"
    " just now."
)
READ_ONLY_DE = (
    "Wir arbeiten an der Plattform: Alles bleibt lesbar und laufende Jobs gehen weiter, aber gerade lässt sich"
    " nichts ändern oder starten."
)
LONGEST = timedelta(days=7)

logger = logging.getLogger(__name__)


def announcement_save(*, announcement: Announcement, staff_id: int | None = None, now: datetime) -> None:
    """Keep a new or changed announcement; pages show it at once, and the staff's trail has who did it."""
    with transaction.atomic():
        announcement.save()
        staff_act_write(
            staff_id=staff_id,
            act="announcement.read_only" if announcement.read_only else "announcement.saved",
            subject=announcement.name,
            facts={
                "text": announcement.text_en,
                "from": announcement.starts_at.isoformat(),
                "until": announcement.ends_at.isoformat(),
            },
            now=now,
        )
        transaction.on_commit(lambda: announcements_publish(now=now))


def announcements_publish(*, now: datetime) -> None:
    """Put what is shown now or later into the cache; safe to repeat, and repeated every minute."""
    cache.set(KEY, _rows(now), KEPT_S)


def announcements_shown(*, user: User | None, now: datetime) -> list[Announcement]:
    """Return what the person sees now, the oldest first. Asks the cache and never the database.

    Somebody who is not signed in sees why nothing can be written, and nothing else.
    """
    try:
        found = _live(cache.get(KEY) or [], now)
    except redis.RedisError:
        logger.warning("no announcement is shown: the cache does not answer")
        found = []
    away = user.banners_away if user else []
    return [one for one in [*_by_setting(now), *found] if one.read_only or (user and one.name not in away)]


def read_only_now(*, now: datetime) -> Announcement | None:
    """Return the announcement while which nothing may be written, the one that ends last; None while all may.

    The cache answers; only where it does not know is the database asked.
    """
    try:
        rows = cache.get(KEY)
        if rows is None:
            rows = _rows(now)
            cache.add(KEY, rows, KEPT_S)
    except redis.RedisError:
        rows = _rows(now)
    found = [one for one in [*_by_setting(now), *_live(rows, now)] if one.read_only]
    return max(found, key=lambda one: one.ends_at, default=None)


def read_only(*, now: datetime) -> bool:
    """Return whether nothing may be written now; lower floors ask by the port core.read_only."""
    return read_only_now(now=now) is not None


def read_only_begin(*, until: datetime, text_en: str, text_de: str, by: User, now: datetime) -> Announcement:
    """Make the platform read-only from now on; empty texts say what is usual.

    Raises Denied, Conflict while it is read-only already, AppError for an end that is past or more than a week away.
    """
    _may_stop(by)
    if running := _live(_rows(now), now, read_only=True):
        raise Conflict(f"It is read-only already, until {running[0].ends_at:%Y-%m-%d %H:%M} UTC; end that first.")
    if not now < until <= now + LONGEST:
        raise AppError("The end must come within a week from now: name a moment in UTC, as 2026-11-26T14:00.")
    if bool(text_en) != bool(text_de):
        raise AppError("Write the sentence in English and in German, or leave both out.")
    announcement = Announcement(
        level=Announcement.Level.WARNING,
        text_en=text_en or READ_ONLY_EN,
        text_de=text_de or READ_ONLY_DE,
        starts_at=now,
        ends_at=until,
        read_only=True,
    )
    announcement_save(announcement=announcement, staff_id=by.pk, now=now)
    logger.warning("read-only until %s, by user %s", until.isoformat(), by.pk)
    return announcement


def read_only_end(*, by: User, now: datetime) -> int:
    """Let everybody write again; return how many announcements that ended, 0 where none was. Raises Denied."""
    _may_stop(by)
    with transaction.atomic():
        running = Announcement.objects.select_for_update().filter(
            read_only=True, starts_at__lt=now, ends_at__gt=now
        )
        found = list(running)
        for announcement in found:
            announcement.ends_at = now
            announcement_save(announcement=announcement, staff_id=by.pk, now=now)
    if found:
        logger.warning("not read-only any more, by user %s", by.pk)
    return len(found)


def _may_stop(by: User) -> None:
    if not by.has_perm("support.stop_writing"):
        raise Denied("Only operators and superusers make the platform read-only, or end that.")


def _rows(now: datetime) -> list[dict[str, Any]]:
    rows = Announcement.objects.filter(ends_at__gt=now).order_by("starts_at", "id")
    return [model_to_dict(row) | {"id": row.pk} for row in rows]


def _live(rows: list[dict[str, Any]], now: datetime, *, read_only: bool = False) -> list[Announcement]:
    found = [Announcement(**row) for row in rows if row["starts_at"] <= now < row["ends_at"]]
    return [one for one in found if one.read_only or not read_only]


def _by_setting(now: datetime) -> list[Announcement]:
    """Return what NOSANA_READ_ONLY says, as an announcement that stays as long as the process does."""
    text = settings.READ_ONLY
    if not text:
        return []
    level, ends_at = Announcement.Level.WARNING, now + timedelta(hours=1)
    return [Announcement(level=level, text_en=text, text_de=text, starts_at=now, ends_at=ends_at, read_only=True)]


def announcement_put_away(*, user: User, announcement_id: int) -> None:
    """Show this announcement to this person no more; a repeat changes nothing. Raises NotFound."""
    announcement = Announcement.objects.filter(pk=announcement_id).first()
    if announcement is None:
        raise NotFound("There is no such announcement.")
    banner_put_away(user=user, name=announcement.name)
