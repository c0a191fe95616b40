"""Jobs program: what a node does (work, stop, claim, complete, finish, quit)."""

from collections.abc import Callable
from dataclasses import replace

from nosana.chain import addresses
from nosana.chain.access import collection_of
from nosana.chain.accounts import JobAccount, JobState, MarketAccount, QueueType, RunAccount, StakeAccount
from nosana.chain.cluster import SYSTEM_PROGRAM
from nosana.cid import NO_RESULT
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN
from solders.token.state import TokenAccount

from sandbox.chain.programs.anchor import Call, Info
from sandbox.chain.programs.jobs import Rules


class Node:
    """Instructions whose authority is a node."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def handlers(self) -> dict[str, Callable[[Call], None]]:
        """Return the instructions by name."""
        return {
            "work": self.work,
            "stop": self.stop,
            "claim": self.claim,
            "complete": self.complete,
            "finish": self.finish,
            "quit": self.quit,
        }

    def _may_work(
        self, call: Call, market: MarketAccount, stake: tuple[Info, StakeAccount], nft: tuple[Info, TokenAccount],
        metadata: Info, node: Info,
    ) -> None:  # fmt: skip
        (stake_info, staked), (nft_info, token) = stake, nft
        call.require(staked.authority == str(node.key), "Unauthorized", stake_info)
        call.require(staked.xnos >= market.node_xnos_minimum, "NodeNotEnoughStake", stake_info)
        expected = addresses.stake_account(self.rules.cluster, node.key)
        call.require(str(stake_info.key) == expected, "InvalidStakeAccount", stake_info)
        if market.node_access_key == SYSTEM_PROGRAM:
            return  # any live token account will do
        call.require(token.owner == node.key, "NodeNftWrongOwner", nft_info)
        call.require(token.amount >= 1, "NodeNftInvalidAmount", nft_info)
        held = call.vm.get(metadata.key)
        found = collection_of(held.data) if held is not None else None
        if found is None:
            raise call.panic("called `Option::unwrap()` on a `None` value")
        collection, verified = found
        right = str(metadata.key) == addresses.metadata(token.mint)
        good = right and verified and str(collection) == market.node_access_key
        call.require(good, "NodeKeyInvalidCollection", metadata)

    def work(self, call: Call) -> None:
        """Take the market's first job, or wait in its queue."""
        rules = self.rules
        run, market, payer, stake, nft, metadata, authority, system = call.accounts(
            "run", "market", "payer", "stake", "nft", "metadata", "authority", "system_program"
        )
        account = call.load(market, MarketAccount)
        call.signer(payer)
        staked = call.load(stake, StakeAccount, rules.staking)
        token = call.token_account(nft)
        call.signer(authority)
        call.program_is(system, SYSTEM)
        rules.run_unused(call, run)
        call.mut(market)
        queued = account.queue_type != QueueType.JOB and str(authority.key) in account.queue
        call.require(not queued, "NodeAlreadyQueued", market)
        call.mut(payer)
        self._may_work(call, account, (stake, staked), (nft, token), metadata, authority)
        if account.queue_type == QueueType.JOB:
            account, job = rules.queue_pop(account)
            rules.run_create(call, run, payer, job, str(authority.key))
        else:
            account = rules.queue_push(call, account, authority.key, QueueType.NODE)
        call.store(market, account)

    def stop(self, call: Call) -> None:
        """Leave the market's queue."""
        market, node, authority = call.accounts("market", "node", "authority")
        account = call.load(market, MarketAccount)
        call.signer(authority)
        call.mut(market)
        call.require(account.queue_type == QueueType.NODE, "MarketInWrongState", market)
        allowed = authority.key == node.key or str(authority.key) == account.authority
        call.require(allowed, "Unauthorized", node)
        call.store(market, self.rules.queue_remove(call, account, node.key))

    def claim(self, call: Call) -> None:
        """Run a job another node quit; its state stays Stopped."""
        rules = self.rules
        job, run, market, stake, nft, metadata, payer, authority, system = call.accounts(
            "job", "run", "market", "stake", "nft", "metadata", "payer", "authority", "system_program"
        )
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        staked = call.load(stake, StakeAccount, rules.staking)
        token = call.token_account(nft)
        call.signer(payer)
        call.signer(authority)
        call.program_is(system, SYSTEM)
        call.mut(run)
        rules.run_create(call, run, payer, str(job.key), str(authority.key))
        call.mut(job)
        call.require(value.market == str(market.key), "InvalidMarketAccount", job)
        call.require(value.state == JobState.STOPPED, "JobInWrongState", job)
        self._may_work(call, account, (stake, staked), (nft, token), metadata, authority)
        call.mut(payer)

    def complete(self, call: Call) -> None:
        """Set the result of a job that its project ended."""
        (digest,) = call.arguments("32s")
        job, authority = call.accounts("job", "authority")
        value = call.load(job, JobAccount)
        call.signer(authority)
        call.mut(job)
        call.require(value.state == JobState.DONE, "JobInWrongState", job)
        call.require(value.node == str(authority.key), "Unauthorized", job)
        call.require(value.ipfs_result == NO_RESULT, "JobResultsAlreadySet", job)
        call.require(digest != NO_RESULT, "JobResultNull")
        call.store(job, replace(value, ipfs_result=digest))

    def finish(self, call: Call) -> None:
        """End one's own run with a result: get paid, return the rest, close the run."""
        rules = self.rules
        (digest,) = call.arguments("32s")
        job, run, market, vault, deposit, user, payer_run, payer_job, authority, token = call.accounts(
            "job", "run", "market", "vault", "deposit", "user", "payer_run", "payer_job", "authority",
            "token_program",
        )  # fmt: skip
        value = call.load(job, JobAccount)
        running = call.load(run, RunAccount)
        account = call.load(market, MarketAccount)
        call.token_account(vault)
        call.token_account(deposit)
        paid = call.token_account(user)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(vault, user)
        call.mut(job)
        call.require(value.market == str(market.key), "InvalidMarketAccount", job)
        call.require(value.payer == str(payer_job.key), "InvalidPayer", job)
        call.mut(run)
        call.require(running.payer == str(payer_run.key), "InvalidPayer", run)
        call.require(running.job == str(job.key), "InvalidJobAccount", run)
        call.require(running.node == str(authority.key), "Unauthorized", run)
        rules.vault_of(call, market, account, vault)
        call.mut(vault, deposit)
        call.require(value.price == 0 or deposit.key == rules.ata(value.payer), "InvalidATA", deposit)
        call.mut(user)
        call.require(value.price == 0 or paid.mint == rules.mint, "InvalidATA", user)
        call.mut(payer_run, payer_job)
        call.require(digest != NO_RESULT, "JobResultNull")
        now = call.vm.time()
        ended = replace(
            value,
            state=JobState.DONE,
            ipfs_result=digest,
            node=running.node,
            time_start=running.time,
            time_end=now,
        )
        call.store(job, ended)
        rules.settle(call, ended, now - running.time, vault, user, deposit)
        call.close(run, payer_run)

    def quit(self, call: Call) -> None:
        """Give one's run up, unpaid; the job becomes Stopped."""
        job, run, payer, authority = call.accounts("job", "run", "payer", "authority")
        value = call.load(job, JobAccount)
        running = call.load(run, RunAccount)
        call.signer(authority)
        call.mut(job, run)
        call.require(running.job == str(job.key), "InvalidJobAccount", run)
        call.require(running.payer == str(payer.key), "InvalidPayer", run)
        call.require(running.node == str(authority.key), "Unauthorized", run)
        call.mut(payer)
        call.store(job, replace(value, state=JobState.STOPPED))
        call.close(run, payer)
