"""For each instruction: a valid one in a prepared chain, and the kinds of its accounts (network facts §1.4)."""

from dataclasses import dataclass

from nosana.chain import ata, rewards_reflection, rewards_vault
from nosana.chain import instructions as ix
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN

from tests.sandbox.chain.stage import DEFINITION, RESULT, TIMEOUT, Stage

DAY = 86_400
# name:kind/flags of each account in order. Kinds: new is made here, market, job, run, stake, pool a typed account,
# token a token account, mint a mint, free an unused run address, any unchecked; flags w writable, s signer
ACCOUNTS: dict[str, str] = {
    "open": "mint:mint market:new/ws vault:any/w authority:any/ws access_key:any rent:rent "
    "system_program:program token_program:program",
    "update": "market:market/w access_key:any authority:any/s",
    "close": "market:market/w vault:token/w user:token/w authority:any/ws token_program:program",
    "close_admin": "market:market/w vault:token/w user:token/w authority:any/ws token_program:program",
    "list": "job:new/ws market:market/w run:free/ws user:token/w vault:token/w payer:any/ws "
    "rewards_reflection:pool/w rewards_vault:token/w authority:any/s rewards_program:program "
    "token_program:program system_program:program",
    "assign": "job:new/ws market:market/w run:free/ws node:any user:token/w vault:token/w payer:any/ws "
    "rewards_reflection:pool/w rewards_vault:token/w authority:any/s rewards_program:program "
    "token_program:program system_program:program",
    "delist": "job:job/w market:market/w deposit:token/w payer:any/w vault:token/w token_program:program "
    "authority:any/ws",
    "recover": "job:job/w market:market vault:token/w user:token/w payer:any/w authority:any/s "
    "token_program:program",
    "extend": "job:job/w market:market user:token/w vault:token/w rewards_reflection:pool/w rewards_vault:token/w "
    "authority:any/s payer:any/s rewards_program:program token_program:program",
    "end": "job:job/w market:market run:run/w deposit:token/w user:token/w vault:token/w payer:any/w "
    "authority:any/ws token_program:program",
    "work": "run:free/ws market:market/w payer:any/ws stake:stake nft:token metadata:any authority:any/s "
    "system_program:program",
    "stop": "market:market/w node:any authority:any/s",
    "claim": "job:job/w run:new/ws market:market stake:stake nft:token metadata:any payer:any/ws authority:any/s "
    "system_program:program",
    "complete": "job:job/w authority:any/s",
    "finish": "job:job/w run:run/w market:market vault:token/w deposit:token/w user:token/w payer_run:any/w "
    "payer_job:any/w authority:any/s token_program:program",
    "quit": "job:job/w run:run/w payer:any/w authority:any/s",
    "quit_admin": "run:run/w payer:any/w authority:any/s",
    "clean": "job:job/w market:market payer:any/w",
    "clean_admin": "job:job/w payer:any/w authority:any/s",
    "staking.stake": "mint:mint user:token/w vault:any/w stake:any/w authority:any/ws system_program:program "
    "token_program:program rent:rent",
    "staking.topup": "user:token/w vault:token/w stake:stake/w authority:any/s token_program:program",
    "staking.extend": "stake:stake/w authority:any/s",
    "staking.unstake": "stake:stake/w reward:any authority:any/s",
    "rewards.add_fee": "user:token/w reflection:pool/w vault:token/w authority:any/s token_program:program",
}
ACTS = tuple(ACCOUNTS)
WITH_ARGUMENTS = (
    *("open", "update", "list", "assign", "extend", "complete", "finish"),
    *("staking.stake", "staking.topup", "staking.extend", "rewards.add_fee"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One account of an instruction."""

    act: str
    number: int
    name: str
    kind: str
    flags: str


def places(act: str) -> list[Place]:
    """Return the accounts of an instruction."""
    found = []
    for number, word in enumerate(ACCOUNTS[act].split()):
        name, _, rest = word.partition(":")
        kind, _, flags = rest.partition("/")
        found.append(Place(act, number, name, kind, flags))
    return found


class Scenes:
    """Sets a stage up so that one instruction would work."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cluster = stage.cluster
        self.admin = str(stage.world.admin.pubkey())
        stage.keys[self.admin] = stage.world.admin
        stage.world.give(self.admin, nos=1)

    def play(self, name: str) -> Instruction:
        """Return the valid instruction."""
        step: Instruction = getattr(self, "_" + name.replace(".", "_"))()
        return step

    def _open(self) -> Instruction:
        return ix.open_market(self.cluster, market=self.stage.key(), authority=self.stage.olga)

    def _update(self) -> Instruction:
        return ix.update(
            self.cluster, market=self.stage.market(), authority=self.stage.olga, job_price=1, job_timeout=1,
            job_expiration=1,
        )  # fmt: skip

    def _close(self) -> Instruction:
        return ix.close(self.cluster, market=self.stage.market(), authority=self.stage.olga)

    def _close_admin(self) -> Instruction:
        return ix.close_admin(self.cluster, market=self.stage.market(), authority=self.admin)

    def _list(self) -> Instruction:
        return self.stage.listing(self.stage.market())[1]

    def _assign(self) -> Instruction:
        stage, market = self.stage, self.stage.market()
        stage.work(market)
        return ix.assign(
            self.cluster, job=stage.key(), run=stage.key(), market=market, node=stage.nora, payer=stage.paula,
            project=stage.prue, ipfs_job=DEFINITION, timeout=60,
        )  # fmt: skip

    def _delist(self) -> Instruction:
        market = self.stage.market()
        return self.stage.delisting(market, self.stage.list(market))

    def quit_job(self) -> tuple[str, str]:
        """Return (market, job) of a job its node quit."""
        market = self.stage.market()
        job, run = self.stage.running(market)
        self.stage.quit(job, run)
        return market, job

    def _recover(self) -> Instruction:
        market, job = self.quit_job()
        return ix.recover(self.cluster, job=job, market=market, payer=self.stage.paula, project=self.stage.prue)

    def _extend(self) -> Instruction:
        stage, market = self.stage, self.stage.market()
        return ix.extend(
            self.cluster, job=stage.list(market), market=market, payer=stage.paula, project=stage.prue,
            timeout=TIMEOUT + 1,
        )  # fmt: skip

    def _end(self) -> Instruction:
        market = self.stage.market()
        return self.stage.ending(market, *self.stage.running(market))

    def _work(self) -> Instruction:
        run, market = self.stage.key(), self.stage.market()
        return ix.work(self.cluster, run=run, market=market, node=self.stage.nora, payer=self.stage.olga)

    def _stop(self) -> Instruction:
        market = self.stage.market()
        self.stage.work(market)
        return ix.stop(self.cluster, market=market, node=self.stage.nora)

    def _claim(self) -> Instruction:
        market, job = self.quit_job()
        run, node, payer = self.stage.key(), self.stage.nick, self.stage.olga
        return ix.claim(self.cluster, job=job, run=run, market=market, node=node, payer=payer)

    def _complete(self) -> Instruction:
        market = self.stage.market()
        job, run = self.stage.running(market)
        self.stage.run(self.stage.ending(market, job, run))
        return ix.complete(self.cluster, job=job, node=self.stage.nora, ipfs_result=RESULT)

    def _finish(self) -> Instruction:
        market = self.stage.market()
        return self.stage.finishing(market, *self.stage.running(market))

    def _quit(self) -> Instruction:
        job, run = self.stage.running(self.stage.market())
        return ix.quit(self.cluster, job=job, run=run, run_payer=self.stage.nora, node=self.stage.nora)

    def _quit_admin(self) -> Instruction:
        _, run = self.stage.running(self.stage.market())
        return ix.quit_admin(self.cluster, run=run, run_payer=self.stage.nora, authority=self.admin)

    def _clean(self) -> Instruction:
        market = self.stage.market(job_expiration=5)
        job, run = self.stage.running(market)
        self.stage.run(self.stage.finishing(market, job, run))
        self.stage.wait(10)
        return ix.clean(self.cluster, job=job, market=market, payer=self.stage.paula)

    def _clean_admin(self) -> Instruction:
        job = self.stage.list(self.stage.market())
        return ix.clean_admin(self.cluster, job=job, payer=self.stage.paula, authority=self.admin)

    # --- what a market with an access key asks for ---

    def key_for(self, act: str) -> tuple[str, dict[str, str]]:
        """Make a market ask for an access key of a collection; returns (collection, the act's market and job)."""
        market, job = self.quit_job()
        collection = self.stage.key()
        terms = ix.update(
            self.cluster, market=market, authority=self.stage.olga, job_price=1, job_timeout=1, job_expiration=1,
            access_key=collection,
        )  # fmt: skip
        self.stage.run(terms)
        return collection, {"market": market} | ({"job": job} if act == "claim" else {})

    def keyed(self, act: str, nft: str = "", metadata: str = "") -> Instruction:
        """Return `work` or `claim` in a market with an access key, by Nora, who holds one unless told otherwise."""
        collection, more = self.key_for(act)
        if not nft:
            nft, metadata = self.stage.access_key(self.stage.nora, collection)
        build = ix.work if act == "work" else ix.claim
        run, nora = self.stage.key(), self.stage.nora
        return build(self.cluster, run=run, node=nora, nft=nft, metadata=metadata, **more)  # type: ignore[arg-type]

    # --- stakes and fees ---

    def _staking_stake(self) -> Instruction:
        return ix.stake(self.cluster, authority=self.stage.person(nos=9), amount=5, duration=14 * DAY)

    def _staking_topup(self) -> Instruction:
        self.stage.world.give(self.stage.nora, nos=9)
        return ix.stake_topup(self.cluster, authority=self.stage.nora, amount=5)

    def _staking_extend(self) -> Instruction:
        return ix.stake_extend(self.cluster, authority=self.stage.nora, added=DAY)

    def _staking_unstake(self) -> Instruction:
        return ix.unstake(self.cluster, authority=self.stage.nora)

    def _rewards_add_fee(self) -> Instruction:
        cluster, paula = self.cluster, self.stage.paula
        pool, vault, user = rewards_reflection(cluster)[0], rewards_vault(cluster)[0], ata(paula, cluster.mint)
        flags = ((user, False, True), (pool, False, True), (vault, False, True), (paula, True, False))
        metas = [AccountMeta(Pubkey.from_string(key), signer, written) for key, signer, written in flags]
        data = ix.discriminator("add_fee") + (7).to_bytes(8, "little")
        return Instruction(Pubkey.from_string(cluster.rewards), data, [*metas, AccountMeta(TOKEN, False, False)])
