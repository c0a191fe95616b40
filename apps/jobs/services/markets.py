"""The local copy of the markets: from the chain, from the network's own list, from our jobs, and from staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.jobs.models import Market
from apps.jobs.state import Reason, State

FIGURES_OVER = timedelta(days=7)
# Of these no customer would blame the market's nodes: the price, the network, or how long they themselves would wait.
NOT_THE_MARKET_S = (
    Reason.MARKET_CLOSED, Reason.NODE_AWAY, Reason.PRICE_ROSE, Reason.CHAIN_REFUSED, Reason.QUEUED_TOO_LONG,
    Reason.ACCOUNT_GONE, Reason.STRANDED,
)  # fmt: skip
OBSERVED = (
    "slug", "name", "gpu", "vram_gb", "price_micro", "job_timeout", "job_expiration", "queue_type", "queue_len",
    "nodes_waiting", "open", "observed_at", "observed_slot",
)  # fmt: skip
FIGURES = """
UPDATE jobs_market AS market SET wait_median_s = round(found.wait), jobs_counted = found.counted,
  jobs_finished = found.finished, figured_at = %(now)s
FROM (
  SELECT one.id,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM job.waited_until - job.queued_at))
      FILTER (WHERE job.waited_until >= job.queued_at) AS wait,
    count(job.id) FILTER (WHERE job.state = %(completed)s OR job.state = %(failed)s
      AND NOT job.reason = ANY(%(excused)s)) AS counted,
    count(job.id) FILTER (WHERE job.state = %(completed)s) AS finished
  FROM jobs_market AS one LEFT JOIN (
    SELECT id, market_id, state, reason, queued_at,
      CASE WHEN started_at IS NULL AND reason = %(waited)s THEN ended_at ELSE started_at END AS waited_until
    FROM jobs_job WHERE ended_at > %(since)s
  ) AS job ON job.market_id = one.id
  GROUP BY one.id
) AS found
WHERE market.id = found.id
"""


@dataclass(frozen=True)
class MarketFacts:
    """A market as the chain shows it now; price in micro-NOS a second, times in seconds."""

    address: str
    price_micro: int
    job_timeout: int
    job_expiration: int
    queue_type: int
    queue_len: int
    slot: int


@dataclass(frozen=True)
class ListedMarket:
    """A market as the network's own list names it."""

    address: str
    slug: str
    name: str
    gpu: str
    vram_gb: int
    usd_micro_hour: int | None


def market_observe(*, facts: MarketFacts, slug: str, name: str, gpu: str, vram_gb: int, now: datetime) -> Market:
    """Store what was seen of a market on the chain, and open it; an older slot changes nothing.

    What the caller does not know of the GPU ("", 0) stays as it is known.
    """
    market, created = Market.objects.get_or_create(address=facts.address, defaults={"slug": slug, "name": name})
    if not created and market.observed_slot > facts.slot:
        return market
    market.slug, market.name, market.gpu = slug, name, gpu or market.gpu
    market.vram_gb = vram_gb or market.vram_gb
    market.price_micro, market.job_timeout = facts.price_micro, facts.job_timeout
    market.job_expiration = facts.job_expiration
    market.queue_type, market.queue_len = facts.queue_type, facts.queue_len
    market.nodes_waiting = facts.queue_len if facts.queue_type == Market.Queue.NODES else 0
    market.open, market.observed_at, market.observed_slot = True, now, facts.slot
    market.save(update_fields=OBSERVED)  # what staff and the list say is not the chain's to write
    return market


def market_close(*, except_for: set[str], now: datetime) -> int:
    """Close every open market that was not seen just now; return how many closed."""
    gone = Market.objects.filter(open=True).exclude(address__in=except_for)
    return gone.update(open=False, nodes_waiting=0, observed_at=now)


def markets_list(*, listed: Sequence[ListedMarket], now: datetime) -> int:
    """Store what the network's own list says, and return how many markets it names.

    It fills in what is not known of a market; one that is new here stays closed until the chain is asked.
    """
    with transaction.atomic():
        known = {row.address: row for row in Market.objects.select_for_update(no_key=True).order_by("id")}
        slugs = {row.slug for row in known.values()}
        for one in listed:
            row = known.get(one.address)
            if row is None:
                slug = one.slug if one.slug not in slugs else f"{one.slug[:50]}-{one.address[:6].lower()}"
                row = Market.objects.create(address=one.address, slug=slug, name=one.name)
                slugs.add(slug)
            row.gpu, row.vram_gb = row.gpu or one.gpu, row.vram_gb or one.vram_gb
            row.usd_micro_hour, row.listed, row.listed_at = one.usd_micro_hour, True, now
            row.save(update_fields=["gpu", "vram_gb", "usd_micro_hour", "listed", "listed_at"])
        gone = Market.objects.filter(listed=True).exclude(address__in=[one.address for one in listed])
        gone.update(listed=False, usd_micro_hour=None)
    return len(listed)


def markets_figure(*, now: datetime) -> None:
    """Count what the jobs of the last 7 days say of each market: their median wait, and how many finished.

    What was stopped by its owner, or failed for no fault of the market's nodes, does not count. What was given up in
    the queue counts among the waits with as long as it waited, so that a market where nothing starts looks slow.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            FIGURES,
            {
                "now": now,
                "since": now - FIGURES_OVER,
                "completed": State.COMPLETED,
                "failed": State.FAILED,
                "waited": Reason.QUEUED_TOO_LONG,
                "excused": [reason.value for reason in NOT_THE_MARKET_S],
            },
        )


def market_curate(*, market_id: int, hidden: bool, rank: int, note: str) -> Market:
    """Let staff hide a market, order it among the others, and say a sentence beside it. Raises NotFound."""
    with transaction.atomic():
        market = Market.objects.select_for_update(no_key=True).filter(pk=market_id).first()
        if market is None:
            raise NotFound(_("There is no such market any more."))
        market.hidden, market.rank, market.note = hidden, rank, " ".join(note.split())[:200]
        market.save(update_fields=["hidden", "rank", "note"])
    return market
