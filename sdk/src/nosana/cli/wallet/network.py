"""Which network, which wallet, which IPFS: the options of every command under `nosana chain`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import httpx
import typer

from nosana.chain import (
    Chain,
    ChainError,
    ChainUnavailable,
    Cluster,
    cluster_discover,
    cluster_profile,
    wallet_load,
)
from nosana.cli.frame import NO_ANSWER, USAGE, stop
from nosana.ipfs import IpfsClient, IpfsError
from nosana.ipfs.client import is_loopback

if TYPE_CHECKING:
    from solders.keypair import Keypair

T = TypeVar("T")
WALLET = "~/.nosana/nosana_key.json"
PANEL = "Network"
MARKETS = {"mainnet": "https://dashboard.k8s.prd.nos.ci/api", "devnet": "https://dashboard.k8s.dev.nos.ci/api"}
PIN, GATEWAY = "https://api.pinata.cloud", "https://nosana.mypinata.cloud"
SANDBOX_PIN = "http://127.0.0.1:5080"  # where `make run` keeps files

Net = Annotated[
    str,
    typer.Option(
        "--network", "-n", envvar="NOSANA_NETWORK", help="mainnet, devnet, sandbox.", rich_help_panel=PANEL
    ),
]
Rpc = Annotated[
    str | None, typer.Option("--rpc", envvar="NOSANA_RPC", help="Its JSON-RPC address.", rich_help_panel=PANEL)
]
Wallet = Annotated[
    str, typer.Option("--wallet", "-w", envvar="NOSANA_WALLET", help="The key file.", rich_help_panel=PANEL)
]
Pin = Annotated[
    str, typer.Option("--ipfs", envvar="NOSANA_IPFS_API", help="Where files are pinned.", rich_help_panel=PANEL)
]
Gate = Annotated[
    str | None,
    typer.Option("--gateway", envvar="NOSANA_IPFS_GATEWAY", help="Where files are read.", rich_help_panel=PANEL),
]
List = Annotated[
    str | None,
    typer.Option(
        "--markets", envvar="NOSANA_MARKETS_API", help="Who knows names of markets.", rich_help_panel=PANEL
    ),
]
IPFS_TOKEN = "NOSANA_IPFS_TOKEN"  # never an option: the command line is seen by others


@dataclass(frozen=True)
class Network:
    """Where the chain is."""

    name: str
    rpc: str | None
    wallet: str = WALLET

    def key(self) -> Keypair:
        """Return the wallet."""
        try:
            return wallet_load(self.wallet)
        except ChainError as error:
            stop(f"{error} `nosana chain address --new` makes one.", USAGE)

    async def cluster(self) -> Cluster:
        """Return the cluster, by its profile; a sandbox is known by its address."""
        if self.name == "sandbox":
            return await cluster_discover(self.rpc or "http://127.0.0.1:8899")
        return cluster_profile(self.name, self.rpc)

    def ask(self, question: Callable[[Chain], Awaitable[T]]) -> T:
        """Return the answer to a question of the chain; its errors end the command with a sentence."""

        async def asked() -> T:
            async with Chain(await self.cluster()) as chain:
                await chain.verify()
                return await question(chain)

        return run(asked())


def run(work: Awaitable[T]) -> T:
    """Do asynchronous work; what goes wrong on purpose ends the command with a sentence."""

    async def whole() -> T:
        return await work

    try:
        return asyncio.run(whole())
    except ChainUnavailable as error:
        stop(str(error), NO_ANSWER)
    except (ChainError, IpfsError) as error:
        stop(str(error))
    except httpx.HTTPError as error:
        stop(f"{error.request.url} does not answer: {error}.", NO_ANSWER)


def ipfs_of(pin: str, gateway: str | None, network: str = "") -> IpfsClient:
    """Return the way to IPFS; without a gateway, an address of one's own is that too, and a sandbox has its own."""
    if pin == PIN and (network or os.environ.get("NOSANA_NETWORK")) == "sandbox":
        pin = SANDBOX_PIN
    return IpfsClient(pin, gateway or (GATEWAY if pin == PIN else pin), os.environ.get(IPFS_TOKEN))


async def market_address(text: str, network: str, api: str | None) -> str:
    """Return a market's address; a name is looked up in the network's own list."""
    if 32 <= len(text) <= 44 and text.isalnum():
        return text
    found = await market_known(text, network, api)
    return str(found["address"])


async def market_known(text: str, network: str, api: str | None) -> dict[str, Any]:
    """Return what the network's own list says of a market."""
    base = api or MARKETS.get(network)
    if base is None:
        stop(
            f"a {network} has no list of names; give the market's address instead of “{text}”, or --markets.",
            USAGE,
        )
    async with httpx.AsyncClient(timeout=20, trust_env=not is_loopback(base)) as http:
        answer = await http.get(f"{base.rstrip('/')}/markets/{text}/")
    if answer.status_code != 200:
        stop(f"There is no market “{text}” in the list of {base}.")
    try:
        return dict(answer.json())
    except (ValueError, TypeError):
        stop(f"{base} does not answer as a list of markets.")


def content_of(place: str) -> bytes:
    """Return the content of a file or of an address."""
    if place.startswith(("https://", "http://")):
        try:
            answer = httpx.get(place, timeout=20, follow_redirects=True)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            stop(f"{place} cannot be read: {error}.", NO_ANSWER)
        return answer.content
    try:
        return Path(place).read_bytes()
    except OSError as error:
        stop(f"{place} cannot be read: {error.strerror}.", USAGE)


def flow_of(content: bytes) -> dict[str, Any]:
    """Return a result as it is pinned, a flow state."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
