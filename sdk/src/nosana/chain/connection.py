"""A JSON-RPC connection to one cluster: its identity, and transactions there and back."""

import asyncio
import ipaddress
import json
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx2
from solana.exceptions import SolanaRpcException
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Commitment
from solana.rpc.core import RPCException
from solana.rpc.models import TxOpts
from solders.rpc.responses import RpcSimulateTransactionResult, SendTransactionPreflightFailureMessage
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from nosana.chain.acts import ProgramAct, acts_of
from nosana.chain.addresses import pubkey
from nosana.chain.cluster import Address, Cluster
from nosana.chain.errors import (
    ChainError,
    ChainUnavailable,
    ClusterMismatch,
    ConfirmTimeout,
    TransactionExpired,
    program_error,
)
from nosana.chain.transactions import Blockhash, Signed

T = TypeVar("T")
LEVELS = ("processed", "confirmed", "finalized")
STATUSES_PER_CALL = 256
CONFIRM_PAUSE = 0.15  # seconds between the first questions; later ones come slower
ACCOUNTS_PER_CALL = 100  # what RPC nodes allow for getMultipleAccounts


@dataclass(frozen=True, slots=True)
class SignatureStatus:
    """How far a transaction got: `confirmation` is one of LEVELS, `error` is None if it worked."""

    slot: int
    confirmation: str
    error: Any

    def reached(self, commitment: str) -> bool:
        """Return whether the commitment, or a higher one, is reached."""
        return LEVELS.index(self.confirmation) >= LEVELS.index(commitment)


