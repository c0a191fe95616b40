"""How fast pages answer with 100,000 jobs and 1,000,000 ledger rows, how heavy they are, and when they are painted.

The web process serves static files compressed and hashed, as in production. Its database is durable and has two
organisations, small (1,000 jobs) and large. Beside every figure stands a bare Django view on the same server.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.figures import Figure
from benchmarks.pages.paint import painted
from benchmarks.platform import manage, services, web

NAMES = ["page.ttfb_p95", "page.list_growth", "page.first_weight", "page.next_weight", "page.lcp"]
ROUNDS = int(os.environ.get("BENCH_PAGE_ROUNDS", "30"))
BASELINE = "/baseline/"
PATHS = (
    "",
    "jobs/",
    "jobs/?state=failed",
    "jobs/?sort=name",
    "jobs/?sort=limit&columns=limit&columns=project",
    "search/?q=embeddings+99",
    "search/?q=nothing+like+it",
    "billing/",
    "billing/usage/",
    "billing/invoices/",
    "billing/credits/",
    "billing/movements/",
    "billing/holds/",
    "members/",
    "settings/audit/",
    "notices/",
)


def figures(only: str) -> Iterator[Figure]:
    """Ask for the pages of both organisations in turns, then open them in a browser."""
    with served() as (base, cookie):
        with httpx.Client(
            base_url=base,
            cookies={"sessionid": cookie},
            trust_env=False,
            timeout=60,
            headers={"Accept": "text/html"},
        ) as client:
            yield from _answers(client, only)
        if any(only in name for name in NAMES[2:]):
            seen = painted(base, cookie, "/o/large/", "/o/large/jobs/", BASELINE)
            rows = [
                Figure("page.first_weight", seen.first_kb, "kB", "uncompressed", seen.first_raw_kb),
                Figure("page.next_weight", seen.next_kb, "kB", "first visit", seen.first_kb),
                Figure("page.lcp", seen.lcp_ms, "ms", "a bare page, cold cache", seen.bare_ms),
            ]
            yield from (row for row in rows if only in row.name)


def _answers(client: httpx.Client, only: str) -> Iterator[Figure]:
    if only in "page.ttfb_p95":
        taken: dict[str, list[float]] = {path: [] for path in PATHS}
        bare: list[float] = []
        for turn in range(ROUNDS + 3):
            for path, found in taken.items():
                warm = turn >= 3
                (found if warm else []).append(ttfb(client, f"/o/large/{path}"))
                (bare if warm else []).append(ttfb(client, BASELINE))
        for path, found in taken.items():
            print(
                f"  /o/large/{path}: median {statistics.median(found):.1f} ms, p95 {p95(found):.1f}",
                file=sys.stderr,
            )
        yield Figure("page.ttfb_p95", max(map(p95, taken.values())), "ms", "a bare view, p95", p95(bare))
    if only in "page.list_growth":
        lists: dict[str, list[float]] = {"small": [], "large": []}
        for turn in range(ROUNDS * 2 + 3):
            for name, found in lists.items():
                (found if turn >= 3 else []).append(ttfb(client, f"/o/{name}/jobs/"))
        small, large = (statistics.median(lists[name]) for name in ("small", "large"))
        yield Figure("page.list_growth", large, "ms", "1,000 jobs instead of 100,000, median", small)


def ttfb(client: httpx.Client, path: str) -> float:
    """Return the milliseconds to the first byte of the answer. Raises HTTPStatusError for another than 200."""
    started = time.perf_counter()
    with client.stream("GET", path) as response:
        response.raise_for_status()
        parts = response.iter_raw()
        next(parts)
        taken = (time.perf_counter() - started) * 1000
        for _ in parts:
            pass  # the connection is kept for the next page
    return taken


def p95(samples: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(samples)[int(len(samples) * 0.95)]


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """Fill a database, serve it with the bare view beside; yield the address and a session of the owner's."""
    with services() as (data, env):
        env |= {"NOSANA_STATIC_HASHED": "1", "NOSANA_STATIC_ROOT": str(data / "static")}
        manage("migrate", env=env)
        manage("collectstatic", "--noinput", env=env)
        fill = [sys.executable, "-m", "benchmarks.pages.fill"]
        cookie = subprocess.run(fill, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1]
        with web("benchmarks.pages.server", BASELINE, env=env, path=BASELINE) as base:
            yield base, cookie
