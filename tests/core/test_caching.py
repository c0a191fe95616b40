"""Requests share their connections to Redis."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from apps.core.caching import SharedRedisCache
from sandbox.services.redis import Redis


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    server = Redis(tmp_path)
    server.start()
    yield server.url().replace("redis+socket://", "unix://")
    server.stop()


def test_a_thread_takes_over_the_connection_of_one_before(url: str) -> None:
    asked = redis.Redis.from_url(url)
    before = asked.info()["total_connections_received"]
    for number in range(5):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(SharedRedisCache(url, {}).set, f"fact-{number}", number).result()
    assert SharedRedisCache(url, {}).get_many([f"fact-{number}" for number in range(5)]) == {
        f"fact-{number}": number for number in range(5)
    }
    assert asked.info()["total_connections_received"] - before == 1


def test_a_connection_that_redis_has_cut_is_made_anew(url: str) -> None:
    cache = SharedRedisCache(url, {})
    cache.set("fact", 1)
    redis.Redis.from_url(url).client_kill_filter(_type="normal", skipme=True)
    assert cache.get("fact") == 1


def test_what_is_counted_is_counted_on_and_what_is_not_there_is_not_begun(url: str) -> None:
    cache = SharedRedisCache(url, {})
    with pytest.raises(ValueError, match="not found"):
        cache.incr("calls")
    cache.set("calls", 1, timeout=60)
    assert [cache.incr("calls"), cache.incr("calls", 5), cache.get("calls"), cache.decr("calls")] == [2, 7, 7, 6]
    assert 0 < redis.Redis.from_url(url).ttl(cache.make_key("calls")) <= 60


def test_a_redis_that_says_nothing_is_waited_for_as_long_as_the_settings_say() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        cache = SharedRedisCache(url, {"OPTIONS": {"socket_timeout": 0.05}})
        with pytest.raises(redis.TimeoutError):
            cache.get("fact")
        assert cache._cache.get_client(None).connection_pool.connection_kwargs["socket_timeout"] == 0.05
