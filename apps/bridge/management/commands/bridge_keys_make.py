"""`manage.py bridge_keys_make --dir DIR`: a master seed and a treasury key for a sandbox."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.bridge.chain import treasury_make
from apps.bridge.keys import seed_make


class Command(BaseCommand):
    """Writes DIR/seed and DIR/treasury.json, readable by their owner only; existing files stay as they are."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dir", required=True, type=Path, help="folder of the key files")

    def handle(self, *args: Any, dir: Path, **options: Any) -> None:  # noqa: A002
        seed_make(dir / "seed")
        address = treasury_make(dir / "treasury.json")
        self.stdout.write(f"seed {dir / 'seed'}\ntreasury {dir / 'treasury.json'} {address}")
