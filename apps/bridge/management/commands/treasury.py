"""`manage.py treasury`: the platform's own wallet as one line of JSON: address, nos_micro, lamports."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.bridge.chain import ChainError
from apps.bridge.selectors import treasury


class Command(BaseCommand):
    """Prints the treasury's address and balances; exit code 1 with a sentence when the chain does not answer."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(json.dumps(treasury()))
        except ChainError as error:
            raise CommandError(str(error)) from None
