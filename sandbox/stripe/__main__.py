"""`python -m sandbox.stripe --port N --data DIR`: the Stripe sandbox until Ctrl-C."""

import argparse
from pathlib import Path

from sandbox.serving import address_of, listen, serve
from sandbox.stripe.app import app_make, sandbox_open, webhook_set


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the data")
    parser.add_argument("--webhook", metavar="URL", help="where every event goes")
    parser.add_argument("--webhook-secret", metavar="whsec_…", help="the secret that signs them")
    parser.add_argument("--retry-seconds", type=float, default=1.0, help="first pause before a retry (default: 1)")
    options = parser.parse_args()
    if bool(options.webhook) != bool(options.webhook_secret):
        parser.error("--webhook and --webhook-secret go together: give both or neither.")
    if options.retry_seconds <= 0:
        parser.error("--retry-seconds is a number above 0.")
    return options


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    options = arguments()
    taken = listen(options.port)
    sandbox = sandbox_open(options.data, address_of(taken), options.retry_seconds)
    if options.webhook:
        webhook_set(sandbox, options.webhook, options.webhook_secret)
    serve(app_make(sandbox), taken, backlog=512)


if __name__ == "__main__":
    main()
