"""Addresses derived from others (network facts §1.2); all take and return base58 text or Pubkey."""

import hashlib
from functools import lru_cache

from solders.pubkey import Pubkey

from nosana import base58
from nosana.chain.cluster import ATA_PROGRAM, METADATA_PROGRAM, TOKEN_PROGRAM, Address, Cluster
from nosana.chain.errors import ChainError


def pubkey(address: Address) -> Pubkey:
    """Return the address as Pubkey. Raises ChainError with a sentence when it is none."""
    if isinstance(address, Pubkey):
        return address
    try:
        return Pubkey.from_string(address)
    except (ValueError, TypeError):
        raise ChainError(f"{address!r} is not an address (32 bytes in base58).") from None


@lru_cache(maxsize=65536)
def _derive(program: Pubkey, *seeds: bytes) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address(list(seeds), program)


def ata(owner: Address, mint: Address) -> str:
    """Return the associated token account of the owner for the mint."""
    seeds = bytes(pubkey(owner)), bytes(pubkey(TOKEN_PROGRAM)), bytes(pubkey(mint))
    return str(_derive(pubkey(ATA_PROGRAM), *seeds)[0])


def vault(cluster: Cluster, market: Address) -> tuple[str, int]:
    """Return the market's vault (its own token authority) and its bump."""
    address, bump = _derive(pubkey(cluster.program), bytes(pubkey(market)), bytes(pubkey(cluster.mint)))
    return str(address), bump


def stake_account(cluster: Cluster, authority: Address) -> str:
    """Return the staking account of the authority."""
    seeds = b"stake", bytes(pubkey(cluster.mint)), bytes(pubkey(authority))
    return str(_derive(pubkey(cluster.staking), *seeds)[0])


def stake_vault(cluster: Cluster, authority: Address) -> tuple[str, int]:
    """Return the token account that holds the authority's stake, and its bump."""
    seeds = b"vault", bytes(pubkey(cluster.mint)), bytes(pubkey(authority))
    address, bump = _derive(pubkey(cluster.staking), *seeds)
    return str(address), bump


def reward_account(cluster: Cluster, authority: Address) -> str:
    """Return the account of the authority's share in the rewards pool."""
    return str(_derive(pubkey(cluster.rewards), b"reward", bytes(pubkey(authority)))[0])


def rewards_reflection(cluster: Cluster) -> tuple[str, int]:
    """Return the rewards pool's account and its bump."""
    address, bump = _derive(pubkey(cluster.rewards), b"reflection")
    return str(address), bump


def rewards_vault(cluster: Cluster) -> tuple[str, int]:
    """Return the token account that takes network fees, and its bump."""
    address, bump = _derive(pubkey(cluster.rewards), bytes(pubkey(cluster.mint)))
    return str(address), bump


def metadata(mint: Address) -> str:
    """Return the Metaplex metadata account of a mint."""
    program = pubkey(METADATA_PROGRAM)
    return str(_derive(program, b"metadata", bytes(program), bytes(pubkey(mint)))[0])


def service_id(job: Address, operation: int, port: int) -> str:
    """Return the name under which a job's exposed port is reached (network facts §4.3); compare it lower-cased."""
    return base58.encode(hashlib.sha512(f"{operation}:{port}:{job}".encode()).digest())[:44]


def service_url(job: Address, operation: int, port: int, *, suffix: str = "node.k8s.prd.nos.ci") -> str:
    """Return the public address of a job's exposed port; `operation` is its index in the definition."""
    return f"https://{service_id(job, operation, port)}.{suffix}"


def deployment_service_id(deployment: str, vault_owner: Address, operation: str) -> str:
    """Return the name of a deployment's load-balanced address for an operation id (network facts §4.3)."""
    inner = base58.encode(hashlib.sha512(f"{deployment}:{vault_owner}".encode()).digest())[:45]
    return base58.encode(hashlib.sha512(f"{operation}:0:{inner}".encode()).digest())[:44]
