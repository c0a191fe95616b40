"""`manage.py treasury`: the platform's own wallet as one line of JSON: address, nos_micro, lamports.

`--keep` also stores what is there, as the periodic reading does.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.bridge.chain import ChainError
from apps.bridge.selectors import treasury
from apps.bridge.services import treasury_read


class Command(BaseCommand):
    """Prints the treasury's address and balances; exit code 1 with a sentence when the chain does not answer."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--keep", action="store_true", help="store the reading, for the staff's pages")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(json.dumps(treasury()))
            if options["keep"]:
                treasury_read(now=timezone.now())
        except ChainError as error:
            raise CommandError(str(error)) from None
