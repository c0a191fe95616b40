"""Markets: the catalogue of those we trust, filled with what the chain says now."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.bridge.chain import Gateway, MarketAccount, ask_chain
from apps.bridge.listing import listing_read
from apps.jobs.selectors import markets_listed
from apps.jobs.services import MarketFacts, market_close, market_observe, markets_list


class CatalogueBroken(RuntimeError):
    """The catalogue of markets cannot be read; the message says where and how to mend it."""


def catalogue_read() -> list[dict[str, Any]]:
    """Return the markets of settings.MARKETS_FILE. Raises CatalogueBroken with one sentence."""
    path = settings.MARKETS_FILE
    if not path:
        return []
    try:
        entries = json.loads(Path(path).read_text())
        return [
            {
                "address": str(entry["address"]),
                "slug": str(entry["slug"]),
                "name": str(entry["name"]),
                "gpu": str(entry.get("gpu", "")),
                "vram_gb": int(entry.get("vram_gb", 0)),
            }
            for entry in entries
        ]
    except OSError as error:
        raise CatalogueBroken(f"The catalogue {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogueBroken(
            f"The catalogue {path} must be a JSON list of markets with address, slug, name, gpu and vram_gb"
            f" ({type(error).__name__}: {error})."
        ) from None


def markets_sync(*, now: datetime) -> int:
    """Refresh the markets we trust from the chain; close those that vanished, or are trusted no more.

    Return how many are open. Trusted are the markets of the catalogue, and those of the network's own list whose
    authority on the chain is one of settings.MARKETS_AUTHORITIES: the owner of any other could sweep the deposits
    (network facts §1.9 h).
    """
    wanted = _listed() | {entry["address"]: entry for entry in catalogue_read()}
    found: dict[str, MarketAccount] = {}
    slot = 0
    if wanted:
        slot, found = ask_chain(lambda gateway: _look(gateway, list(wanted)))
    seen = set()
    for address, entry in wanted.items():
        market = found.get(address)
        if market is None or (entry.get("listed") and market.authority not in settings.MARKETS_AUTHORITIES):
            continue
        facts = MarketFacts(
            address=address,
            price_micro=market.job_price,
            job_timeout=market.job_timeout,
            job_expiration=market.job_expiration,
            queue_type=market.queue_type,
            queue_len=len(market.queue),
            slot=slot,
        )
        market_observe(
            facts=facts,
            slug=entry["slug"],
            name=entry["name"],
            gpu=entry["gpu"],
            vram_gb=entry["vram_gb"],
            now=now,
        )
        seen.add(address)
    market_close(except_for=seen, now=now)
    return len(seen)


def listing_sync(*, now: datetime) -> int:
    """Take over what the network's own list says; return how many markets it names. Raises ListingBroken."""
    if not settings.MARKETS_API_URL:
        return 0
    return markets_list(listed=listing_read(), now=now)


def _listed() -> dict[str, dict[str, Any]]:
    """Return the markets of the network's list, in the catalogue's shape; none if no authority is trusted."""
    if not settings.MARKETS_AUTHORITIES:
        return {}
    return {
        row.address: {"slug": row.slug, "name": row.name, "gpu": row.gpu, "vram_gb": row.vram_gb, "listed": True}
        for row in markets_listed()
    }


async def _look(gateway: Gateway, addresses: list[str]) -> tuple[int, dict[str, MarketAccount]]:
    return await gateway.slot(), await gateway.markets_at(addresses)
