"""The reference of the API as a file: written from the code, or held against it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

FILE = Path("docs/openapi.json")


class Command(BaseCommand):
    """Write docs/openapi.json, or fail where it is not what the code says."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --write or --check."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--write", action="store_true")
        which.add_argument("--check", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        """Raise CommandError for warnings, an invalid reference, or one that differs."""
        text = reference_text()
        if options["write"]:
            FILE.write_text(text)
        elif not FILE.exists() or FILE.read_text() != text:
            raise CommandError(f"{FILE} is not what the code says; run `make openapi` and read what changed.")


def reference_text() -> str:
    """Return the reference as JSON. Raises CommandError for whatever drf-spectacular warns of."""
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(schema)
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        raise CommandError("The reference has warnings, above; say what each endpoint takes and answers.")
    return json.dumps(schema, indent=1, ensure_ascii=False, default=str) + "\n"
