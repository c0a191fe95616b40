"""`manage.py reconcile`: Stripe, ledger and chain side by side; exit code 1 when they differ."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.bridge.chain import ChainError
from apps.core.errors import AppError
from apps.support.selectors import reconcile


class Command(BaseCommand):
    help = "Compare Stripe, the ledger and the chain; every figure is 0 when they agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = reconcile()
        except (AppError, ChainError) as error:  # one of the three was not to be asked
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
        else:
            for name, value in asdict(found).items():
                self.stdout.write(f"{name.replace('_', ' '):<24} {value}")
        if not found.agrees:
            sys.exit(1)
