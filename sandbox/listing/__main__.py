"""`python -m sandbox.listing --port N --data DIR --markets FILE`: the list of markets on 127.0.0.1."""

import argparse
from pathlib import Path

from sandbox.listing.app import application
from sandbox.serving import listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.listing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, required=True, help="folder of its own")
    parser.add_argument("--markets", type=Path, required=True, help="the catalogue that it lists")
    options = parser.parse_args()
    serve(application(options.markets), listen(options.port))


if __name__ == "__main__":
    main()
