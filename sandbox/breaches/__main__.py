"""`python -m sandbox.breaches --port N`: the register of breached passwords on 127.0.0.1."""

import argparse

from sandbox.breaches.app import application
from sandbox.serving import listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.breaches", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    serve(application(), listen(parser.parse_args().port))


if __name__ == "__main__":
    main()
