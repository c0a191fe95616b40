"""Rent that comes back: accounts of jobs that ended long ago are closed, once their results are kept."""

from datetime import datetime, timedelta

from apps.bridge.services.results import KEEP_ASKING
from apps.core.sweeping import each_apart
from apps.jobs.selectors import attempts_to_clean
from apps.jobs.services import attempt_clean

BATCH = 200  # attempts in one round
AFTER = timedelta(minutes=5)  # beyond the market's own time: the cluster's clock may run behind ours


def cleans_want(*, now: datetime) -> int:
    """Want the accounts closed whose market lets us and whose result is kept, or given up; return how many."""
    due = list(attempts_to_clean(now=now - AFTER, gave_up=now - KEEP_ASKING).values_list("pk", flat=True)[:BATCH])
    return len(each_apart(due, lambda attempt_id: attempt_clean(attempt_id=attempt_id, now=now)))
