"""The watchdog: ends jobs whose node fell silent, as long as we can hear at all."""

import logging
from datetime import datetime, timedelta

from apps.core.models import Lease
from apps.core.sweeping import each_apart
from apps.jobs.models import Attempt
from apps.jobs.selectors import attempts_running, attempts_silent
from apps.jobs.services import attempt_silent

logger = logging.getLogger(__name__)

COLLECTOR = "bridge_collect"  # the lease of the process that hears the nodes
BATCH = 200  # attempts in one round
HEARD_LATELY = timedelta(minutes=5)


def nodes_watch(*, now: datetime) -> int:
    """End the jobs whose nodes gave no sign of life for longer than their policies allow; return how many.

    Whoever hears nobody is deaf, and ends nothing: without a collector, or when several nodes run jobs and none was
    heard of lately. A node that was never heard of is silent only if others are heard.
    """
    silent = list(Attempt.objects.filter(pk__in=attempts_silent(now=now)[:BATCH]).only("pk", "heard_at"))
    if not silent:
        return 0
    others = Attempt.objects.filter(heard_at__gt=now - HEARD_LATELY).exists()
    nodes = attempts_running().order_by().values("node").distinct().count()
    collecting = Lease.objects.filter(name=COLLECTOR, expires_at__gt=now).exists()
    if not collecting or (nodes > 1 and not others):
        logger.error("no node at all is heard; %s jobs seem silent and none of them is ended", len(silent))
        return 0
    certain = [attempt.pk for attempt in silent if attempt.heard_at is not None or others]
    return sum(each_apart(certain, lambda attempt_id: attempt_silent(attempt_id=attempt_id, now=now)))
