"""`python -m benchmarks.rivals WAY PLACE SECONDS`: transfers a second by 16 processes, printed as JSON."""

import importlib
import json
import multiprocessing
import random
import sys
import time
from typing import Any

import django
from django.db import connection

WORKERS = 16


def main() -> None:
    """Prepare the books ("seed"), or measure one way: all on one account ("hot") or at random ("spread")."""
    django.setup()
    ways = importlib.import_module("benchmarks.rivals.ways")
    if sys.argv[1] == "seed":
        ways.seed()
        return
    way, place, seconds = ways.WAYS[sys.argv[1]], sys.argv[2], float(sys.argv[3])
    forking = multiprocessing.get_context("fork")
    barrier, results = forking.Barrier(WORKERS), forking.SimpleQueue()
    workers = [
        forking.Process(target=work, args=(way, ways.ACCOUNTS, place, seconds, barrier, results, number))
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    rates = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    if not all(rates):
        sys.exit(f"{sys.argv[1]} failed; its error is above")
    print(json.dumps({"rate": sum(rates)}))


def work(way: Any, accounts: int, place: str, seconds: float, barrier: Any, results: Any, number: int) -> None:
    """Post for `seconds` after a start together; report transfers a second, of the seconds really taken."""
    chance = random.Random(number)

    def pairs() -> tuple[int, int]:
        source = 0 if place == "hot" else chance.randrange(1, accounts)
        target = chance.randrange(1, accounts)
        return source, target if target != source else target % (accounts - 1) + 1

    connection.ensure_connection()
    barrier.wait()
    started, done, rate = time.monotonic(), 0, 0.0
    try:
        while (taken := time.monotonic() - started) < seconds:
            done += way(pairs)
        rate = done / taken
    finally:
        results.put(rate)


if __name__ == "__main__":
    main()
