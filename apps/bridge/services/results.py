"""Results: what a node pinned is fetched, kept, and fills what the log collector missed."""

import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from nosana.spec import FlowState, OpState
from nosana.spec.flow import LOG_LINES_KEPT

from apps.bridge.chain import ask_chain
from apps.bridge.ipfs import result_get
from apps.bridge.services.exchange import result_delivered, result_unpack_end
from apps.jobs.models import Attempt
from apps.jobs.selectors import attempts_without_result, log_positions
from apps.jobs.services import LogEntry, loglines_add, result_missed, result_store

logger = logging.getLogger(__name__)

KEEP_ASKING = timedelta(days=2)  # the account, and with it the way to the result, may be cleaned away after a day
DELIVERY_LATE = timedelta(minutes=10)  # a node delivers before it ends its job; this leaves time for its repeats
BATCH = 50  # attempts in one round
LINES_AT_ONCE = 2_000


def result_fetch(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """Fetch and keep the result of an ended attempt, once; return whether there is nothing more to fetch.

    Of a private job it is what the node delivered to us; what it pins for all to see is an empty shell then, which is
    stored only when nothing was delivered in DELIVERY_LATE. Raises IpfsError or ChainError when it cannot be had now;
    settlement never waits for it.
    """
    attempt = Attempt.objects.select_related("job").get(pk=attempt_id)
    if attempt.log_complete_at is not None:
        return True
    value, cid = result_delivered(attempt_id), attempt.result_cid
    if value is None:
        cid = cid or _cid_on_chain(attempt)
        if not cid:
            return False
        value = result_get(cid)
        if attempt.job.private and not value.get("opStates") and not _too_late(attempt, now):
            return False
    lines_fill(attempt_id, value, now=now)
    result_store(attempt_id=attempt_id, cid=cid, result=value, now=now)
    result_unpack_end(attempt_id)
    return True


def lines_fill(attempt_id: uuid.UUID, value: dict[str, Any], *, now: datetime) -> int:
    """Add what a result has of the log beyond what the collectors stored; return how many lines that were."""
    flow = FlowState.model_validate(value)
    stored, added = log_positions(attempt_id), 0
    for operation in flow.op_states:
        entries = log_entries(operation, now=now)
        if len(entries) >= LOG_LINES_KEPT and (operation.operation_id, "container") in stored:
            continue  # the node forgot the oldest lines, so these cannot be placed among those stored
        for start in range(0, len(entries), LINES_AT_ONCE):
            added += loglines_add(attempt_id, entries[start : start + LINES_AT_ONCE])
    return added


def _too_late(attempt: Attempt, now: datetime) -> bool:
    return attempt.ended_at is not None and now - attempt.ended_at > DELIVERY_LATE


def result_try(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """Fetch the result if it is to be had, else note when to ask again; return whether nothing more is to fetch."""
    try:
        fetched = result_fetch(attempt_id=attempt_id, now=now)
    except Exception as error:  # whatever a node pinned or a gateway answered, it must not hold up anything else
        logger.warning(
            "the result of attempt %s is not to be had yet: %s",
            attempt_id,
            error,
            extra={"attempt_id": attempt_id},
        )
        fetched = False
    if not fetched:
        result_missed(attempt_id=attempt_id, now=now)
    return fetched


def results_sweep(*, now: datetime) -> int:
    """Try again for ended attempts whose result is still missing; return how many were tried."""
    due = list(attempts_without_result(since=now - KEEP_ASKING, now=now).values_list("pk", flat=True)[:BATCH])
    for attempt_id in due:
        result_try(attempt_id=attempt_id, now=now)
    return len(due)


def log_entries(operation: OpState, *, now: datetime) -> list[LogEntry]:
    """Return the lines of an operation as they stand in its result, placed as the node's stream places them."""
    positions = {"container": 0, "error": 0}
    entries = []
    for line in operation.logs:
        stream = "error" if line.type == "nodeerr" else "container"
        at, text = log_time(line.timestamp, default=now), (line.log or "").rstrip("\r\n")
        entries.append(LogEntry(operation.operation_id, positions[stream], stream, at, text))
        positions[stream] += 1
    return entries


def log_time(stamp: int | float | str | None, *, default: datetime) -> datetime:
    """Return the time a node wrote: Unix milliseconds, or ISO 8601; `default` for anything else."""
    try:
        if isinstance(stamp, str) and not stamp.replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(stamp)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(stamp or 0) / 1000, tz=UTC) if stamp else default
    except (ValueError, OverflowError, OSError):
        return default


def _cid_on_chain(attempt: Attempt) -> str:
    """Return the result a node added after the job was stopped (network facts §1.4, complete), "" while none."""
    address = attempt.address or ""
    view = ask_chain(lambda gateway: gateway.view(address))
    return (view.job.cid_result or "") if view.job else ""
