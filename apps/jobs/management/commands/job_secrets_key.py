"""`manage.py job_secrets_key --file FILE`: add a new key for the secrets of jobs to a file of keys."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.key_files import key_add


class Command(BaseCommand):
    """Makes the file, readable by its owner only, or adds the next number to it; the keys themselves are not shown."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", required=True, type=Path, help="the file of JOB_SECRETS_KEY_FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            number = key_add(file)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} is no file of keys that can be added to: {error}") from error
        self.stdout.write(f"{file} has the key {number}; every process that starts from now on seals with it.")
