"""`manage.py migrate`, which rather gives up than holds up everybody who waits behind it for a lock."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Migrates as Django does, waiting for a lock five seconds at most."""

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout", default="5s", help="longest wait for a lock, as PostgreSQL writes it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [options["lock_timeout"]])
        try:
            super().handle(*args, **options)
        finally:
            if not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
