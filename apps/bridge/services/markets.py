"""Markets: the catalogue of those we trust, filled with what the chain says now."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.bridge.chain import Gateway, MarketAccount, ask_chain
from apps.jobs.services import MarketFacts, market_close, market_observe


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
    """Refresh the markets of the catalogue from the chain; close those that vanished from either.

    Return how many are open. A market that is not in the catalogue is not offered: its owner could sweep the
    deposits (network facts §1.9 h).
    """
    catalogue = catalogue_read()
    addresses = [entry["address"] for entry in catalogue]

    found: dict[str, MarketAccount] = {}
    slot = 0
    if addresses:
        slot, found = ask_chain(lambda gateway: _look(gateway, addresses))
    for entry in catalogue:
        market = found.get(entry["address"])
        if market is None:
            continue
        facts = MarketFacts(
            address=entry["address"],
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
    market_close(except_for=set(found), now=now)
    return len(found)


async def _look(gateway: Gateway, addresses: list[str]) -> tuple[int, dict[str, MarketAccount]]:
    return await gateway.slot(), await gateway.markets_at(addresses)
