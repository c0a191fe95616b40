"""The cache in Redis, over connections that all requests of a process share."""

from functools import cache, cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


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


@cache
def _client(servers: tuple[str, ...], options: tuple[tuple[str, Any], ...]) -> RedisCacheClient:
    return RedisCacheClient(list(servers), **dict(options))
