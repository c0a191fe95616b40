"""`manage.py stripe_endpoint [--register]`: does Stripe send this platform the events it needs?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import AppError
from apps.payments.services.endpoints import endpoint_check, endpoint_register


class Command(BaseCommand):
    help = "Check this platform's webhook endpoint at Stripe; with --register, make it or mend it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--register", action="store_true", help="make the endpoint, or mend the one there is")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["register"]:
                self._register()
            else:
                self._check()
        except AppError as error:
            raise CommandError(error.message) from error

    def _register(self) -> None:
        endpoint = endpoint_register()
        self.stdout.write(f"Stripe sends {endpoint.url} the events it needs ({endpoint.id}).")
        if endpoint.secret:
            self.stdout.write(f"STRIPE_WEBHOOK_SECRET={endpoint.secret}")
        else:
            self.stdout.write("Its signing secret stands in Stripe's dashboard.")

    def _check(self) -> None:
        if wrong := endpoint_check():
            raise CommandError(" ".join(wrong) + " Mend it with `manage.py stripe_endpoint --register`.")
        self.stdout.write("Stripe sends this platform every event it needs.")
