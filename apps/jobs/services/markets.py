"""The local copy of the markets, refreshed from the chain."""

from dataclasses import dataclass
from datetime import datetime

from apps.jobs.models import Market


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


def market_observe(*, facts: MarketFacts, slug: str, name: str, gpu: str, vram_gb: int, now: datetime) -> Market:
    """Store what was seen of a market of the catalogue, and open it; an older slot changes nothing."""
    market, created = Market.objects.get_or_create(address=facts.address, defaults={"slug": slug, "name": name})
    if not created and market.observed_slot > facts.slot:
        return market
    market.slug, market.name, market.gpu, market.vram_gb = slug, name, gpu, vram_gb
    market.price_micro, market.job_timeout = facts.price_micro, facts.job_timeout
    market.job_expiration = facts.job_expiration
    market.queue_type, market.queue_len = facts.queue_type, facts.queue_len
    market.nodes_waiting = facts.queue_len if facts.queue_type == Market.Queue.NODES else 0
    market.open, market.observed_at, market.observed_slot = True, now, facts.slot
    market.save()
    return market


def market_close(*, except_for: set[str], now: datetime) -> int:
    """Close every open market that was not seen just now; return how many closed."""
    gone = Market.objects.filter(open=True).exclude(address__in=except_for)
    return gone.update(open=False, nodes_waiting=0, observed_at=now)
