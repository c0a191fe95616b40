"""One key with everything its check needs, by its prefix.

The query is written out, once, because every request with a key begins with it: Django takes several times longer to
spell this query anew than the database takes to answer it (benchmarks/keys.py, key.check).
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from apps.organisations.models import ApiKey, Membership, Organisation, ProjectMembership
from apps.users.models import User

M = TypeVar("M", bound=models.Model)


def key_row(prefix: str) -> ApiKey | None:
    """Return the key with its organisation, member, the member's user and projects, in one indexed query."""
    with connection.cursor() as cursor:
        cursor.execute(_query(), [prefix])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    key = _read(ApiKey, values)
    key.organisation = _read(Organisation, values)
    member, user = _read(Membership, values), _read(User, values)
    if member.pk is not None:
        member.organisation, member.user = key.organisation, user
        member.project_roles_found = json.loads(next(values) or "[]")  # type: ignore[attr-defined]
        key.member = member
    return key


@cache
def _query() -> str:
    models_in_order = (("k", ApiKey), ("o", Organisation), ("m", Membership), ("u", User))
    columns = [f'{alias}."{field.column}"' for alias, model in models_in_order for field in _fields(model)]
    tables = [f'"{model._meta.db_table}" {alias}' for alias, model in models_in_order]
    return (
        f"SELECT {', '.join(columns)}, ("  # noqa: S608 - made of the models' own names
        " SELECT json_agg(json_build_object('project_id', p.project_id, 'role', p.role))::text"
        f' FROM "{ProjectMembership._meta.db_table}" p WHERE p.membership_id = m.id AND m.limited)'
        f" FROM {tables[0]} JOIN {tables[1]} ON o.id = k.organisation_id"
        f" LEFT JOIN {tables[2]} ON m.id = k.member_id LEFT JOIN {tables[3]} ON u.id = m.user_id"
        " WHERE k.prefix = %s"
    )


@cache
def _fields(model: type[models.Model]) -> Sequence[Any]:
    return tuple(model._meta.concrete_fields)


def _read(model: type[M], values: Iterator[Any]) -> M:
    fields = _fields(model)
    read = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=False)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], read)
