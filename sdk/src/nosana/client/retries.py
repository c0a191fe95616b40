"""When a request is sent again, and after how long."""

from __future__ import annotations

import email.utils
import random
import time
from dataclasses import dataclass

import httpx

BUSY = frozenset({429, 502, 503, 504})  # the platform, or what stands before it, did not get to it
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Patience:
    """How often a request is sent again, and how long is waited between: `first` seconds, doubled up to `most`, each
    shortened by chance so that many clients do not come back at once. Never longer than `longest` for Retry-After.
    Whoever waits for a job or follows its log bears a platform that is out of reach for `away` seconds.
    """

    retries: int = 4
    first: float = 0.5
    most: float = 8.0
    longest: float = 60.0
    away: float = 600.0

    def pause(self, tries: int, wanted: float | None) -> float | None:
        """Return the seconds to wait before try `tries` + 1, None when it is not worth it."""
        if tries > self.retries or (wanted is not None and wanted > self.longest):
            return None
        own = min(self.first * 2 ** (tries - 1), self.most) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        return max(own, wanted or 0.0)


def repeatable(method: str, *, keyed: bool, status: int | None = None, error: Exception | None = None) -> bool:
    """Return whether the same request may be sent again: only when that cannot do it twice.

    A POST with its Idempotency-Key is done once however often it comes. A PATCH goes again only if the first one
    certainly was not carried out.
    """
    safe = method in REPEATABLE or keyed
    if error is not None:
        return isinstance(error, NEVER_SENT) or (safe and isinstance(error, httpx.TransportError))
    if status in (429, 503):
        return True  # refused before anything was done
    return safe and (status in BUSY or (status == 500 and method in ("GET", "HEAD")))


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds the answer asks to wait, by number or date; None where it asks for none."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(then.timestamp() - time.time(), 0.0)
