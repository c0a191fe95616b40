"""`manage.py read_only`: tell whether the platform is read-only, make it so (`on`), or end that (`off`)."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.errors import AppError
from apps.support.announcements.models import Announcement
from apps.support.announcements.services import read_only_begin, read_only_end, read_only_now
from apps.users.models import User

NOT = "The platform is not read-only."


class Command(BaseCommand):
    """Every page can be read meanwhile, nothing can be written, jobs that run go on, and new ones wait."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", nargs="?", choices=["on", "off"], help="without it: tell")
        parser.add_argument("--by", default="", help="your address here: an operator's or a superuser's")
        parser.add_argument(
            "--until", default="", help="in UTC, as 2026-11-26T14:00; without it: four hours from now"
        )
        parser.add_argument("--text", default="", help="what people read, in English; without it: what is usual")
        parser.add_argument("--text-de", default="", help="the same in German")

    def handle(self, *args: Any, act: str | None, by: str, until: str, **options: Any) -> None:
        now = timezone.now()
        try:
            if act == "on":
                words = {"text_en": options["text"], "text_de": options["text_de"]}
                begun = read_only_begin(until=_moment(until, now), by=_person(by), now=now, **words)
                self.stdout.write(_told(begun))
            elif act == "off":
                ended = read_only_end(by=_person(by), now=now)
                self.stdout.write("Everybody can write again." if ended else NOT)
            else:
                running = read_only_now(now=now)
                self.stdout.write(_told(running) if running else NOT)
        except AppError as refusal:
            raise CommandError(refusal.message) from None


def _told(running: Announcement) -> str:
    return f"Read-only until {running.ends_at:%Y-%m-%d %H:%M} UTC: {running.text_en}"


def _person(email: str) -> User:
    """Return whose address that is. Raises AppError."""
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise AppError("Say who you are, by the address of your account here: --by you@company.example")
    return person


def _moment(text: str, now: datetime) -> datetime:
    """Return the moment that was written. Raises AppError."""
    if not text:
        return now + timedelta(hours=4)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise AppError(f"“{text}” is no moment: write it in UTC, as 2026-11-26T14:00.") from None
