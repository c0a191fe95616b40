"""`python -m sandbox.mailbox --port N --data DIR`: the mails in a folder, as pages on 127.0.0.1."""

import argparse
from pathlib import Path

from sandbox.mailbox.app import application
from sandbox.serving import listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, required=True, help="folder that the platform writes its mails to")
    options = parser.parse_args()
    serve(application(options.data), listen(options.port))


if __name__ == "__main__":
    main()
