"""`manage.py audit_erase ADDRESS`: erase from all audit trails who a person was and where they acted from."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.organisations.services import Actor, audit_erase


class Command(BaseCommand):
    help = "Erase the names, addresses and e-mail in events by or about a person; the digests stay whole."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many events lost their personal side."""
        count = audit_erase(email=options["email"], actor=Actor.system(), now=timezone.now())
        self.stdout.write(f"The personal details of {count} events are erased.")
