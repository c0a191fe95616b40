"""How often a caller may ask: so many requests a minute, counted for all processes together."""

import logging
import math
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from apps.core.errors import AppError

WINDOW_S = 60
logger = logging.getLogger(__name__)


class TooManyRequests(AppError):
    """The caller asked too often; `retry_after_s` says how long to wait."""

    code = "rate_limited"
    status = 429

    def __init__(self, budget: "Budget") -> None:
        self.retry_after_s = budget.reset_s
        super().__init__(
            _("More than %(limit)s requests a minute: wait %(reset_s)s s, then go on more slowly.")
            % {"limit": budget.limit, "reset_s": budget.reset_s}
        )


@dataclass(frozen=True)
class Budget:
    """What a caller may ask in the present minute, how much of it is left, and the seconds until the next one."""

    limit: int
    left: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit headers (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"default";r={self.left};t={self.reset_s}',
        }


def budget_take(caller: str) -> tuple[Budget, bool]:
    """Count a request of the caller; return what is left, and whether this one was still allowed.

    Where the cache is out of reach everybody is let in: a counter must not stop work.
    """
    now, limit = time.time(), settings.API_REQUESTS_A_MINUTE
    window = int(now // WINDOW_S)
    key = f"api-rate:{caller}:{window}"
    try:
        used = _count(key)
    except Exception:
        logger.exception("requests are not counted")
        used = 0
    reset_s = max(math.ceil((window + 1) * WINDOW_S - now), 1)
    return Budget(limit, max(limit - used, 0), reset_s), used <= limit


def _count(key: str) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:  # the first of its minute; of two at once one adds, the other counts on
        return 1 if cache.add(key, 1, timeout=2 * WINDOW_S) else int(cache.incr(key))
