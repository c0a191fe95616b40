"""End every sign-in of a person at once: a lost laptop, a stolen password."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.users.models import User
from apps.users.services import sign_ins_end


class Command(BaseCommand):
    """`manage.py sign_ins_end ADDRESS`."""

    help = "End every sign-in of the person with that e-mail address, in browsers and of programs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for the address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """End them and say how many there were."""
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {options['email']}; compare its spelling.")
        self.stdout.write(f"{sign_ins_end(user=user)} sign-ins of {user.email} have ended.")
