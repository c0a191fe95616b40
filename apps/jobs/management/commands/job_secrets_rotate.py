"""`manage.py job_secrets_rotate`: seal all secrets of jobs with the newest key, so that older keys may go."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.jobs.services import secrets_rotate
from apps.jobs.vault import vault_key_current


class Command(BaseCommand):
    """Works in batches beside a running platform; a second run finds nothing to do."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while done := secrets_rotate():
            total += done
        count = "1 set of secrets was" if total == 1 else f"{total} sets of secrets were"
        self.stdout.write(f"{count} sealed anew; all are sealed with key {vault_key_current()}.")
