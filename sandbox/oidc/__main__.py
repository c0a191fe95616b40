"""`python -m sandbox.oidc --port N`: an organisation's sign-in on 127.0.0.1."""

import argparse

from sandbox.oidc.app import CLIENT_ID, CLIENT_SECRET, application
from sandbox.serving import address_of, listen, serve


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.oidc",
        description=f"{__doc__} Client id {CLIENT_ID}, client secret {CLIENT_SECRET}.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    taken = listen(parser.parse_args().port)
    serve(application(address_of(taken)), taken)


if __name__ == "__main__":
    main()
