"""`manage.py month_close 2026-10`: freeze a month's statements now, without the grace the periodic act gives."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.billing.services import month_close, statement_close
from apps.core.errors import AppError
from apps.organisations.models import Organisation


class Command(BaseCommand):
    help = "Freeze the statements of a month that is over; may be run again, and at the same time as another."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="the month, e.g. 2026-10")
        parser.add_argument("--organisation", help="only this one, by its slug")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = date.fromisoformat(f"{options['month']}-01")
        except ValueError:
            raise CommandError(f"“{options['month']}” is no month; write it like 2026-10.") from None
        try:
            self.stdout.write(self._close(month, options["organisation"]))
        except AppError as error:
            raise CommandError(error.message) from error

    def _close(self, month: date, slug: str | None) -> str:
        if slug is None:
            done = month_close(month=month, now=timezone.now())
            told = f"{done.closed} closed, {done.waiting} not over yet, {done.busy} closed by another run"
            if done.failed:
                raise CommandError(f"{told}, {done.failed} failed: see the log.")
            return f"{told}."
        organisation = Organisation.objects.filter(slug=slug).first()
        if organisation is None:
            raise CommandError(f"There is no organisation “{slug}”.")
        statement = statement_close(organisation_id=organisation.id, month=month, now=timezone.now())
        return "Another run closes it now." if statement is None else f"{statement.lines} lines, frozen."
