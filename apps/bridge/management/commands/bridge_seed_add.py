"""`manage.py bridge_seed_add --file FILE`: add the next version of the master seed to its file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.key_files import key_add


class Command(BaseCommand):
    """Adds the next version; those before it stay, for the jobs they listed. The seed itself is not shown."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", required=True, type=Path, help="the file of CHAIN_SEED_FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not file.exists():
            raise CommandError(f"There is no {file}: `manage.py bridge_keys_make` makes the first seed.")
        try:
            version = key_add(file)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} is no file of seeds that can be added to: {error}") from error
        self.stdout.write(
            f"{file} has the seed of version {version}: copy it to two safe places, set"
            f" CHAIN_SEED_VERSION={version} and start the workers of the queue bridge and the observer anew."
        )
