"""Pure builders of the program's instructions, in the account order of network facts §1.4.

Each takes the cluster and keyword-only addresses (base58 text or Pubkey) and returns a solders Instruction;
none speaks to the network. Amounts are micro-NOS, times seconds. A job's `project` and a run's `node` are the
instruction's "authority". Markets, jobs and runs are fresh key pairs that must sign the transaction that
creates them.
"""

import hashlib
import struct

from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.instruction import AccountMeta, Instruction

from nosana.chain import addresses
from nosana.chain.addresses import pubkey
from nosana.chain.cluster import ATA_PROGRAM, RENT_SYSVAR, SYSTEM_PROGRAM, TOKEN_PROGRAM, Address, Cluster
from nosana.cid import digest_of


def discriminator(name: str) -> bytes:
    """Return the eight bytes an instruction of this (snake case) name starts with."""
    return hashlib.sha256(f"global:{name}".encode()).digest()[:8]


def _w(address: Address) -> AccountMeta:
    return AccountMeta(pubkey(address), is_signer=False, is_writable=True)


def _ws(address: Address) -> AccountMeta:
    return AccountMeta(pubkey(address), is_signer=True, is_writable=True)


def _s(address: Address) -> AccountMeta:
    return AccountMeta(pubkey(address), is_signer=True, is_writable=False)


def _r(address: Address) -> AccountMeta:
    return AccountMeta(pubkey(address), is_signer=False, is_writable=False)


def _call(cluster: Cluster, name: str, metas: list[AccountMeta], arguments: bytes = b"") -> Instruction:
    return Instruction(pubkey(cluster.program), discriminator(name) + arguments, metas)


def _xnos(value: int) -> bytes:
    return value.to_bytes(16, "little")


def _rewards(cluster: Cluster) -> tuple[AccountMeta, AccountMeta]:
    return _w(addresses.rewards_reflection(cluster)[0]), _w(addresses.rewards_vault(cluster)[0])


def _vault(cluster: Cluster, market: Address) -> AccountMeta:
    return _w(addresses.vault(cluster, market)[0])


def open_market(
    cluster: Cluster,
    *,
    market: Address,
    authority: Address,
    job_price: int = 0,
    job_timeout: int = 7200,
    job_expiration: int = 86400,
    job_type: int = 0,
    node_xnos_minimum: int = 0,
    access_key: Address = SYSTEM_PROGRAM,
) -> Instruction:
    """Open a market; `access_key` is the NFT collection nodes must hold, the system program for none."""
    arguments = struct.pack("<qQqB", job_expiration, job_price, job_timeout, job_type) + _xnos(node_xnos_minimum)
    metas = [
        _r(cluster.mint), _ws(market), _vault(cluster, market), _ws(authority), _r(access_key), _r(RENT_SYSVAR),
        _r(SYSTEM_PROGRAM), _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "open", metas, arguments)


def update(
    cluster: Cluster,
    *,
    market: Address,
    authority: Address,
    job_price: int,
    job_timeout: int,
    job_expiration: int,
    job_type: int = 0,
    node_xnos_minimum: int = 0,
    access_key: Address = SYSTEM_PROGRAM,
) -> Instruction:
    """Change a market; jobs already listed keep their price."""
    arguments = struct.pack("<qQB", job_expiration, job_price, job_type) + _xnos(node_xnos_minimum)
    arguments += struct.pack("<q", job_timeout)
    return _call(cluster, "update", [_w(market), _r(access_key), _s(authority)], arguments)


def close(cluster: Cluster, *, market: Address, authority: Address, user: Address | None = None) -> Instruction:
    """Close a market and sweep its vault to `user` (default: the authority's own NOS account)."""
    return _call(cluster, "close", _close(cluster, market, authority, user))


def close_admin(
    cluster: Cluster, *, market: Address, authority: Address, user: Address | None = None
) -> Instruction:
    """Close any market, as the network's market admin."""
    return _call(cluster, "close_admin", _close(cluster, market, authority, user))


def _close(cluster: Cluster, market: Address, authority: Address, user: Address | None) -> list[AccountMeta]:
    to = user or addresses.ata(authority, cluster.mint)
    return [_w(market), _vault(cluster, market), _w(to), _ws(authority), _r(TOKEN_PROGRAM)]


def _digest(value: bytes | str) -> bytes:
    """Return the 32 bytes of a digest or of its CIDv0. Raises ValueError on anything else."""
    digest = digest_of(value) if isinstance(value, str) else value
    if len(digest) != 32:
        raise ValueError(f"A digest has 32 bytes, this one has {len(digest)}.")
    return digest


