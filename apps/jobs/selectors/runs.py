"""How long jobs like this one ran."""

import statistics
from dataclasses import dataclass

from apps.jobs.models import Attempt, Job, Market
from apps.organisations.models import Organisation

RUNS_LOOKED_AT = 50
NAMES_LOOKED_AT = 500  # how far back jobs of the same name are looked for
RUNS_OF_MARKET = 3  # so many on the same kind of GPU say more than any number on others


@dataclass(frozen=True)
class PastRuns:
    """How long earlier runs took, in seconds: half of them at most `median_s`, the longest `most_s`."""

    count: int
    median_s: int
    most_s: int


def runs_past(organisation: Organisation, *, market: Market, template: str, name: str) -> PastRuns | None:
    """Return how long the last jobs of the template ran, or without one those of the name; None where there are none.

    Those of the market alone where there are enough of them. One query, of bounded work.
    """
    jobs = Job.objects.filter(organisation=organisation)
    if template:
        alike = jobs.filter(template=template).order_by("-id").values("pk")[:RUNS_LOOKED_AT]
    elif name:
        latest = jobs.order_by("-id").values("pk")[:NAMES_LOOKED_AT]
        alike = Job.objects.filter(pk__in=latest, name=name).values("pk")[:RUNS_LOOKED_AT]
    else:
        return None
    settled = Attempt.objects.filter(job__in=alike, settled_at__isnull=False, seconds__gt=0)
    rows = [(seconds or 0, market_id) for seconds, market_id in settled.values_list("seconds", "job__market_id")]
    here = [seconds for seconds, market_id in rows if market_id == market.pk]
    chosen = here if len(here) >= RUNS_OF_MARKET else [seconds for seconds, _ in rows]
    if not chosen:
        return None
    return PastRuns(len(chosen), round(statistics.median(chosen)), max(chosen))
