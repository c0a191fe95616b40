"""`manage.py accountant_export 2026-10 --to folder`: what the accountant takes away of a month, as CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import NotFound
from apps.support.closing.exports import EXPORTS
from apps.support.closing.steps import month_read


class Command(BaseCommand):
    """Writes a month’s postings, accounts, invoices and VAT report; files of an earlier run are written anew."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="e.g. 2026-10")
        parser.add_argument("--to", type=Path, default=Path(), help="the folder; made if it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = month_read(options["month"])
        except NotFound:
            raise CommandError(f"“{options['month']}” is no month; write it like 2026-10.") from None
        options["to"].mkdir(parents=True, exist_ok=True)
        for name, lines in EXPORTS.items():
            path = options["to"] / f"{name}-{month:%Y-%m}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines(month))
            self.stdout.write(str(path))
