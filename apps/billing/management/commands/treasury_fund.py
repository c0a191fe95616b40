"""`manage.py treasury_fund --nos N --reference SIGNATURE`: book NOS that the owner put into the treasury."""

from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.billing.services import treasury_fund
from apps.core.money import MICRO


class Command(BaseCommand):
    help = "Book NOS that the owner put into the treasury; the same reference is booked once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--nos", required=True, help="amount in NOS, e.g. 10000 or 0.5")
        parser.add_argument("--reference", required=True, help="signature of the transfer on the chain")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            micro = Decimal(options["nos"]) * MICRO
        except InvalidOperation:
            raise CommandError(f"“{options['nos']}” is no amount of NOS; give a number such as 10000.") from None
        if micro <= 0 or micro != int(micro):
            raise CommandError("The amount must be above zero and have at most six decimals.")
        treasury_fund(micro=int(micro), reference=options["reference"], now=timezone.now())
        self.stdout.write(f"booked {options['nos']} NOS, reference {options['reference']}")
