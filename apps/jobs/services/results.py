"""Results, kept by us because the network may forget them."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job
from apps.jobs.services.logs import storable
from apps.jobs.services.moves import event_write, job_lock
from apps.jobs.services.secrets import mask_of

RESULT_LIMIT = 1_000_000  # bytes of JSON a stored result may have, logs apart
OUTLINE = ("operationId", "group", "status", "startTime", "endTime", "exitCode")
OUTLINE_TEXT = 200


def result_store(*, attempt_id: uuid.UUID, cid: str, result: dict[str, Any], now: datetime) -> bool:
    """Store the flow state of an attempt without its logs (they are log lines); return whether it was new.

    Of what is larger than RESULT_LIMIT only the outline is kept, with the mark `"truncated": true`.
    """
    found = Attempt.objects.only("job_id").get(pk=attempt_id)
    kept = mask_of(found.job_id).hide_in(result_slim(result))
    with transaction.atomic():
        attempt = Attempt.objects.get(pk=attempt_id)
        job = job_lock(attempt.job_id)
        attempt.refresh_from_db(fields=["log_complete_at", "result_cid"])
        if attempt.log_complete_at is not None:
            return False
        Attempt.objects.filter(pk=attempt_id).update(log_complete_at=now, result_cid=cid or attempt.result_cid)
        if job.attempt_id == attempt_id:
            job.result, job.result_at = kept, now
            job.save(update_fields=["result", "result_at"])
            event_write(job=job, kind="result", sentence=_stored_words(job, kept, cid), now=now)
        return True


def _stored_words(job: Job, kept: dict[str, Any], cid: str) -> str:
    if not job.private:
        return said.RESULT_PUBLIC % {"cid": cid}
    if kept.get("opStates"):
        return said.RESULT_PRIVATE
    return said.RESULT_NONE


def result_missed(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Note that the result was not to be had; ask again in 15 s, then twice as late each time, at last hourly."""
    tries = Attempt.objects.values_list("result_tries", flat=True).get(pk=attempt_id)
    later = now + timedelta(seconds=min(15 * 2**tries, 3600))
    Attempt.objects.filter(pk=attempt_id).update(result_tries=tries + 1, result_try_at=later)


def result_slim(result: dict[str, Any]) -> dict[str, Any]:
    """Return the flow state without logs and secrets, cut down to its outline when it is too large to keep."""
    ops = result.get("opStates")
    states = [op for op in ops if isinstance(op, dict)] if isinstance(ops, list) else []
    slim = {key: value for key, value in result.items() if key != "secrets"}
    slim["opStates"] = [{key: value for key, value in op.items() if key != "logs"} for op in states]
    text = storable(json.dumps(slim, ensure_ascii=False)).replace("\\u0000", "\\ufffd")  # no NUL in PostgreSQL
    if len(text) <= RESULT_LIMIT:
        return dict(json.loads(text))
    outline = {key: result.get(key) for key in ("status", "startTime", "endTime")}
    rows = [{key: op[key] for key in OUTLINE if key in op} for op in states[:1000]]
    return {"truncated": True, **_short(outline), "opStates": [_short(row) for row in rows]}


def _short(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: storable(value)[:OUTLINE_TEXT] if isinstance(value, str) else value
        for key, value in values.items()
        if value is None or isinstance(value, str | int | float)
    }
