"""Keyed acts: a repeat with the same key gets the first answer, other content under the same key is refused."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import KeyReused
from apps.core.models import IdempotencyKey


def once(*, scope: str, key: str, content: Any, act: Callable[[], Any]) -> Any:
    """Run `act` once for (scope, key) and return its JSON result, also to every repeat.

    Twins wait for each other on the key's row. Raises KeyReused when the content differs from the first call's.
    If `act` raises, nothing is kept and the key may be used again.
    """
    fingerprint = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        IdempotencyKey.objects.bulk_create(
            [IdempotencyKey(scope=scope, key=key, fingerprint=fingerprint)], ignore_conflicts=True
        )
        row = IdempotencyKey.objects.select_for_update().get(scope=scope, key=key)
        if row.fingerprint != fingerprint:
            raise KeyReused(_("This Idempotency-Key was already used for something else; use a new key."))
        if row.result is None:
            row.result = act()
            row.save(update_fields=["result"])
        return row.result
