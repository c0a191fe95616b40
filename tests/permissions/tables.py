"""What is in the database, as one short text per table."""

from functools import cache
from typing import Any
from weakref import WeakSet

from django.apps import apps
from django.db import connection


@cache
def _query() -> str:
    names = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    return " UNION ALL ".join(
        f"SELECT '{name}', coalesce(sum(hashtextextended(r::text, 0)), 0)::text FROM \"{name}\" r"
        for name in names
        if name != "django_session"
    )


_prepared: WeakSet[Any] = WeakSet()  # to plan a query over every table takes longer than to answer it


def contents() -> dict[str, str]:
    """Return a digest of each table's rows, sessions aside."""
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(f"PREPARE contents AS {_query()}")
            _prepared.add(connection.connection)
        cursor.execute("EXECUTE contents")
        return dict(cursor.fetchall())


def changed(before: dict[str, str]) -> list[str]:
    """Return the tables whose rows are no longer what they were."""
    return [name for name, digest in contents().items() if before[name] != digest]
