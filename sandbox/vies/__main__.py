"""`python -m sandbox.vies --port N --data DIR`: VIES on 127.0.0.1."""

import argparse
from pathlib import Path

from sandbox.serving import listen, serve
from sandbox.vies.app import application


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.vies", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps what was set")
    options = parser.parse_args()
    serve(application(options.data), listen(options.port))


if __name__ == "__main__":
    main()
