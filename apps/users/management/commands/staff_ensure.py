"""`manage.py staff_ensure --email …`: a staff account for the admin site."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.users.services import staff_ensure


class Command(BaseCommand):
    help = "Make a staff account unless it exists; the password comes from DJANGO_SUPERUSER_PASSWORD."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
        if not password:
            raise CommandError("Set DJANGO_SUPERUSER_PASSWORD to the password the account shall have.")
        staff_ensure(email=options["email"], password=password)
