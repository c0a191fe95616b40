"""Speak to the Nosana jobs program on Solana: post jobs, run nodes, open markets, with one's own wallet."""

from nosana.chain import instructions
from nosana.chain.accounts import (
    JobAccount,
    JobState,
    JobType,
    MarketAccount,
    QueueType,
    ReflectionAccount,
    RunAccount,
    StakeAccount,
    job_status,
)
from nosana.chain.acts import ProgramAct
from nosana.chain.addresses import (
    ata,
    deployment_service_id,
    metadata,
    reward_account,
    rewards_reflection,
    rewards_vault,
    service_id,
    service_url,
    stake_account,
    stake_vault,
    vault,
)
from nosana.chain.client import Chain, chain_ask, cluster_discover
from nosana.chain.cluster import Address, Cluster, cluster_profile
from nosana.chain.connection import SignatureInfo, SignatureStatus, Simulation
from nosana.chain.errors import (
    SENTENCES,
    ChainError,
    ChainUnavailable,
    ClusterMismatch,
    ConfirmTimeout,
    ProgramError,
    ProgramMismatch,
    TransactionExpired,
    TransactionTooLarge,
)
from nosana.chain.headers import SignedHeader, header_make, header_read
from nosana.chain.probe import Probe
from nosana.chain.subscriptions import Change, Resync
from nosana.chain.transactions import PACKET_BYTES, Blockhash, Signed, transaction_build
from nosana.chain.wallet import wallet_load, wallet_save

__all__ = [
    "PACKET_BYTES", "SENTENCES", "Address", "Blockhash", "Chain", "ChainError",
    "ChainUnavailable", "Change", "Cluster", "ClusterMismatch", "ConfirmTimeout", "JobAccount", "JobState",
    "JobType", "MarketAccount", "Probe", "ProgramAct", "ProgramError", "ProgramMismatch", "QueueType",
    "ReflectionAccount", "Resync", "RunAccount", "SignatureInfo", "SignatureStatus", "Signed", "SignedHeader",
    "Simulation", "StakeAccount",
    "TransactionExpired", "TransactionTooLarge", "ata", "chain_ask", "cluster_discover",
    "cluster_profile", "deployment_service_id", "header_make", "header_read", "instructions", "job_status", "metadata",
    "reward_account", "rewards_reflection", "rewards_vault", "service_id", "service_url", "stake_account",
    "stake_vault", "transaction_build", "vault", "wallet_load", "wallet_save",
]  # fmt: skip
