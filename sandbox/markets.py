"""The sandbox's GPU markets: opened on its chain by an owner of its own, and listed in a catalogue file."""

import json
from pathlib import Path
from typing import Any

import httpx
from nosana.chain import Chain, cluster_discover, instructions, transaction_build
from solders.keypair import Keypair

MARKETS: list[dict[str, Any]] = [
    {
        "slug": "nvidia-4090",
        "name": "NVIDIA RTX 4090",
        "gpu": "NVIDIA RTX 4090",
        "vram_gb": 24,
        "price_micro": 115,
    },
    {"slug": "nvidia-3060", "name": "NVIDIA RTX 3060", "gpu": "NVIDIA RTX 3060", "vram_gb": 12, "price_micro": 43},
]
HOUR = 3600
SOL = 1_000_000_000  # lamports


async def genesis_hash(rpc_url: str) -> str:
    """Return the genesis hash of the sandbox's chain, which every sandbox has of its own."""
    return (await cluster_discover(rpc_url)).genesis_hash


async def markets_open(rpc_url: str, data: Path) -> None:
    """Open each market that the chain does not have yet, and write the catalogue of them all."""
    cluster = await cluster_discover(rpc_url)
    owner = key(data, "market-owner")
    async with Chain(cluster) as chain:
        if await chain.sol_balance(owner.pubkey()) < SOL:
            await airdrop(rpc_url, str(owner.pubkey()), 10 * SOL)
        for market in MARKETS:
            await market_open(chain, owner, key(data, market["slug"]), market["price_micro"])
    catalogue = [{**market, "address": str(key(data, market["slug"]).pubkey())} for market in MARKETS]
    (data / "markets.json").write_text(json.dumps(catalogue, indent=2))


async def airdrop(rpc_url: str, address: str, lamports: int) -> None:
    """Ask the chain for lamports and wait until they are confirmed."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "requestAirdrop", "params": [address, lamports]}
    async with httpx.AsyncClient(trust_env=False) as http:
        signature = (await http.post(rpc_url, json=body)).raise_for_status().json()["result"]
    async with Chain(await cluster_discover(rpc_url)) as chain:
        await chain.confirm(signature, 10**12)


async def market_open(chain: Chain, owner: Keypair, market: Keypair, price_micro: int) -> None:
    """Open one market unless it is there: one day until jobs may be cleaned, two hours as the usual time limit."""
    if await chain.market(str(market.pubkey())) is not None:
        return
    act = instructions.open_market(
        chain.cluster,
        market=market.pubkey(),
        authority=owner.pubkey(),
        job_expiration=24 * HOUR,
        job_price=price_micro,
        job_timeout=2 * HOUR,
        job_type=4,
        node_xnos_minimum=0,
    )
    signed = transaction_build([act], payer=owner, signers=[market], blockhash=await chain.blockhash())
    await chain.send(signed.blob)
    await chain.confirm(signed.signature, signed.last_valid_block_height)


def key(data: Path, name: str) -> Keypair:
    """Return this sandbox's keypair of that name, made on first use."""
    path = data / "keys" / f"{name}.json"
    if not path.exists():
        path.write_text(Keypair().to_json())
        path.chmod(0o600)
    return Keypair.from_json(path.read_text())
