"""`python -m sandbox.node --rpc URL --ipfs URL --market ADDRESS --data DIR`: a GPU node on 127.0.0.1."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from nosana.chain import Chain, ChainError, cluster_discover
from nosana.chain.addresses import pubkey as check_address
from nosana.ipfs import IpfsClient
from starlette.applications import Starlette

from sandbox.node.account import Account, key_ensure
from sandbox.node.board import Board
from sandbox.node.directory import directory_remove, directory_write
from sandbox.node.runners import runner_choose
from sandbox.node.web import application
from sandbox.node.worker import Worker
from sandbox.serving import address_of, listen, serve


def parse() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.node", description=__doc__)
    parser.add_argument("--rpc", required=True, metavar="URL", help="the chain's JSON-RPC address")
    parser.add_argument("--ipfs", required=True, metavar="URL", help="the pinning service and gateway")
    parser.add_argument("--market", required=True, metavar="ADDRESS", help="the market to work in")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps key, flows and volumes")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--name", default="node", help="its name in its own log lines")
    parser.add_argument("--pace", type=float, default=0, metavar="SECONDS", help="rest between two jobs")
    parser.add_argument(
        "--directory", type=Path, metavar="FILE", help="JSON map of nodes' addresses to write into"
    )
    parser.add_argument(
        "--engine",
        default="local",
        metavar="WHAT",
        help='"local" processes (default), "auto" for containers where an engine answers, or an engine\'s socket',
    )
    return parser.parse_args()


def main() -> None:
    """Work until SIGINT or SIGTERM; then leave the queue, or hand in the running job as it is."""
    options = parse()
    options.data.mkdir(parents=True, exist_ok=True)
    key, taken = key_ensure(options.data), listen(options.port)
    address, url = str(key.pubkey()), address_of(taken)
    board = Board(options.data / "flows")
    try:
        cluster = asyncio.run(cluster_discover(options.rpc))
        check_address(options.market)
    except ChainError as error:
        raise SystemExit(f"The node cannot start: {error}") from None
    runner, how = asyncio.run(runner_choose(options.engine, options.data / "work"))

    def say(sentence: str) -> None:
        print(f"{options.name}: {sentence}", flush=True)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            chain = await stack.enter_async_context(Chain(cluster))
            ipfs = await stack.enter_async_context(IpfsClient(options.ipfs, options.ipfs))
            worker = Worker(Account(chain, key, say), ipfs, runner, board, options.market, say, options.pace)
            if options.directory is not None:
                directory_write(options.directory, address, url)
            say(f"is {address} and {how}")
            await worker.start()
            yield
            await worker.shut_down()
            if options.directory is not None:
                directory_remove(options.directory, address, url)

    serve(application(address, board, life), taken, ws_ping_interval=30)


if __name__ == "__main__":
    main()
