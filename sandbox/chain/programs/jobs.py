"""The jobs program: errors, shared rules, and the table of its instructions (network facts §1)."""

from dataclasses import replace

from nosana.chain import Cluster, addresses
from nosana.chain.accounts import JobAccount, JobType, MarketAccount, QueueType, RunAccount
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Info, discriminator

U64 = 2**64
ERRORS: dict[str, tuple[int, str]] = {
    "InvalidMarketAccount": (6000, "This market account is not valid"),
    "MarketInWrongState": (6001, "This market does not have the right status"),
    "NotInMarketQueue": (6002, "The account is not in the market queue"),
    "InvalidJobAccount": (6003, "This job account is not valid"),
    "JobInWrongState": (6004, "This job does not have the right status"),
    "JobNotExpired": (6005, "The job has not yet expired"),
    "JobResultNull": (6006, "The job result can not be null"),
    "JobInvalidProject": (6007, "The job has a different project owner"),
    "JobTimeoutNotGreater": (6008, "The new job timeout should be larger than the current one"),
    "JobInvalidRunAccount": (6009, "The run account does not match the job"),
    "JobResultsAlreadySet": (6010, "The job results are already set"),
    "NodeQueueDoesNotMatch": (6011, "This node queue does not match"),
    "NodeStakeUnauthorized": (6012, "This node is not authorizing this stake"),
    "NodeNotEnoughStake": (6013, "This node has not staked enough tokens"),
    "NodeAlreadyQueued": (6014, "This node is already present in the queue"),
    "NodeNftWrongMetadata": (6015, "This metadata does not have the correct address"),
    "NodeNftWrongOwner": (6016, "This NFT is not owned by this node"),
    "NodeNftInvalidAmount": (6017, "Access NFT amount cannot be 0"),
    "NodeKeyInvalidCollection": (6018, "This access key does not belong to a verified collection"),
    "Unauthorized": (6000, "This account is not authorized to perform this action"),
    "InvalidOwner": (6001, "This account is owned by an invalid program"),
    "LamportsNonNull": (6002, "This account has lamports"),
    "MissingSignature": (6003, "This account is missing a signature"),
    "InvalidAccount": (6004, "This account is not valid"),
    "InvalidTokenAccount": (6005, "This token account is not valid"),
    "InvalidMint": (6006, "This mint is invalid"),
    "InvalidVault": (6007, "This account has an invalid vault"),
    "InvalidPayer": (6008, "This account has an invalid payer"),
    "VaultEmpty": (6009, "This vault is empty"),
    "VaultNotEmpty": (6010, "This vault is not empty"),
    "InvalidStakeAccount": (6012, "This stake account is not valid"),
    "InvalidATA": (6011, "This token account is not an ATA"),
}


class Rules:
    """What the program's instructions share, for one cluster."""

    def __init__(self, cluster: Cluster, market_admin: str) -> None:
        self.cluster = cluster
        self.program = Pubkey.from_string(cluster.program)
        self.mint = Pubkey.from_string(cluster.mint)
        self.staking = Pubkey.from_string(cluster.staking)
        self.rewards = Pubkey.from_string(cluster.rewards)
        self.market_admin = Pubkey.from_string(market_admin)
        self.fee_divisor = cluster.fee_divisor

    def ata(self, owner: Pubkey | str) -> Pubkey:
        """Return the NOS account of an owner."""
        return Pubkey.from_string(addresses.ata(owner, self.cluster.mint))

    def amount(self, call: Call, price: int, seconds: int) -> int:
        """Return price × seconds as the program computes it: in 64 bits, or it panics."""
        if seconds < 0:
            raise call.panic("called `Result::unwrap()` on an `Err` value: TryFromIntError(())")
        if price * seconds >= U64:
            raise call.panic("attempt to multiply with overflow")
        return price * seconds

    # --- market ---

    def vault_of(self, call: Call, market: Info, account: MarketAccount, vault: Info) -> None:
        """Check `has_one = vault`."""
        call.require(account.vault == str(vault.key), "InvalidVault", market)

    def queue_push(self, call: Call, market: MarketAccount, key: Pubkey, kind: QueueType) -> MarketAccount:
        """Return the market with the key at the queue's end; type 255 queues nothing (network facts §1.9 f)."""
        if market.job_type == JobType.UNKNOWN:
            return market
        return replace(market, queue_type=kind, queue=(*market.queue, str(key)))

    def queue_pop(self, market: MarketAccount) -> tuple[MarketAccount, str]:
        """Return the market without its first entry, and that entry."""
        return self._queue(market, market.queue[1:]), market.queue[0]

    def queue_remove(self, call: Call, market: MarketAccount, key: Pubkey) -> MarketAccount:
        """Return the market without the key. Raises NotInMarketQueue."""
        call.require(str(key) in market.queue, "NotInMarketQueue")
        return self._queue(market, tuple(entry for entry in market.queue if entry != str(key)))

    @staticmethod
    def _queue(market: MarketAccount, queue: tuple[str, ...]) -> MarketAccount:
        return replace(market, queue=queue, queue_type=market.queue_type if queue else QueueType.EMPTY)

    # --- runs ---

    def run_unused(self, call: Call, run: Info) -> None:
        """Check that a run address is a fresh key that signed.

        Its owner is checked last on the network and cannot be wrong then: without lamports it is the system's.
        """
        call.mut(run)
        call.require(run.signer, "MissingSignature", run)
        call.require(call.vm.get(run.key) is None, "LamportsNonNull", run)

    def run_create(self, call: Call, run: Info, payer: Info, job: str, node: str) -> None:
        """Create the run account of a job that starts now."""
        call.create(run, payer, RunAccount.SIZE, self.program)
        call.store(run, RunAccount(job, node, str(payer.key), 0, call.vm.time()))

    # --- money ---

    def pay_in(
        self, call: Call, source: Info, vault: Info, authority: Info, pool: tuple[Info, Info], amount: int
    ) -> None:
        """Move a deposit into the vault and the network fee, if any, into the rewards vault."""
        call.token_transfer(source, vault, authority, amount)
        fee = amount // self.fee_divisor if self.fee_divisor else 0
        if fee:
            reflection, rewards_vault = pool
            metas = [
                AccountMeta(source.key, False, True), AccountMeta(reflection.key, False, True),
                AccountMeta(rewards_vault.key, False, True), AccountMeta(authority.key, True, False),
                AccountMeta(TOKEN, False, False),
            ]  # fmt: skip
            data = discriminator("add_fee") + fee.to_bytes(8, "little")
            call.vm.invoke(Instruction(self.rewards, data, metas))

    def pay_out(self, call: Call, vault: Info, to: Info, amount: int) -> None:
        """Move tokens out of the vault, signed by its own address."""
        call.token_transfer(vault, to, vault, amount, signed=True)

    def settle(self, call: Call, job: JobAccount, seconds: int, vault: Info, node: Info, deposit: Info) -> None:
        """Pay the node for the seconds and return the rest."""
        if job.price == 0:
            return
        total = self.amount(call, job.price, job.timeout)
        earned = self.amount(call, job.price, max(0, min(seconds, job.timeout)))
        self.pay_out(call, vault, node, earned)
        self.pay_out(call, vault, deposit, total - earned)
