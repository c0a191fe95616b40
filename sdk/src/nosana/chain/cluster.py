"""Which cluster is meant, and the addresses that differ between clusters (network facts §1.1)."""

from dataclasses import dataclass, replace
from typing import Any

from solders.pubkey import Pubkey

from nosana.chain.errors import ChainError

Address = str | Pubkey

TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
ATA_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
METADATA_PROGRAM = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s"
SYSTEM_PROGRAM = "11111111111111111111111111111111"
RENT_SYSVAR = "SysvarRent111111111111111111111111111111111"
REWARDS_PROGRAM = "nosRB8DUV67oLNrL45bo2pFLrmsWPiewe2Lk2DRNYCp"
STAKING_PROGRAM = "nosScmHY2uR24Zh751PmGj9ww9QRNHewh9H59AfrTJE"
JOBS_MAINNET = "nosJhNRqr2bc9g1nfGDcXXTXvYUmxD4cVwy2pMWhrYM"
JOBS_DEVNET = "nosJTmGQxvwXy23vng5UjkTbfv91Bzf9jEuro78dAGR"
MINT_MAINNET = "nosXBVoaCTtYdLvKY6Csb4AC8JCdQKKAaWYtx2ZMoo7"
MINT_DEVNET = "devr1BGQndEW5k5zfvG5FsLyZv1Ap73vNgAHcQ9sUVP"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Solana cluster with the Nosana programs; all addresses are base58 text.

    `genesis_hash` "" means "not known": `Chain.verify` then refuses. `fee_divisor` 0 means no network fee, 10
    means a tenth of the deposit on top (network facts §1.8).
    """

    name: str
    rpc_url: str
    ws_url: str
    genesis_hash: str
    program: str
    mint: str
    rewards: str = REWARDS_PROGRAM
    staking: str = STAKING_PROGRAM
    fee_divisor: int = 0


def ws_url_of(rpc_url: str) -> str:
    """Return the WebSocket address on the same host and port as an http(s) address."""
    scheme, _, rest = rpc_url.partition("://")
    return {"http": "ws", "https": "wss"}.get(scheme, scheme) + "://" + rest


_PROFILES = {
    "mainnet": Cluster(
        name="mainnet",
        rpc_url="https://api.mainnet-beta.solana.com",
        ws_url="wss://api.mainnet-beta.solana.com",
        genesis_hash="5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
        program=JOBS_MAINNET,
        mint=MINT_MAINNET,
    ),
    "devnet": Cluster(
        name="devnet",
        rpc_url="https://api.devnet.solana.com",
        ws_url="wss://api.devnet.solana.com",
        genesis_hash="EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
        program=JOBS_DEVNET,
        mint=MINT_DEVNET,
    ),
    "sandbox": Cluster(
        name="sandbox", rpc_url="", ws_url="", genesis_hash="", program=JOBS_DEVNET, mint=MINT_DEVNET
    ),
}


def cluster_profile(name: str, rpc_url: str | None = None, **overrides: Any) -> Cluster:
    """Return the profile "mainnet", "devnet" or "sandbox", with any field of Cluster replaced.

    Setting `rpc_url` moves `ws_url` along unless that is given too. A sandbox has no fixed genesis hash: give
    `genesis_hash`, or use `cluster_discover`. Raises ChainError on an unknown name or a sandbox without URL.
    """
    if name not in _PROFILES:
        raise ChainError(f"There is no cluster profile {name!r}; use one of {', '.join(_PROFILES)}.")
    profile = _PROFILES[name]
    if rpc_url:
        profile = replace(profile, rpc_url=rpc_url, ws_url=ws_url_of(rpc_url))
    profile = replace(profile, **overrides)
    if not profile.rpc_url:
        raise ChainError("A sandbox has no fixed address: give rpc_url, such as http://127.0.0.1:8899.")
    return profile
