"""Results, kept by us because the network may forget them."""

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.jobs.models import Attempt
from apps.jobs.services.moves import event_write, job_lock

RESULT_LIMIT = 1_000_000  # bytes of JSON a stored result may have, logs apart


def result_store(*, attempt_id: uuid.UUID, result: dict[str, Any], now: datetime) -> bool:
    """Store the flow state of an attempt without its logs (they are log lines); return whether it was new.

    What is larger than RESULT_LIMIT is replaced by its outline and the words `"truncated": true`.
    """
    slim = _without_logs(result)
    if len(json.dumps(slim)) > RESULT_LIMIT:
        slim = _outline(slim)
    with transaction.atomic():
        attempt = Attempt.objects.select_related("job").get(pk=attempt_id)
        job = job_lock(attempt.job_id)
        if job.result is not None or job.attempt_id != attempt_id:
            return False
        job.result, job.result_at = slim, now
        job.save(update_fields=["result", "result_at"])
        event_write(job=job, kind="result", sentence="The result is stored here.", now=now)
        return True


def _without_logs(result: dict[str, Any]) -> dict[str, Any]:
    ops = result.get("opStates")
    states = [
        {key: value for key, value in op.items() if key != "logs"}
        for op in (ops if isinstance(ops, list) else [])
        if isinstance(op, dict)
    ]
    return {**{key: value for key, value in result.items() if key != "secrets"}, "opStates": states}


def _outline(result: dict[str, Any]) -> dict[str, Any]:
    kept = ("operationId", "group", "status", "startTime", "endTime", "exitCode")
    states = [
        {
            key: op[key]
            for key in kept
            if isinstance(op.get(key), (int, type(None))) or len(str(op.get(key, ""))) < 500 and key in op
        }
        for op in result["opStates"][:1000]
    ]
    outline = {
        key: result.get(key) for key in ("status", "startTime", "endTime") if len(str(result.get(key))) < 500
    }
    return {**outline, "opStates": states, "truncated": True}
