"""Jobs program: what a project does with its jobs (list, assign, delist, recover, extend, end)."""

from collections.abc import Callable
from dataclasses import replace

from nosana.chain.accounts import JobAccount, JobState, MarketAccount, QueueType, ReflectionAccount, RunAccount
from nosana.chain.cluster import SYSTEM_PROGRAM
from nosana.cid import NO_RESULT
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Info
from sandbox.chain.programs.jobs import Rules


class Project:
    """Instructions whose authority is the job's project."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def handlers(self) -> dict[str, Callable[[Call], None]]:
        """Return the instructions by name."""
        return {
            "list": self.list,
            "assign": self.assign,
            "delist": self.delist,
            "recover": self.recover,
            "extend": self.extend,
            "end": self.end,
        }

    def list(self, call: Call) -> None:
        """Create a job, take its deposit, and give it to the first waiting node or queue it."""
        self._list(call, None)

    def assign(self, call: Call) -> None:
        """Create a job for one waiting node."""
        self._list(call, "node")

    def _list(self, call: Call, chosen: str | None) -> None:
        rules = self.rules
        digest, timeout = call.arguments("32sq")
        names = ["job", "market", "run", *([chosen] if chosen else []), "user", "vault", "payer"]
        names += ["rewards_reflection", "rewards_vault", "authority", "rewards_program", "token_program"]
        info = {i.name: i for i in call.accounts(*names, "system_program")}
        job, market, run, user, vault, payer = (
            info[n] for n in ("job", "market", "run", "user", "vault", "payer")
        )
        pool = info["rewards_reflection"], info["rewards_vault"]
        account = call.load(market, MarketAccount)
        call.token_account(user)
        call.token_account(vault)
        call.signer(payer)
        call.load(pool[0], ReflectionAccount, rules.rewards)
        call.token_account(pool[1])
        call.signer(info["authority"])
        call.program_is(info["rewards_program"], rules.rewards)
        call.program_is(info["token_program"], TOKEN)
        call.program_is(info["system_program"], SYSTEM)
        call.mut(job)
        call.create(job, payer, JobAccount.SIZE, rules.program)
        call.distinct(user, vault, pool[1])
        call.mut(market)
        rules.vault_of(call, market, account, vault)
        if chosen:
            call.require(account.queue_type == QueueType.NODE, "MarketInWrongState", market)
        rules.run_unused(call, run)
        call.mut(user)
        call.require(account.job_price == 0 or user.key == rules.ata(payer.key), "InvalidATA", user)
        call.mut(vault, payer, *pool)
        key, project = str(job.key), str(info["authority"].key)
        value = JobAccount(
            digest, NO_RESULT, str(market.key), SYSTEM_PROGRAM, str(payer.key), account.job_price, project,
            JobState.QUEUED, 0, 0, timeout,
        )  # fmt: skip
        call.store(job, value)
        if chosen:
            account = rules.queue_remove(call, account, info[chosen].key)
            rules.run_create(call, run, payer, key, str(info[chosen].key))
        elif account.queue_type == QueueType.NODE:
            account, node = rules.queue_pop(account)
            rules.run_create(call, run, payer, key, node)
        else:
            account = rules.queue_push(call, account, job.key, QueueType.JOB)
        call.store(market, account)
        if value.price:
            deposit = rules.amount(call, value.price, timeout)
            rules.pay_in(call, user, vault, payer, pool, deposit)

    def _own_job(self, call: Call, job: Info, value: JobAccount, market: Info, authority: Info) -> None:
        call.require(value.market == str(market.key), "InvalidMarketAccount", job)
        call.require(value.project == str(authority.key), "Unauthorized", job)

    def delist(self, call: Call) -> None:
        """Close a queued job and return its deposit."""
        rules = self.rules
        job, market, deposit, payer, vault, token, authority = call.accounts(
            "job", "market", "deposit", "payer", "vault", "token_program", "authority"
        )
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        call.token_account(deposit)
        call.token_account(vault)
        call.program_is(token, TOKEN)
        call.signer(authority)
        call.distinct(deposit, vault)
        call.mut(job)
        call.require(value.payer == str(payer.key), "InvalidPayer", job)
        self._own_job(call, job, value, market, authority)
        call.require(value.state == JobState.QUEUED, "JobInWrongState", job)
        call.mut(market)
        rules.vault_of(call, market, account, vault)
        call.require(account.queue_type == QueueType.JOB, "MarketInWrongState", market)
        call.mut(deposit)
        call.require(value.price == 0 or deposit.key == rules.ata(value.payer), "InvalidATA", deposit)
        call.mut(payer, vault, authority)
        call.store(market, rules.queue_remove(call, account, job.key))
        if value.price:
            rules.pay_out(call, vault, deposit, rules.amount(call, value.price, value.timeout))
        call.close(job, payer)

    def recover(self, call: Call) -> None:
        """Close a job its node quit and return its deposit to any NOS account."""
        rules = self.rules
        job, market, vault, user, payer, authority, token = call.accounts(
            "job", "market", "vault", "user", "payer", "authority", "token_program"
        )
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        call.token_account(vault)
        call.token_account(user)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(vault, user)
        call.mut(job)
        call.require(value.payer == str(payer.key), "InvalidPayer", job)
        self._own_job(call, job, value, market, authority)
        call.require(value.state == JobState.STOPPED, "JobInWrongState", job)
        rules.vault_of(call, market, account, vault)
        call.mut(vault, user, payer)
        if value.price:
            rules.pay_out(call, vault, user, rules.amount(call, value.price, value.timeout))
        call.close(job, payer)

    def extend(self, call: Call) -> None:
        """Raise a job's timeout and take the deposit for the seconds added."""
        rules = self.rules
        (timeout,) = call.arguments("q")
        job, market, user, vault, reflection, rewards_vault, authority, payer, rewards, token = call.accounts(
            "job", "market", "user", "vault", "rewards_reflection", "rewards_vault", "authority", "payer",
            "rewards_program", "token_program",
        )  # fmt: skip
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        call.token_account(user)
        call.token_account(vault)
        call.load(reflection, ReflectionAccount, rules.rewards)
        call.token_account(rewards_vault)
        call.signer(authority)
        call.signer(payer)
        call.program_is(rewards, rules.rewards)
        call.program_is(token, TOKEN)
        call.distinct(user, vault, rewards_vault)
        call.mut(job)
        self._own_job(call, job, value, market, authority)
        call.require(value.price == 0 or value.payer == str(payer.key), "Unauthorized", job)
        call.require(value.state == JobState.QUEUED, "JobInWrongState", job)
        rules.vault_of(call, market, account, vault)
        call.mut(user)
        call.require(value.price == 0 or user.key == rules.ata(payer.key), "InvalidATA", user)
        call.mut(vault, reflection, rewards_vault)
        call.require(timeout > value.timeout, "JobTimeoutNotGreater")
        call.store(job, replace(value, timeout=timeout))
        if value.price:
            added = rules.amount(call, value.price, timeout - value.timeout)
            rules.pay_in(call, user, vault, payer, (reflection, rewards_vault), added)

    def end(self, call: Call) -> None:
        """Stop a running job: pay its node for the seconds so far, return the rest, close the run."""
        rules = self.rules
        job, market, run, deposit, user, vault, payer, authority, token = call.accounts(
            "job", "market", "run", "deposit", "user", "vault", "payer", "authority", "token_program"
        )
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        running = call.load(run, RunAccount)
        for info in (deposit, user, vault):
            call.token_account(info)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(user, vault)
        call.mut(job)
        self._own_job(call, job, value, market, authority)
        rules.vault_of(call, market, account, vault)
        call.mut(run)
        call.require(running.payer == str(payer.key), "InvalidPayer", run)
        call.require(running.job == str(job.key), "InvalidJobAccount", run)
        call.mut(deposit)
        call.require(value.price == 0 or deposit.key == rules.ata(value.payer), "InvalidATA", deposit)
        call.mut(user)
        call.require(value.price == 0 or user.key == rules.ata(running.node), "InvalidATA", user)
        call.mut(vault, payer, authority)
        now = call.vm.time()
        ended = replace(value, state=JobState.DONE, node=running.node, time_start=running.time, time_end=now)
        call.store(job, ended)
        rules.settle(call, ended, now - running.time, vault, user, deposit)
        call.close(run, payer)
