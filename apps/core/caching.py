"""The cache in Redis, over connections that all requests of a process share."""

from functools import cache, cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

COUNT = "if redis.call('exists', KEYS[1]) == 0 then return nil end return redis.call('incrby', KEYS[1], ARGV[1])"


class SharedRedisCache(RedisCache):
    """Django's cache in Redis, with one pool of connections for the process.

    Django makes a cache for each thread, and with it a pool of its own. Under ASGI a request has its own thread, and
    so each one would connect anew, which takes longer than what it asks.
    """

    _servers: list[str]
    _options: dict[str, Any]

    @cached_property
    def _cache(self) -> RedisCacheClient:
        return _client(tuple(self._servers), tuple(self._options.items()))


class CountingClient(RedisCacheClient):
    """Counts in one question and at once: Django asks twice, and what ran out in between would count for ever."""

    def incr(self, key: Any, delta: Any) -> int:
        """Return the count after adding to it. Raises ValueError where there is none."""
        count = self.get_client(key, write=True).eval(COUNT, 1, key, delta)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(count)


@cache
def _client(servers: tuple[str, ...], options: tuple[tuple[str, Any], ...]) -> CountingClient:
    return CountingClient(list(servers), **dict(options))
