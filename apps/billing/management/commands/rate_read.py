from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.billing.errors import RateSourceBroken
from apps.billing.services import rate_read


class Command(BaseCommand):
    help = "Read the price of NOS from its source now, as the periodic task does."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and print the rates."""
        try:
            rates = rate_read(now=timezone.now())
        except RateSourceBroken as error:
            raise CommandError(error.message) from error
        for rate in rates:
            self.stdout.write(f"{rate.currency} {rate.price_micro} micro per NOS, {rate.at:%Y-%m-%d %H:%M:%S} UTC")
