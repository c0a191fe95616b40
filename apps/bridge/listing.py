"""The network's own list of markets, over HTTP: names, GPUs, prices in dollars. No money of ours hangs on it."""

import re
from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings
from django.utils.text import slugify

from apps.jobs.services import ListedMarket

TIMEOUT_SECONDS = 10
BYTES_MAXIMUM = 5_000_000
MARKETS_MAXIMUM = 500
ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")
DOLLARS_MAXIMUM = Decimal(10_000)  # an hour; more is a mistake


class ListingBroken(RuntimeError):
    """The list cannot be had just now; the message says why. What is known stays."""


def listing_read() -> list[ListedMarket]:
    """Return the markets the network lists, without those that make no sense. Raises ListingBroken."""
    url = f"{settings.MARKETS_API_URL}/markets/"
    try:
        answer = httpx.get(url, params={"limit": MARKETS_MAXIMUM}, timeout=TIMEOUT_SECONDS, follow_redirects=True)
        answer.raise_for_status()
        if len(answer.content) > BYTES_MAXIMUM:
            raise ListingBroken(f"{url} answered {len(answer.content):,} bytes; that is no list of markets.")
        rows = answer.json(parse_float=Decimal)
    except (httpx.HTTPError, ValueError) as error:
        raise ListingBroken(f"{url} did not list the markets ({type(error).__name__}: {error}).") from error
    if not isinstance(rows, list) or len(rows) > MARKETS_MAXIMUM:
        raise ListingBroken(f"{url} answered something else than a list of at most {MARKETS_MAXIMUM} markets.")
    found = {one.address: one for one in map(_market, rows) if one is not None}
    return list(found.values())


def _market(row: Any) -> ListedMarket | None:
    """Return what the list says of one market, or None for a line that makes no sense."""
    if not isinstance(row, dict) or not ADDRESS.fullmatch(str(row.get("address", ""))):
        return None
    name = _text(row.get("name"))
    slug = slugify(_text(row.get("slug")) or name)[:50]
    if not name or not slug:
        return None
    kinds = row.get("gpu_types")
    gpu = ", ".join(_text(kind) for kind in kinds[:10]) if isinstance(kinds, list) else ""
    return ListedMarket(
        address=str(row["address"]),
        slug=slug,
        name=name,
        gpu=gpu[:120],
        vram_gb=_whole(row.get("lowest_vram")),
        usd_micro_hour=_dollars(row.get("usd_reward_per_hour")),
    )


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return " ".join("".join(letter for letter in text if letter.isprintable()).split())[:120]


def _whole(value: Any) -> int:
    number = value if isinstance(value, int | Decimal) and not isinstance(value, bool) else 0
    return int(number) if 0 < number < 100_000 else 0


def _dollars(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    dollars = Decimal(value)
    return int(dollars * 1_000_000) if 0 < dollars <= DOLLARS_MAXIMUM else None
