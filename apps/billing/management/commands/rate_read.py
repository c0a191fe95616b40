from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.billing.errors import RateSourceBroken
from apps.billing.pricing import rate_text
from apps.billing.services import rate_read


class Command(BaseCommand):
    help = "Read the price of NOS from its sources now, as the periodic task does; say what was read and refused."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = rate_read(now=timezone.now())
        except RateSourceBroken as error:
            raise CommandError(error.message) from error
        for rate in found.rates:
            price = rate_text(rate.price_micro, rate.currency)
            self.stdout.write(f"read     NOS at {price}, {rate.at:%Y-%m-%d %H:%M:%S} UTC, from {rate.source}")
        for refusal in found.refusals:
            self.stdout.write(f"refused  {refusal}")
        if not found.rates:
            raise CommandError("No price of NOS could be believed.")
