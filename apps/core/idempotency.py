"""Keyed acts: a repeat with the same key gets the first answer, other content under the same key is refused."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core.errors import KeyReused
from apps.core.models import IdempotencyKey

CLAIM = """
    INSERT INTO core_idempotencykey (scope, key, fingerprint, result, created_at, forget_at)
    VALUES (%s, %s, %s, %s, clock_timestamp(), clock_timestamp() + make_interval(days => %s::int))
    ON CONFLICT (scope, key) DO NOTHING RETURNING id"""
KEEP = """
    UPDATE core_idempotencykey SET result = %s WHERE id = %s"""


REMEMBERED = timedelta(days=30)
BATCH = 1_000


def once(
    *, scope: str, key: str, content: Any, act: Callable[[], Any], foreseen: Any = None, forgets: bool = False
) -> Any:
    """Run `act` once for (scope, key) and return its JSON result, also to every repeat.

    Twins wait for each other on the key's row: whoever finds it there finds its result too. Raises KeyReused when the
    content differs from the first call's. If `act` raises, nothing is kept and the key may be used again. Whoever
    knows before what the act will return says so by `foreseen`, and spares it a statement. The key is remembered for
    good, or, where it `forgets`, for REMEMBERED: never where a repeat could launch, pay or give anything again.
    """
    fingerprint = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic(), connection.cursor() as cursor:
        remembered = REMEMBERED.days if forgets else None
        cursor.execute(CLAIM, [scope, key, fingerprint, json.dumps(foreseen), remembered])
        claimed = cursor.fetchone()
        if claimed is None:
            first = IdempotencyKey.objects.get(scope=scope, key=key)
            if first.fingerprint != fingerprint:
                raise KeyReused(_("This Idempotency-Key was already used for something else; use a new key."))
            return first.result
        result = act()
        if result != foreseen:
            cursor.execute(KEEP, [json.dumps(result), *claimed])
        return result


def keys_forget(*, now: datetime) -> int:
    """Delete the keys whose time is over, a batch at a time; return how many."""
    total = 0
    while old := list(IdempotencyKey.objects.filter(forget_at__lt=now).values_list("pk", flat=True)[:BATCH]):
        IdempotencyKey.objects.filter(pk__in=old).delete()
        total += len(old)
    return total