@dataclass(frozen=True, slots=True)
class SignatureInfo:
    """One line of an address's history, newest first; `block_time` is unix seconds."""

    signature: str
    slot: int
    error: Any
    block_time: int | None
    confirmation: str | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a transaction would do: `error` is None when it would work, `accounts` those asked for, after it."""

    error: Any
    logs: list[str]
    units: int
    accounts: list[bytes | None]


class Connection:
    """One endpoint of one cluster; use as `async with Chain(cluster) as chain`.

    Every method raises ChainUnavailable when the endpoint does not answer, and ChainError when it answers with
    an error; commitments are "processed", "confirmed" (the default) or "finalized".
    """

    def __init__(self, cluster: Cluster, *, timeout: float = 30) -> None:
        self.cluster = cluster
        self._program = pubkey(cluster.program)
        self._client = AsyncClient(cluster.rpc_url, commitment=Commitment("confirmed"), timeout=timeout)
        if is_loopback(cluster.rpc_url):  # a proxy set for the world outside must not take calls to ourselves
            self._client._provider.session = httpx2.AsyncClient(trust_env=False, timeout=httpx2.Timeout(timeout))

    async def __aenter__(self) -> Self:
        """Open the connection."""
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await self._client.close()

    async def _ask(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except SolanaRpcException as error:
            raise ChainUnavailable(
                f"{self.cluster.rpc_url} did not answer ({_cause(error)}); check the address and the network."
            ) from error
        except RPCException as error:
            raise _rpc_error(error) from error

    # --- the cluster ---

    async def genesis_hash(self) -> str:
        """Return the cluster's identity."""
        return str((await self._ask(self._client.get_genesis_hash())).value)

    async def verify(self) -> None:
        """Raise ClusterMismatch unless the endpoint's genesis hash is the configured one."""
        found = await self.genesis_hash()
        if found != self.cluster.genesis_hash:
            expected = self.cluster.genesis_hash or "(none configured)"
            raise ClusterMismatch(
                f"{self.cluster.rpc_url} serves the cluster with genesis hash {found}, but {expected} is "
                f"configured for {self.cluster.name}; correct the address or the genesis hash."
            )

    async def blockhash(self, commitment: str = "confirmed") -> Blockhash:
        """Return a recent blockhash to sign with; it lives for 150 blocks (about a minute)."""
        value = (await self._ask(self._client.get_latest_blockhash(Commitment(commitment)))).value
        return Blockhash(str(value.blockhash), value.last_valid_block_height)

    async def block_height(self, commitment: str = "finalized") -> int:
        """Return the block height, by which blockhashes expire (it is not the slot)."""
        return (await self._ask(self._client.get_block_height(Commitment(commitment)))).value

    async def slot(self, commitment: str = "confirmed") -> int:
        """Return the slot."""
        return (await self._ask(self._client.get_slot(Commitment(commitment)))).value

    # --- transactions ---

    async def send(self, blob: bytes, *, preflight: bool = True, commitment: str = "confirmed") -> str:
        """Send a signed transaction and return its signature; it is not confirmed yet.

        Raises ProgramError when preflight refuses it (nothing was sent then), ChainUnavailable when it is
        unknown whether it arrived: look the signature up before anything else.
        """
        options = TxOpts(skip_preflight=not preflight, preflight_commitment=Commitment(commitment))
        return str((await self._ask(self._client.send_raw_transaction(blob, options))).value)

    async def simulate(
        self, blob: bytes, *, accounts: Sequence[Address] = (), commitment: str = "confirmed"
    ) -> Simulation:
        """Return what a transaction would do now; signatures and blockhash need not be valid."""
        call = self._client.simulate_transaction(
            VersionedTransaction.from_bytes(blob),
            sig_verify=False,
            replace_recent_blockhash=True,
            commitment=Commitment(commitment),
            accounts_addresses=[pubkey(address) for address in accounts] or None,
        )
        value = (await self._ask(call)).value
        after = [None if account is None else account.data for account in value.accounts or []]
        return Simulation(error_value(value.err), list(value.logs or []), value.units_consumed or 0, after)

    async def statuses(self, signatures: Sequence[str]) -> list[SignatureStatus | None]:
        """Return how far each transaction got, None for those the cluster does not know."""
        found: list[SignatureStatus | None] = []
        for start in range(0, len(signatures), STATUSES_PER_CALL):
            part = [Signature.from_string(text) for text in signatures[start : start + STATUSES_PER_CALL]]
            answer = await self._ask(self._client.get_signature_statuses(part, search_transaction_history=True))
            found += [None if value is None else _status(value) for value in answer.value]
        return found

    async def confirm(
        self, signature: str, last_valid_block_height: int, commitment: str = "confirmed", timeout: float = 60
    ) -> SignatureStatus:
        """Wait until the transaction reaches the commitment and return its status.

        Raises ProgramError when it failed on chain, TransactionExpired when its blockhash died unseen,
        ConfirmTimeout after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        pause = CONFIRM_PAUSE
        while True:
            status = (await self.statuses([signature]))[0]
            expired = status is None and await self.block_height(commitment) > last_valid_block_height
            if expired:  # it may have landed between the two questions
                status = (await self.statuses([signature]))[0]
            failed = status is not None and status.error is not None
            # what failed is told once it is confirmed: only then are its logs, which name the error, to be had
            if status is not None and failed and status.reached("confirmed"):
                raise program_error(status.error, await self.logs(signature))
            if status is not None and not failed and status.reached(commitment):
                return status
            if status is None and expired:
                raise TransactionExpired(
                    f"Transaction {signature} was not seen before its blockhash died at height "
                    f"{last_valid_block_height}; build it again with a fresh one."
                )
            if time.monotonic() > deadline:
                raise ConfirmTimeout(f"Transaction {signature} is not {commitment} after {timeout:g} s.")
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 1.2)

    async def send_and_confirm(
        self, signed: Signed, *, commitment: str = "confirmed", timeout: float = 60
    ) -> SignatureStatus:
        """Send a signed transaction and wait for it. Raises what `send` and `confirm` raise."""
        await self.send(signed.blob)
        return await self.confirm(signed.signature, signed.last_valid_block_height, commitment, timeout)

    async def logs(self, signature: str) -> list[str]:
        """Return the program's lines of a confirmed transaction, [] when it is not known."""
        call = self._client.get_transaction(
            Signature.from_string(signature),
            encoding="base64",
            commitment=Commitment("confirmed"),
            max_supported_transaction_version=0,
        )
        value = (await self._ask(call)).value
        meta = value.transaction.meta if value else None
        return list(meta.log_messages or []) if meta else []

    async def acts(self, signature: str) -> list[ProgramAct]:
        """Return what a confirmed transaction did with the jobs program, [] when it is not known."""
        call = self._client.get_transaction(
            Signature.from_string(signature),
            encoding="base64",
            commitment=Commitment("confirmed"),
            max_supported_transaction_version=0,
        )
        value = (await self._ask(call)).value
        transaction = value.transaction.transaction if value else None
        if not isinstance(transaction, VersionedTransaction):
            return []
        return acts_of(transaction, self.cluster.program)

    async def token_changes(self, signature: str, commitment: str = "finalized") -> dict[str, int] | None:
        """Return by owner what a transaction did to balances of the cluster's token, None when it is not known."""
        call = self._client.get_transaction(
            Signature.from_string(signature),
            encoding="base64",
            commitment=Commitment(commitment),
            max_supported_transaction_version=0,
        )
        value = (await self._ask(call)).value
        meta = value.transaction.meta if value else None
        if meta is None:
            return None
        changes: dict[str, int] = {}
        for sign, balances in ((1, meta.post_token_balances), (-1, meta.pre_token_balances)):
            for row in balances or []:
                if str(row.mint) == str(self.cluster.mint):
                    owner = str(row.owner)
                    changes[owner] = changes.get(owner, 0) + sign * int(row.ui_token_amount.amount)
        return {owner: change for owner, change in changes.items() if change}

    async def signatures_for(
        self, address: Address, limit: int = 100, before: str | None = None, commitment: str = "confirmed"
    ) -> list[SignatureInfo]:
        """Return the newest transactions that named the address; [] means it was never used."""
        call = self._client.get_signatures_for_address(
            pubkey(address),
            before=Signature.from_string(before) if before else None,
            limit=limit,
            commitment=Commitment(commitment),
        )
        return [
            SignatureInfo(
                str(line.signature),
                line.slot,
                error_value(line.err),
                line.block_time,
                _level(line.confirmation_status),
            )
            for line in (await self._ask(call)).value
        ]

    # --- raw accounts ---

    async def account_data(self, address: Address, commitment: str = "confirmed") -> bytes | None:
        """Return an account's bytes, None when it does not exist."""
        value = (await self._ask(self._client.get_account_info(pubkey(address), Commitment(commitment)))).value
        return None if value is None else value.data

    async def accounts_data(self, wanted: Sequence[Address], commitment: str = "confirmed") -> list[bytes | None]:
        """Return the bytes of many accounts, in order, None for those that do not exist."""
        return (await self.accounts_read(wanted, commitment))[1]

    async def accounts_read(
        self, wanted: Sequence[Address], commitment: str = "confirmed"
    ) -> tuple[int, list[bytes | None]]:
        """Return the oldest slot of the answers, 0 without any, and what accounts_data returns."""
        found: list[bytes | None] = []
        slots: list[int] = []
        for start in range(0, len(wanted), ACCOUNTS_PER_CALL):
            part = [pubkey(address) for address in wanted[start : start + ACCOUNTS_PER_CALL]]
            answer = await self._ask(self._client.get_multiple_accounts(part, Commitment(commitment)))
            slots.append(answer.context.slot)
            found += [None if value is None else value.data for value in answer.value]
        return min(slots, default=0), found


def is_loopback(url: str) -> bool:
    """Return whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cause(error: BaseException) -> str:
    cause = error.__cause__ or error
    said = str(cause).partition("\n")[0]  # what follows is advice for whoever writes the client
    return f"{type(cause).__name__}: {said}" if said else type(cause).__name__


def error_value(error: Any) -> Any:
    """Return a transaction's error as the JSON-RPC value (text, dict or None), whatever type solders gave it."""
    if error is None:
        return None
    return json.loads(RpcSimulateTransactionResult(err=error).to_json())["err"]


def _level(value: Any) -> str | None:
    if value is None:
        return None
    return LEVELS[int(value)]


def _status(value: Any) -> SignatureStatus:
    return SignatureStatus(value.slot, _level(value.confirmation_status) or "finalized", error_value(value.err))


def _rpc_error(error: RPCException) -> ChainError:
    said = error.args[0] if error.args else error
    if isinstance(said, SendTransactionPreflightFailureMessage):
        return program_error(error_value(said.data.err), said.data.logs or [])
    message = getattr(said, "message", None) or str(said)
    return ChainError(f"The endpoint answered: {message}")
