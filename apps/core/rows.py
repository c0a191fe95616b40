"""Rows of several tables at once, for acts that wait for each round trip: read by one statement, written by one.

Django asks for a table at a time and spells each statement anew, which takes it longer than the database needs to
answer (benchmarks/api.py, api.job_post_vs_hold).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model
from django.db.models.fields import AutoFieldMixin

M = TypeVar("M", bound=Model)


def columns(model: type[Model], alias: str) -> str:
    """Return the model's columns for a SELECT of ours; `row_read` makes the model of them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def row_read(model: type[M], row: Sequence[Any]) -> tuple[M, Sequence[Any]]:
    """Return the model whose `columns` the row begins with, and the rest of the row."""
    found = model._meta.concrete_fields
    values = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(found, row, strict=False)
    ]
    return model.from_db(connection.alias, [field.attname for field in found], values), row[len(found) :]


def rows_insert(*rows: Model) -> None:
    """Insert new rows, of any tables and naming each other as they like, and tell each its primary key.

    Signals are not sent; what else the database would fill in by itself has to be there. Raises IntegrityError as
    save() does; then none of them is written.
    """
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in _written(type(row))
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(type(row) for row in rows)), values)
        keys = cursor.fetchone()
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


@cache
def _written(model: type[Model]) -> "list[Field[Any, Any]]":
    """Return what a row brings itself: all but a key that the database counts."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoFieldMixin)]


@cache
def _statement(models: tuple[type[Model], ...]) -> str:
    """Return the statement for rows of these models; what they say of each other is checked at its end."""
    parts = []
    for number, model in enumerate(models):
        fields = _written(model)
        names, marks = ", ".join(f'"{field.column}"' for field in fields), ", ".join(["%s"] * len(fields))
        table, key = model._meta.db_table, model._meta.pk.column
        parts.append(f'row_{number} AS (INSERT INTO "{table}" ({names}) VALUES ({marks}) RETURNING "{key}")')
    keys = ", ".join(f"(SELECT * FROM row_{number})" for number in range(len(models)))
    return f"WITH {', '.join(parts)} SELECT {keys}"
