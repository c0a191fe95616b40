"""`manage.py seals_renew`: seal everything with the newest DJANGO_SECRET_KEY; exit code 1 if no key opens something."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from apps.support.services.seals import seals_renew_all


class Command(BaseCommand):
    """Run it with the old key in DJANGO_SECRET_KEY_FALLBACKS; afterwards that key may go."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        found = seals_renew_all()
        for name, renewed in found.items():
            lost = f", {renewed.lost} that no key opens" if renewed.lost else ""
            self.stdout.write(f"{name:<26} {renewed.done} sealed anew{lost}")
        if any(renewed.lost for renewed in found.values()):
            self.stdout.write(
                "Put the key that sealed them back into DJANGO_SECRET_KEY_FALLBACKS and run this again."
            )
            sys.exit(1)
