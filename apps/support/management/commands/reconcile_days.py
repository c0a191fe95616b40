"""`manage.py reconcile_days`: hold each day that is over against Stripe, ledger and chain, as the hourly task does."""

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.support.reconciliation.runs import ReconciliationFailed, day_run, days_run, standing_run
from apps.support.reconciliation.selectors import days_table


class Command(BaseCommand):
    """Reads the days and prints what matched; exit code 1 while something is open. It can be repeated at any time."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="this one alone, e.g. 2026-11-25, also again")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            if options["day"]:
                day_run(day=options["day"], now=now)
                standing_run(now=now)
                days = [options["day"]]
            else:
                days = days_run(now=now)
        except ReconciliationFailed as failure:
            raise CommandError(failure.message) from None
        rows = [row for row in days_table() if row.day.day in days]
        for row in sorted(rows, key=lambda one: one.day.day):
            self.stdout.write(f"{row.day}  {row.matched} matched, {row.open} open, {row.resolved} resolved")
        if any(row.open for row in rows):
            sys.exit(1)
