"""`python -m sandbox.services --data DIR`: PostgreSQL and Redis until Ctrl-C."""

import argparse
import signal
import threading
from pathlib import Path

from sandbox.services import Postgres, Redis


def main() -> None:
    """Start both, print `ready <database url> <redis url>`, and stop both on SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.services", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the data")
    parser.add_argument("--database", default="nosana", help="database to make (default: nosana)")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    postgres, redis = Postgres(options.data), Redis(options.data)
    try:
        postgres.start()
        redis.start()
        print(f"ready {postgres.database_ensure(options.database)} {redis.url()}", flush=True)
        stop.wait()
    finally:
        redis.stop()
        postgres.stop()


if __name__ == "__main__":
    main()
