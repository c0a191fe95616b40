"""`manage.py permission_matrix`: who may do what, as docs/security.md shows it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.console.access import matrix_text

BEGIN, END = "```matrix\n", "```\n"


def matrix_replace(page: str) -> str:
    """Return the page with its matrix block as it is now. Raises ValueError for a page without one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("there is no block that begins with ```matrix")
    return before + begin + matrix_text() + end + after


class Command(BaseCommand):
    help = "Print roles by permission, routes by role, and every public route with its reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", metavar="FILE", help="write it into the ```matrix block of this page")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(matrix_text(), ending="")
            return
        page = Path(options["write"])
        try:
            page.write_text(matrix_replace(page.read_text()))
        except (OSError, ValueError) as error:
            raise CommandError(f"{page}: {error}") from error