def list_job(
    cluster: Cluster,
    *,
    job: Address,
    run: Address,
    market: Address,
    payer: Address,
    project: Address,
    ipfs_job: bytes | str,
    timeout: int,
) -> Instruction:
    """List a job; `ipfs_job` is the definition's digest or CIDv0; `run` must be fresh even if it stays unused."""
    reflection, rewards_vault = _rewards(cluster)
    metas = [
        _ws(job), _w(market), _ws(run), _w(addresses.ata(payer, cluster.mint)), _vault(cluster, market),
        _ws(payer), reflection, rewards_vault, _s(project), _r(cluster.rewards), _r(TOKEN_PROGRAM),
        _r(SYSTEM_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "list", metas, _digest(ipfs_job) + struct.pack("<q", timeout))


def assign(
    cluster: Cluster,
    *,
    job: Address,
    run: Address,
    market: Address,
    node: Address,
    payer: Address,
    project: Address,
    ipfs_job: bytes | str,
    timeout: int,
) -> Instruction:
    """List a job to one node that waits in the market's queue."""
    reflection, rewards_vault = _rewards(cluster)
    metas = [
        _ws(job), _w(market), _ws(run), _r(node), _w(addresses.ata(payer, cluster.mint)), _vault(cluster, market),
        _ws(payer), reflection, rewards_vault, _s(project), _r(cluster.rewards), _r(TOKEN_PROGRAM),
        _r(SYSTEM_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "assign", metas, _digest(ipfs_job) + struct.pack("<q", timeout))


def delist(cluster: Cluster, *, job: Address, market: Address, payer: Address, project: Address) -> Instruction:
    """Take a queued job off the market; the whole deposit and the rent go back to `payer` (= job.payer)."""
    metas = [
        _w(job), _w(market), _w(addresses.ata(payer, cluster.mint)), _w(payer), _vault(cluster, market),
        _r(TOKEN_PROGRAM), _ws(project),
    ]  # fmt: skip
    return _call(cluster, "delist", metas)


def recover(
    cluster: Cluster,
    *,
    job: Address,
    market: Address,
    payer: Address,
    project: Address,
    user: Address | None = None,
) -> Instruction:
    """Take a stopped job's deposit back to `user` (default: the NOS account of `payer`, which is job.payer)."""
    metas = [
        _w(job), _r(market), _vault(cluster, market), _w(user or addresses.ata(payer, cluster.mint)), _w(payer),
        _s(project), _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "recover", metas)


def extend(
    cluster: Cluster, *, job: Address, market: Address, payer: Address, project: Address, timeout: int
) -> Instruction:
    """Lengthen a queued or running job; `timeout` is the new total in seconds."""
    reflection, rewards_vault = _rewards(cluster)
    metas = [
        _w(job), _r(market), _w(addresses.ata(payer, cluster.mint)), _vault(cluster, market), reflection,
        rewards_vault, _s(project), _s(payer), _r(cluster.rewards), _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "extend", metas, struct.pack("<q", timeout))


def end(
    cluster: Cluster,
    *,
    job: Address,
    run: Address,
    market: Address,
    node: Address,
    job_payer: Address,
    run_payer: Address,
    project: Address,
) -> Instruction:
    """Stop a running job: its node is paid for the elapsed seconds, the rest goes back to job.payer."""
    metas = [
        _w(job), _r(market), _w(run), _w(addresses.ata(job_payer, cluster.mint)),
        _w(addresses.ata(node, cluster.mint)), _vault(cluster, market), _w(run_payer), _ws(project),
        _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "end", metas)


def work(
    cluster: Cluster,
    *,
    run: Address,
    market: Address,
    node: Address,
    payer: Address | None = None,
    nft: Address | None = None,
    metadata: Address | None = None,
) -> Instruction:
    """Join a market as node; `nft` and `metadata` only where the market asks for an access key."""
    metas = [
        _ws(run), _w(market), _ws(payer or node), _r(addresses.stake_account(cluster, node)),
        _r(nft or addresses.ata(node, cluster.mint)), _r(metadata or SYSTEM_PROGRAM), _s(node), _r(SYSTEM_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "work", metas)


def stop(cluster: Cluster, *, market: Address, node: Address, authority: Address | None = None) -> Instruction:
    """Leave a market's queue, as the node itself or as the market's authority."""
    return _call(cluster, "stop", [_w(market), _r(node), _s(authority or node)])


def claim(
    cluster: Cluster,
    *,
    job: Address,
    run: Address,
    market: Address,
    node: Address,
    payer: Address | None = None,
    nft: Address | None = None,
    metadata: Address | None = None,
) -> Instruction:
    """Take over a job another node quit."""
    metas = [
        _w(job), _ws(run), _r(market), _r(addresses.stake_account(cluster, node)),
        _r(nft or addresses.ata(node, cluster.mint)), _r(metadata or SYSTEM_PROGRAM), _ws(payer or node), _s(node),
        _r(SYSTEM_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "claim", metas)


def complete(cluster: Cluster, *, job: Address, node: Address, ipfs_result: bytes | str) -> Instruction:
    """Set the result of a job its project ended."""
    return _call(cluster, "complete", [_w(job), _s(node)], _digest(ipfs_result))


def finish(
    cluster: Cluster,
    *,
    job: Address,
    run: Address,
    market: Address,
    node: Address,
    job_payer: Address,
    run_payer: Address,
    ipfs_result: bytes | str,
    user: Address | None = None,
) -> Instruction:
    """Finish a running job as its node: paid to `user` (default: the node's NOS account), rest to job.payer."""
    metas = [
        _w(job), _w(run), _r(market), _vault(cluster, market), _w(addresses.ata(job_payer, cluster.mint)),
        _w(user or addresses.ata(node, cluster.mint)), _w(run_payer), _w(job_payer), _s(node), _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return _call(cluster, "finish", metas, _digest(ipfs_result))


def quit(cluster: Cluster, *, job: Address, run: Address, run_payer: Address, node: Address) -> Instruction:  # noqa: A001
    """Give up a running job as its node, unpaid."""
    return _call(cluster, "quit", [_w(job), _w(run), _w(run_payer), _s(node)])


def quit_admin(cluster: Cluster, *, run: Address, run_payer: Address, authority: Address) -> Instruction:
    """Close a run as the network's admin; strands its job (network facts §1.9 e)."""
    return _call(cluster, "quit_admin", [_w(run), _w(run_payer), _s(authority)])


def clean(cluster: Cluster, *, job: Address, market: Address, payer: Address) -> Instruction:
    """Close an ended job's account after the market's expiration time; anyone may, the rent goes to job.payer."""
    return _call(cluster, "clean", [_w(job), _r(market), _w(payer)])


def clean_admin(cluster: Cluster, *, job: Address, payer: Address, authority: Address) -> Instruction:
    """Close any job's account, as the network's admin."""
    return _call(cluster, "clean_admin", [_w(job), _w(payer), _s(authority)])


def ata_create(cluster: Cluster, *, owner: Address, payer: Address) -> Instruction:
    """Make the owner's NOS account unless it exists."""
    metas = [
        _ws(payer), _w(addresses.ata(owner, cluster.mint)), _r(owner), _r(cluster.mint), _r(SYSTEM_PROGRAM),
        _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return Instruction(pubkey(ATA_PROGRAM), b"\x01", metas)


def transfer(cluster: Cluster, *, owner: Address, to: Address, amount: int) -> Instruction:
    """Move micro-NOS from the owner's NOS account to that of `to`, which must exist."""
    metas = [
        _w(addresses.ata(owner, cluster.mint)), _r(cluster.mint), _w(addresses.ata(to, cluster.mint)), _s(owner),
    ]  # fmt: skip
    return Instruction(pubkey(TOKEN_PROGRAM), struct.pack("<BQB", 12, amount, 6), metas)


def stake(cluster: Cluster, *, authority: Address, amount: int, duration: int) -> Instruction:
    """Lock micro-NOS for `duration` seconds (14 to 365 days); 0 is enough to have the account nodes need."""
    vault, _ = addresses.stake_vault(cluster, authority)
    metas = [
        _r(cluster.mint), _w(addresses.ata(authority, cluster.mint)), _w(vault),
        _w(addresses.stake_account(cluster, authority)), _ws(authority), _r(SYSTEM_PROGRAM), _r(TOKEN_PROGRAM),
        _r(RENT_SYSVAR),
    ]  # fmt: skip
    arguments = struct.pack("<Q", amount) + duration.to_bytes(16, "little")
    return Instruction(pubkey(cluster.staking), discriminator("stake") + arguments, metas)


def stake_topup(cluster: Cluster, *, authority: Address, amount: int) -> Instruction:
    """Add micro-NOS to one's stake, such as to reach a market's `node_xnos_minimum`."""
    metas = [
        _w(addresses.ata(authority, cluster.mint)), _w(addresses.stake_vault(cluster, authority)[0]),
        _w(addresses.stake_account(cluster, authority)), _s(authority), _r(TOKEN_PROGRAM),
    ]  # fmt: skip
    return Instruction(pubkey(cluster.staking), discriminator("topup") + struct.pack("<Q", amount), metas)


def stake_extend(cluster: Cluster, *, authority: Address, added: int) -> Instruction:
    """Lock one's stake for `added` more seconds (365 days in all at most)."""
    metas = [_w(addresses.stake_account(cluster, authority)), _s(authority)]
    return Instruction(pubkey(cluster.staking), discriminator("extend") + struct.pack("<Q", added), metas)


def unstake(cluster: Cluster, *, authority: Address) -> Instruction:
    """Begin to unlock one's stake; it weighs nothing from now on."""
    reward = addresses.reward_account(cluster, authority)
    metas = [_w(addresses.stake_account(cluster, authority)), _r(reward), _s(authority)]
    return Instruction(pubkey(cluster.staking), discriminator("unstake"), metas)


def priority_fee(*, micro_lamports: int, units: int | None = None) -> list[Instruction]:
    """Return the compute-budget instructions for a price per compute unit, and a unit limit when given."""
    budget = [set_compute_unit_price(micro_lamports)]
    return budget if units is None else [*budget, set_compute_unit_limit(units)]
