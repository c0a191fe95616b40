"""`python -m sandbox.rates --port N --data DIR`: prices of NOS on 127.0.0.1."""

import argparse
from pathlib import Path

from sandbox.rates.app import application
from sandbox.serving import listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.rates", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps what was set")
    options = parser.parse_args()
    serve(application(options.data), listen(options.port))


if __name__ == "__main__":
    main()
