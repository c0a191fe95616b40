"""`python -m sandbox.stripe --port N --data DIR`: the Stripe sandbox until Ctrl-C."""

import argparse
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.stripe.app import app_make, sandbox_open, webhook_set


class Server(uvicorn.Server):
    """Says `ready <url>` when it answers."""

    url = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            print(f"ready {self.url}", flush=True)


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
    # named TCP, so that asyncio turns delaying off: an answer on a kept connection takes 40 ms longer otherwise
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
    except (OSError, OverflowError) as error:
        sys.exit(f"Port {options.port} on 127.0.0.1 cannot be used ({error}); choose another with --port, or 0.")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    sandbox = sandbox_open(options.data, url, options.retry_seconds)
    if options.webhook:
        webhook_set(sandbox, options.webhook, options.webhook_secret)
    server = Server(
        uvicorn.Config(
            app_make(sandbox), log_level="warning", access_log=False, timeout_graceful_shutdown=2, backlog=512
        )
    )
    server.url = url
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # uvicorn raises them again once it has stopped: then they are done
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
