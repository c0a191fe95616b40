"""For each instruction: a valid one in a prepared chain, and the kinds of its accounts (network facts §1.4)."""

from nosana.chain import instructions as ix
from solders.instruction import Instruction

from tests.sandbox.chain.stage import DEFINITION, RESULT, TIMEOUT, Stage

# kinds: + made here, market/job/run/stake/pool a typed account, token a token account, any unchecked,
# free a run address, mint the mint, then w writable and s signer; ~ refuses another program
KINDS: dict[str, str] = {
    "open": "mint +ws vault+w any-ws any rent ~ ~",
    "update": "market-w any any-s",
    "close": "market-w token-w token-w any-ws ~",
    "close_admin": "market-w token-w token-w any-ws ~",
    "list": "+ws market-w free-ws token-w token-w any-ws pool-w token-w any-s ~ ~ ~",
    "assign": "+ws market-w free-ws any token-w token-w any-ws pool-w token-w any-s ~ ~ ~",
    "delist": "job-w market-w token-w any-w token-w ~ any-ws",
    "recover": "job-w market token-w token-w any-w any-s ~",
    "extend": "job-w market token-w token-w pool-w token-w any-s any-s ~ ~",
    "end": "job-w market run-w token-w token-w token-w any-w any-ws ~",
    "work": "free-ws market-w any-ws stake token any any-s ~",
    "stop": "market-w any any-s",
    "claim": "job-w +ws market stake token any any-ws any-s ~",
    "complete": "job-w any-s",
    "finish": "job-w run-w market token-w token-w token-w any-w any-w any-s ~",
    "quit": "job-w run-w any-w any-s",
    "quit_admin": "run-w any-w any-s",
    "clean": "job-w market any-w",
    "clean_admin": "job-w any-w any-s",
}


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
        step: Instruction = getattr(self, "_" + name)()
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
