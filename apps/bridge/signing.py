"""What the platform signs: acts of organisations, in transactions the treasury pays for. Nothing is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from nosana.chain import Blockhash, Cluster, JobAccount, RunAccount, Signed, TransactionTooLarge, transaction_build
from nosana.chain import instructions as ix
from nosana.chain.cluster import Address
from solders.instruction import Instruction
from solders.keypair import Keypair

from apps.bridge.chain import cluster, treasury_key
from apps.bridge.keys import Seed

__all__ = ["Act", "AttemptKeys", "Signer", "TransactionTooLarge", "attempt_keys", "sign"]


@dataclass(frozen=True)
class AttemptKeys:
    """The addresses of one attempt, known before anything is sent."""

    job: str
    run: str
    project: str
    seed_version: int
    genesis_hash: str


def attempt_keys(seed: Seed, organisation_id: str, job_id: str, number: int) -> AttemptKeys:
    """Return the addresses of an attempt on the configured cluster."""
    job, run, project = _keypairs(seed, cluster(), organisation_id, job_id, number)
    return AttemptKeys(
        job=str(job.pubkey()),
        run=str(run.pubkey()),
        project=str(project.pubkey()),
        seed_version=seed.version,
        genesis_hash=cluster().genesis_hash,
    )


def _keypairs(
    seed: Seed, where: Cluster, organisation_id: str, job_id: str, number: int
) -> tuple[Keypair, Keypair, Keypair]:
    return (
        Keypair.from_seed(seed.job(where.genesis_hash, where.program, job_id, number)),
        Keypair.from_seed(seed.run(where.genesis_hash, where.program, job_id, number)),
        Keypair.from_seed(seed.project(organisation_id)),
    )


@dataclass(frozen=True)
class Act:
    """Instructions that belong together, and who besides the treasury must sign them."""

    instructions: list[Instruction]
    signers: list[Keypair]


def sign(acts: Sequence[Act], blockhash: Blockhash) -> Signed:
    """Return one transaction of these acts, which the treasury pays for; all of them happen, or none.

    Raises TransactionTooLarge when they do not fit one transaction.
    """
    budget = []
    if settings.CHAIN_PRIORITY_FEE:
        budget = ix.priority_fee(micro_lamports=settings.CHAIN_PRIORITY_FEE)
    steps = [step for act in acts for step in act.instructions]
    signers = [key for act in acts for key in act.signers]
    return transaction_build([*budget, *steps], payer=treasury_key(), signers=signers, blockhash=blockhash)


class Signer:
    """Makes the acts of one organisation with keys of one seed version; nothing is asked of the network.

    The treasury pays for everything; the organisation's own key is the on-chain project and co-signs.
    """

    def __init__(self, seed: Seed, organisation_id: str) -> None:
        self.seed = seed
        self.organisation_id = organisation_id
        self.cluster = cluster()
        self.payer = treasury_key().pubkey()
        self.project = Keypair.from_seed(seed.project(organisation_id))

    def listing(self, *, job_id: str, number: int, market: str, cid: str, timeout_s: int, node: str = "") -> Act:
        """List the attempt; to one node that waits in the market, if it is named."""
        job, run, project = _keypairs(self.seed, self.cluster, self.organisation_id, job_id, number)
        given: dict[str, Any] = {
            "job": job.pubkey(),
            "run": run.pubkey(),
            "market": market,
            "payer": self.payer,
            "project": project.pubkey(),
        }
        if node:
            act = ix.assign(self.cluster, node=node, ipfs_job=cid, timeout=timeout_s, **given)
        else:
            act = ix.list_job(self.cluster, ipfs_job=cid, timeout=timeout_s, **given)
        return Act([act], [job, run, project])

    def extension(self, address: str, job: JobAccount, timeout_s: int) -> Act:
        """Lengthen the job to `timeout_s` seconds in all."""
        act = ix.extend(
            self.cluster,
            job=address,
            market=job.market,
            payer=job.payer,
            project=self.project.pubkey(),
            timeout=timeout_s,
        )
        return Act([act], [self.project])

    def delisting(self, address: str, job: JobAccount) -> Act:
        """Take a queued job off its market."""
        act = ix.delist(
            self.cluster, job=address, market=job.market, payer=job.payer, project=self.project.pubkey()
        )
        return Act([self._account(self.payer), act], [self.project])

    def ending(self, address: str, job: JobAccount, run: RunAccount, run_address: str) -> Act:
        """Stop a running job; the node's NOS account is made if it lacks one."""
        act = ix.end(
            self.cluster,
            job=address,
            run=run_address,
            market=job.market,
            node=run.node,
            job_payer=job.payer,
            run_payer=run.payer,
            project=self.project.pubkey(),
        )
        return Act([self._account(self.payer), self._account(run.node), act], [self.project])

    def recovery(self, address: str, job: JobAccount) -> Act:
        """Take back the deposit of a job its node quit."""
        act = ix.recover(
            self.cluster, job=address, market=job.market, payer=job.payer, project=self.project.pubkey()
        )
        return Act([self._account(self.payer), act], [self.project])

    def cleaning(self, address: str, job: JobAccount) -> Act:
        """Close the account of a job that ended long ago; its rent comes back."""
        return Act([ix.clean(self.cluster, job=address, market=job.market, payer=job.payer)], [])

    def _account(self, owner: Address) -> Instruction:
        """Make the owner's NOS account unless it exists."""
        return ix.ata_create(self.cluster, owner=owner, payer=self.payer)
