"""`python -m sandbox.ipfs --port N --data DIR`: pinning service and gateway on 127.0.0.1."""

import argparse
from pathlib import Path

from sandbox.ipfs.app import application
from sandbox.serving import listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.ipfs", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the content")
    options = parser.parse_args()
    serve(application(options.data), listen(options.port))


if __name__ == "__main__":
    main()
