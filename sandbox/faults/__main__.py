"""`python -m sandbox.faults --upstream URL`: the cluster at URL, seen through an endpoint that misbehaves.

python -m sandbox.faults --upstream http://127.0.0.1:8899 --port 8890 --seed 7 --drop 0.05 --lose 0.05
curl -s 127.0.0.1:8890/faults                                   # what goes wrong, and how often it did
curl -s 127.0.0.1:8890/faults -d '{"forget": 1, "seed": 3}'     # from now on this, and nothing else
"""

import argparse
import asyncio
import contextlib
import signal
from dataclasses import fields

from sandbox.faults.faults import BadFaults, Dice, Faults
from sandbox.faults.proxy import FaultProxy


async def serve(upstream: str, port: int, dice: Dice) -> None:
    """Serve until SIGTERM or Ctrl-C; prints `ready URL` when it answers."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server, url = await FaultProxy(upstream, dice).serve(port)
    print(f"ready {url}", flush=True)
    await stopped.wait()
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(server.wait_closed(), 2)


def main() -> None:
    """Read the faults from the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--upstream", required=True, help="address of the cluster, http://127.0.0.1:…")
    parser.add_argument("--port", type=int, default=8890, help="port on 127.0.0.1, 0 for any free one")
    parser.add_argument("--seed", type=int, default=0, help="what chance is made of")
    kinds = [field for field in fields(Faults) if field.name != "only"]
    for field in kinds:
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default)
    options = parser.parse_args()
    try:
        faults = Faults.of({field.name: getattr(options, field.name) for field in kinds})
    except BadFaults as error:
        parser.error(str(error))
    try:
        asyncio.run(serve(options.upstream, options.port, Dice(options.seed, faults)))
    except OSError as error:
        parser.error(f"Port {options.port} cannot be used: {error.strerror or error}.")


if __name__ == "__main__":
    main()
