"""Jobs program: what a market's owner, the network's admin and anyone may do with markets and dead accounts."""

from collections.abc import Callable
from dataclasses import replace

from nosana.chain import addresses
from nosana.chain.accounts import JobAccount, JobState, JobType, MarketAccount, QueueType, RunAccount
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Info
from sandbox.chain.programs.jobs import Rules


class Market:
    """Instructions of market owners, of the admin, and `clean`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def handlers(self) -> dict[str, Callable[[Call], None]]:
        """Return the instructions by name."""
        return {
            "open": self.open,
            "update": self.update,
            "close": self.close,
            "close_admin": self.close_admin,
            "quit_admin": self.quit_admin,
            "clean": self.clean,
            "clean_admin": self.clean_admin,
        }

    def open(self, call: Call) -> None:
        """Create a market and its vault."""
        rules = self.rules
        expiration, price, timeout, kind, minimum = call.arguments("qQqBO")
        mint, market, vault, authority, access_key, rent, system, token = call.accounts(
            "mint", "market", "vault", "authority", "access_key", "rent", "system_program", "token_program"
        )
        call.mint_account(mint)
        call.signer(authority)
        call.rent_sysvar(rent)
        call.program_is(system, SYSTEM)
        call.program_is(token, TOKEN)
        call.mut(market)
        call.create(market, authority, MarketAccount.SIZE, rules.program)
        address, bump = addresses.vault(rules.cluster, market.key)
        call.require(str(vault.key) == address, "ConstraintSeeds", vault)
        call.mut(vault)
        call.token_account_create(vault, authority, mint.key, vault.key)
        call.require(mint.key == rules.mint, "InvalidMint", mint)
        call.mut(authority)
        known = kind if kind <= JobType.GPU else JobType.UNKNOWN
        value = MarketAccount(
            str(authority.key), expiration, price, timeout, int(known), address, bump, str(access_key.key),
            minimum, QueueType.EMPTY, (),
        )  # fmt: skip
        call.store(market, value)

    def update(self, call: Call) -> None:
        """Change a market's terms; what is queued stays as it is."""
        expiration, price, kind, minimum, timeout = call.arguments("qQBOq")
        market, access_key, authority = call.accounts("market", "access_key", "authority")
        account = call.load(market, MarketAccount)
        call.signer(authority)
        call.mut(market)
        call.require(account.authority == str(authority.key), "Unauthorized", market)
        known = kind if kind <= JobType.GPU else JobType.UNKNOWN
        value = replace(
            account, job_expiration=expiration, job_price=price, job_type=int(known), node_xnos_minimum=minimum,
            job_timeout=timeout, node_access_key=str(access_key.key),
        )  # fmt: skip
        call.store(market, value)

    def close(self, call: Call) -> None:
        """Close one's market; whatever its vault holds goes to `user` (network facts §1.9 h)."""
        self._close(call, admin=False)

    def close_admin(self, call: Call) -> None:
        """Close any market as admin."""
        self._close(call, admin=True)

    def _close(self, call: Call, *, admin: bool) -> None:
        rules = self.rules
        market, vault, user, authority, token = call.accounts(
            "market", "vault", "user", "authority", "token_program"
        )
        account = call.load(market, MarketAccount)
        held = call.token_account(vault)
        call.token_account(user)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(vault, user)
        call.mut(market)
        rules.vault_of(call, market, account, vault)
        if not admin:
            call.require(account.authority == str(authority.key), "Unauthorized", market)
        call.mut(vault, user, authority)
        if admin:
            call.require(authority.key == rules.market_admin, "Unauthorized", authority)
        rules.pay_out(call, vault, user, held.amount)
        call.token_close(vault, authority, vault)
        call.close(market, authority)

    def _admin(self, call: Call, authority: Info) -> None:
        call.require(authority.key == self.rules.market_admin, "Unauthorized", authority)

    def quit_admin(self, call: Call) -> None:
        """Close a run as admin; its job is stranded (network facts §1.9 e)."""
        run, payer, authority = call.accounts("run", "payer", "authority")
        running = call.load(run, RunAccount)
        call.signer(authority)
        call.mut(run)
        call.require(running.payer == str(payer.key), "InvalidPayer", run)
        call.mut(payer)
        self._admin(call, authority)
        call.close(run, payer)

    def clean(self, call: Call) -> None:
        """Close an ended job's account after the expiration time of any market given (network facts §1.9 g)."""
        job, market, payer = call.accounts("job", "market", "payer")
        value = call.load(job, JobAccount)
        account = call.load(market, MarketAccount)
        call.mut(job)
        call.require(value.payer == str(payer.key), "InvalidPayer", job)
        call.require(value.state == JobState.DONE, "JobInWrongState", job)
        expired = call.vm.time() - value.time_end > account.job_expiration
        call.require(expired, "JobNotExpired", job)
        call.mut(payer)
        call.close(job, payer)

    def clean_admin(self, call: Call) -> None:
        """Close any job's account as admin."""
        job, payer, authority = call.accounts("job", "payer", "authority")
        value = call.load(job, JobAccount)
        call.signer(authority)
        call.mut(job)
        call.require(value.payer == str(payer.key), "InvalidPayer", job)
        call.mut(payer)
        self._admin(call, authority)
        call.close(job, payer)
