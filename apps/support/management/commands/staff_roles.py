"""`manage.py staff_roles`: who of the staff may do what, and `--give EMAIL ROLE …` to make somebody one of them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.errors import AppError
from apps.support.roles import roles_table
from apps.support.services import staff_set

BEGIN, END = "<!-- roles -->\n", "<!-- /roles -->\n"


def table_replace(page: str) -> str:
    """Return the page with the table between its marks as it is now. Raises ValueError for a page without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("there is no place between <!-- roles --> and <!-- /roles -->")
    return before + begin + roles_table() + end + after


class Command(BaseCommand):
    help = "Print the table of the staff's roles, write it into a page, or give somebody roles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", metavar="FILE", help="write the table between the marks of this page")
        parser.add_argument(
            "--give", metavar="EMAIL", help="give this person the roles named behind, and no others"
        )
        parser.add_argument("roles", nargs="*", help="support, finance, operator; none: no staff any more")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["give"]:
            try:
                person = staff_set(email=options["give"], roles=options["roles"], by=None, now=timezone.now())
            except AppError as refusal:
                raise CommandError(refusal.message) from refusal
            self.stdout.write(f"{person.email}: {', '.join(options['roles']) or 'no staff any more'}")
        elif options["write"]:
            page = Path(options["write"])
            try:
                page.write_text(table_replace(page.read_text()))
            except (OSError, ValueError) as error:
                raise CommandError(f"{page}: {error}") from error
        else:
            self.stdout.write(roles_table(), ending="")
