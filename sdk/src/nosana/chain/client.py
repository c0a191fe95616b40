"""`Chain`: questions to and transactions for the Nosana jobs program over Solana JSON-RPC."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar

from solana.rpc.commitment import Commitment
from solana.rpc.models import MemcmpOpts, TokenAccountOpts
from solders.token.state import TokenAccount

from nosana import base58
from nosana.chain import addresses
from nosana.chain.access import collection_of
from nosana.chain.accounts import JobAccount, JobState, MarketAccount, RunAccount, StakeAccount
from nosana.chain.addresses import pubkey
from nosana.chain.cluster import TOKEN_PROGRAM, Address, Cluster, cluster_profile
from nosana.chain.connection import Connection
from nosana.chain.probe import Probe, probe
from nosana.chain.subscriptions import Change, Resync, changes

TOKEN_ACCOUNT_SIZE = 165  # bytes of an SPL token account


class _Decodable(Protocol):
    @classmethod
    def decode(cls, data: bytes) -> Self: ...


A = TypeVar("A", bound=_Decodable)
T = TypeVar("T")


class Chain(Connection):
    """One endpoint of one cluster; use as `async with Chain(cluster) as chain`.

    Every method raises ChainUnavailable when the endpoint does not answer, and ChainError when it answers with
    an error; commitments are "processed", "confirmed" (the default) or "finalized".
    """

    # --- accounts ---

    async def _one(self, kind: type[A], address: Address, commitment: str) -> A | None:
        data = await self.account_data(address, commitment)
        return None if data is None else kind.decode(data)

    async def job(self, address: Address, commitment: str = "confirmed") -> JobAccount | None:
        """Return the job at the address, None when there is none."""
        return await self._one(JobAccount, address, commitment)

    async def run(self, address: Address, commitment: str = "confirmed") -> RunAccount | None:
        """Return the run at the address, None when there is none."""
        return await self._one(RunAccount, address, commitment)

    async def market(self, address: Address, commitment: str = "confirmed") -> MarketAccount | None:
        """Return the market at the address, None when there is none."""
        return await self._one(MarketAccount, address, commitment)

    async def stake(self, authority: Address, commitment: str = "confirmed") -> StakeAccount | None:
        """Return the authority's stake, None when it has none."""
        return await self._one(StakeAccount, addresses.stake_account(self.cluster, authority), commitment)

    async def _all(self, kind: type[A], fields: Mapping[int, bytes], commitment: str) -> dict[str, A]:
        wanted = {0: kind.DISCRIMINATOR, **fields}  # type: ignore[attr-defined]
        filters = [MemcmpOpts(offset=offset, bytes=base58.encode(value)) for offset, value in wanted.items()]
        call = self._client.get_program_accounts(
            self._program, commitment=Commitment(commitment), encoding="base64", filters=filters
        )
        return {str(line.pubkey): kind.decode(line.account.data) for line in (await self._ask(call)).value}

    async def jobs(
        self,
        project: Address | None = None,
        market: Address | None = None,
        state: JobState | int | None = None,
        node: Address | None = None,
        commitment: str = "confirmed",
    ) -> dict[str, JobAccount]:
        """Return the jobs that match all that is given, by address; `node` is only stored once a job has ended."""
        fields = _fields({176: project, 72: market, 104: node})
        if state is not None:
            fields[208] = bytes([state])
        return await self._all(JobAccount, fields, commitment)

    async def jobs_paid_by(self, payer: Address, commitment: str = "confirmed") -> Iterator[tuple[str, bytes]]:
        """Return address and bytes of every job whose deposit this key paid, to be decoded where it matters."""
        wanted = {0: JobAccount.DISCRIMINATOR, 136: bytes(pubkey(payer))}
        filters = [MemcmpOpts(offset=offset, bytes=base58.encode(value)) for offset, value in wanted.items()]
        call = self._client.get_program_accounts(
            self._program, commitment=Commitment(commitment), encoding="base64", filters=filters
        )
        lines = (await self._ask(call)).value
        return ((str(line.pubkey), line.account.data) for line in lines)

    async def runs(
        self, job: Address | None = None, node: Address | None = None, commitment: str = "confirmed"
    ) -> dict[str, RunAccount]:
        """Return the runs that match all that is given, by address."""
        return await self._all(RunAccount, _fields({8: job, 40: node}), commitment)

    async def markets(self, commitment: str = "confirmed") -> dict[str, MarketAccount]:
        """Return every market, by address."""
        return await self._all(MarketAccount, {}, commitment)

    # --- balances and addresses ---

    async def token_balance(self, owner: Address, commitment: str = "confirmed") -> int:
        """Return the micro-NOS of the owner's NOS account, 0 when it has none."""
        return await self.token_account_balance(self.ata(owner), commitment)

    async def token_account_balance(self, account: Address, commitment: str = "confirmed") -> int:
        """Return the micro-NOS of a token account (such as a vault), 0 when it does not exist."""
        data = await self.account_data(account, commitment)
        return 0 if data is None else TokenAccount.from_bytes(data).amount

    async def sol_balance(self, owner: Address, commitment: str = "confirmed") -> int:
        """Return the lamports of the account."""
        return (await self._ask(self._client.get_balance(pubkey(owner), Commitment(commitment)))).value

    def vault(self, market: Address) -> str:
        """Return the market's vault address."""
        return addresses.vault(self.cluster, market)[0]

    def ata(self, owner: Address) -> str:
        """Return the owner's NOS account address."""
        return addresses.ata(owner, self.cluster.mint)

    async def access_key(
        self, owner: Address, collection: Address, commitment: str = "confirmed"
    ) -> tuple[str, str] | None:
        """Return (token account, metadata account) of an access key of the collection that the owner holds.

        Pass them as `nft` and `metadata` to `instructions.work` in a market that asks for the collection
        (`MarketAccount.access_key`); None when the owner holds none that is verified.
        """
        options = TokenAccountOpts(program_id=pubkey(TOKEN_PROGRAM), encoding="base64")
        call = self._client.get_token_accounts_by_owner(pubkey(owner), options, Commitment(commitment))
        held = [(line.pubkey, line.account.data) for line in (await self._ask(call)).value]
        live = [(str(key), TokenAccount.from_bytes(data)) for key, data in held if len(data) == TOKEN_ACCOUNT_SIZE]
        tokens = [(key, addresses.metadata(token.mint)) for key, token in live if token.amount]
        found = await self.accounts_data([metadata for _, metadata in tokens], commitment)
        for place, data in zip(tokens, found, strict=True):
            if data is not None and collection_of(data) == (pubkey(collection), True):
                return place
        return None

    # --- what changes, and what program this is ---

    def changes(
        self, commitment: str = "confirmed", *, on_cut: Callable[[str], None] | None = None
    ) -> AsyncIterator[Change | Resync]:
        """Yield the program's created, changed and closed accounts, for ever, reconnecting when needed.

        A Resync comes first and after every reconnection: only then is nothing missed, if everything is read once.
        `on_cut` is told why nothing is heard, until the next Resync.
        """
        return changes(self.cluster, commitment, on_cut=on_cut)

    async def probe(self, *, market: Address, payer: Address) -> Probe:
        """Simulate a listing (nothing is sent, no signature is needed) to see how the program on chain behaves.

        `payer` needs some SOL and NOS. Raises ProgramMismatch when the accounts' layout, the instructions'
        accounts or the network fee are not what this library and the cluster's `fee_divisor` expect.
        """
        return await probe(self, market=market, payer=payer, runs=await self.runs())


async def cluster_discover(rpc_url: str, name: str = "sandbox", **overrides: Any) -> Cluster:
    """Return the profile with the genesis hash the endpoint answers now; for sandboxes, never for real money."""
    cluster = cluster_profile(name, rpc_url, **overrides)
    async with Chain(cluster) as chain:
        return cluster_profile(name, rpc_url, **{**overrides, "genesis_hash": await chain.genesis_hash()})


def chain_ask(cluster: Cluster | str, question: Callable[[Chain], Awaitable[T]]) -> T:
    """Return the answer to a question such as `lambda chain: chain.markets()`, for scripts without an event loop.

    A text is the address of a sandbox; any other cluster is verified first. Raises what `Chain` raises.
    """

    async def ask() -> T:
        known = await cluster_discover(cluster) if isinstance(cluster, str) else cluster
        async with Chain(known) as chain:
            await chain.verify()
            return await question(chain)

    return asyncio.run(ask())


def _fields(values: Mapping[int, Address | None]) -> dict[int, bytes]:
    return {offset: bytes(pubkey(address)) for offset, address in values.items() if address is not None}
