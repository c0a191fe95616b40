"""`manage.py escrows`: what the chain holds for each job that is not settled here, one JSON object a line."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.bridge.chain import ChainError
from apps.bridge.selectors import position


class Command(BaseCommand):
    """Prints escrow facts; exit code 1 when the chain holds more for a job than was set aside for it."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            escrows = position().escrows
        except ChainError as error:
            raise CommandError(str(error)) from None
        for escrow in escrows:
            self.stdout.write(json.dumps({**asdict(escrow), "differs": escrow.differs}, default=str))
        if any(escrow.differs for escrow in escrows):
            sys.exit(1)
