"""`python -m sandbox.chain`: a Solana cluster of one's own with the Nosana programs, on 127.0.0.1."""

import argparse
import asyncio
import json
import sys
import urllib.request
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from nosana.chain import ChainError

from sandbox.chain.genesis import World
from sandbox.chain.server import Server, units
from sandbox.chain.store import InUse


def serve(arguments: list[str]) -> int:
    """Serve the chain until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.chain", description=__doc__)
    parser.add_argument("--port", type=int, default=8899, help="port on 127.0.0.1, 0 for any free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the chain")
    parser.add_argument("--slot-ms", type=int, default=400, help="length of a slot (default: 400)")
    parser.add_argument("--instant", action="store_true", help="transactions are final at once")
    parser.add_argument("--fee-divisor", type=int, default=0, help="network fee = deposit / this; 0: none")
    parser.add_argument("--finality-lag", type=int, default=32, help="slots until finalised (default: 32)")
    options = parser.parse_args(arguments)
    if options.slot_ms < 1 or options.finality_lag < 1 or options.fee_divisor < 0:
        parser.error("--slot-ms and --finality-lag are 1 at least, --fee-divisor is 0 (no fee) or more.")
    try:
        world = World(
            options.data,
            instant=options.instant,
            finality_lag=options.finality_lag,
            fee_divisor=options.fee_divisor,
        )
    except (InUse, ChainError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.data} cannot keep a chain: {error.strerror or error}.", file=sys.stderr)
        return 1
    try:
        asyncio.run(Server(world, slot_ms=options.slot_ms).serve(options.port))
    except OSError as error:
        print(
            f"Port {options.port} cannot be used: {error.strerror or error}. Give another --port.", file=sys.stderr
        )
        return 1
    return 0


def faucet(arguments: list[str]) -> int:
    """Ask a running sandbox for NOS, SOL and a stake."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.chain faucet", description=faucet.__doc__)
    parser.add_argument("--url", required=True, help="address of the sandbox, http://127.0.0.1:…")
    parser.add_argument("--to", required=True, help="who receives")
    parser.add_argument("--nos", default="0", help="NOS to give; makes the token account")
    parser.add_argument("--sol", default="0", help="SOL to give")
    parser.add_argument(
        "--stake", nargs="?", const="0", help="also stake this many NOS (default: 0) as nodes must"
    )
    options = parser.parse_args(arguments)
    try:
        wish: dict[str, Any] = {
            "to": options.to,
            "nos": units(options.nos, 6),
            "lamports": units(options.sol, 9),
            "stake": None if options.stake is None else units(options.stake, 6),
        }
    except (ValueError, InvalidOperation) as error:
        parser.error(str(error))
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "sandboxFaucet", "params": [wish]}).encode()
    request = urllib.request.Request(options.url, body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
    try:
        with opener.open(request, timeout=20) as response:
            answer = json.load(response)
    except OSError as error:
        print(f"{options.url} does not answer: {error}", file=sys.stderr)
        return 1
    if "error" in answer:
        print(f"The sandbox refused: {answer['error']['message']}", file=sys.stderr)
        return 1
    print(answer["result"])
    return 0


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(faucet(words[1:]) if words[:1] == ["faucet"] else serve(words))
