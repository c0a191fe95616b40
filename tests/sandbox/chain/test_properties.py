"""Random lives of several users and nodes: whatever they try, the books of the chain hold."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nosana.chain import JobAccount, JobState, MarketAccount, QueueType, RunAccount, StakeAccount
from nosana.chain import instructions as ix
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN

from tests.sandbox.chain.stage import RESULT, Stage

ACTS = ("list", "work", "finish", "end", "quit", "claim", "delist", "recover", "extend", "stop", "clean", "wait")
ACTS += ("assign", "complete", "update", "topup", "unstake")
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 1)), min_size=5, max_size=40)


class Play:
    """Two markets, two who pay, two nodes; each act picks among whatever exists, sensible or not."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.markets = [stage.market(job_price=7, job_expiration=50), stage.market(job_price=0)]
        self.nodes = [stage.nora, stage.nick]
        self.payers = [stage.paula, stage.person(nos=1000)]
        for node in self.nodes:
            stage.world.give(node, nos=100)
        self.lamports = {who: stage.sol(who) for who in (*self.payers, *self.nodes, stage.prue)}
        self.known: list[str] = []
        self.runs: list[str] = []

    def act(self, name: str, which: int, side: int) -> str:
        """Try one act; returns the error's name, "" when it worked."""
        stage = self.stage
        if name == "wait":
            stage.wait(30 * (which + 1))
            return ""
        if name in ("list", "assign"):
            return self._listing(name, self.markets[side], which)
        if name == "update":
            terms = {"job_price": which * side, "job_timeout": 60, "job_expiration": 50}
            step = ix.update(stage.cluster, market=self.markets[side], authority=stage.olga, **terms)
            return stage.name_of_failure(step)
        if name in ("topup", "unstake"):
            node = self.nodes[side]
            if name == "unstake":
                return stage.name_of_failure(ix.unstake(stage.cluster, authority=node))
            return stage.name_of_failure(ix.stake_topup(stage.cluster, authority=node, amount=which))
        if name in ("work", "stop"):
            return self._node(name, self.markets[which % 2], self.nodes[side])
        if not self.known:
            return "nothing there"
        return self._job(name, self.known[which % len(self.known)], which, side)

    def _listing(self, name: str, market: str, which: int) -> str:
        stage, job, run = self.stage, self.stage.key(), self.stage.key()
        self.known.append(job)
        self.runs.append(run)
        who = {"job": job, "run": run, "market": market, "payer": self.payers[which % 2], "project": stage.prue}
        terms: dict[str, Any] = {"ipfs_job": RESULT, "timeout": 60 * (which + 1)}
        if name == "list":
            return stage.name_of_failure(ix.list_job(stage.cluster, **who, **terms))
        return stage.name_of_failure(ix.assign(stage.cluster, **who, **terms, node=self.nodes[which % 2]))

    def _node(self, name: str, market: str, node: str) -> str:
        if name == "stop":
            return self.stage.name_of_failure(ix.stop(self.stage.cluster, market=market, node=node))
        run = self.stage.key()
        self.runs.append(run)
        return self.stage.name_of_failure(ix.work(self.stage.cluster, run=run, market=market, node=node))

    def _job(self, name: str, job: str, which: int, side: int) -> str:
        stage, cluster = self.stage, self.stage.cluster
        account = stage.job(job)
        if account is None:
            return "nothing there"
        market = account.market
        own = {"job": job, "market": market, "payer": account.payer, "project": account.project}
        if name == "delist":
            return stage.name_of_failure(ix.delist(cluster, **own))
        if name == "recover":
            return stage.name_of_failure(ix.recover(cluster, **own))
        if name == "extend":
            return stage.name_of_failure(ix.extend(cluster, **own, timeout=account.timeout + which - 1))
        if name == "clean":
            return stage.name_of_failure(ix.clean(cluster, job=job, market=market, payer=account.payer))
        if name == "complete":
            node = account.node if account.node in stage.keys else self.nodes[side]
            return stage.name_of_failure(ix.complete(cluster, job=job, node=node, ipfs_result=RESULT))
        if name == "claim":
            if any((run := stage.run_account(key)) and run.job == job for key in self.runs):
                return "claimed already"  # a second claim would be paid out of others' deposits
            run = stage.key()
            self.runs.append(run)
            return stage.name_of_failure(ix.claim(cluster, job=job, run=run, market=market, node=self.nodes[side]))
        found = [(key, run) for key in self.runs if (run := stage.run_account(key)) and run.job == job]
        if not found:
            return "nothing there"
        key, run = found[side % len(found)]
        if name == "quit":
            step = ix.quit(cluster, job=job, run=key, run_payer=run.payer, node=run.node)
            return stage.name_of_failure(step)
        both = {"job": job, "run": key, "market": market, "node": run.node, "job_payer": account.payer}
        if name == "end":
            return stage.name_of_failure(ix.end(cluster, **both, run_payer=run.payer, project=account.project))
        return stage.name_of_failure(ix.finish(cluster, **both, run_payer=run.payer, ipfs_result=RESULT))


def of_kind(stage: Stage, kind: type) -> dict[str, object]:
    program = Pubkey.from_string(stage.cluster.program)
    held = stage.bank.owned_at(program, "processed")
    return {str(key): kind.decode(value.data) for key, value in held if value.data[:8] == kind.DISCRIMINATOR}


def lamports(stage: Stage) -> int:
    return sum(held.lamports for accounts in stage.bank.owned.values() for held in accounts.values())


def check(stage: Stage, play: Play, seen_lamports: int) -> None:
    jobs, runs, markets = (of_kind(stage, kind) for kind in (JobAccount, RunAccount, MarketAccount))
    tokens = {str(key): held.data for key, held in stage.bank.owned_at(TOKEN, "processed")}
    mint = tokens.pop(stage.cluster.mint)
    assert sum(int.from_bytes(raw[64:72], "little") for raw in tokens.values()) == int.from_bytes(
        mint[36:44], "little"
    )
    for address, market in markets.items():
        assert isinstance(market, MarketAccount)
        assert (market.queue_type == QueueType.EMPTY) == (not market.queue)
        assert len(set(market.queue)) == len(market.queue)
        if market.queue_type == QueueType.JOB:
            assert all(jobs[job].state == JobState.QUEUED for job in market.queue)  # type: ignore[attr-defined]
            assert not set(market.queue) & {run.job for run in runs.values()}  # type: ignore[attr-defined]
        live = [j for j in jobs.values() if j.market == address and j.state != JobState.DONE]  # type: ignore[attr-defined]
        assert stage.tokens(stage.vault(address)) == sum(job.deposit for job in live)  # type: ignore[attr-defined]
    for who, had in play.lamports.items():  # whoever paid a rent has it back when the account is gone
        paid = sum(stage.sol(key) for key, held in (jobs | runs).items() if held.payer == who)  # type: ignore[attr-defined]
        assert stage.sol(who) + paid == had
    assert lamports(stage) + 5000 * signatures(stage) == seen_lamports
    index = {key: value.lamports for accounts in stage.bank.owned.values() for key, value in accounts.items()}
    assert all(stage.sol(str(key)) == amount for key, amount in index.items())


def signatures(stage: Stage) -> int:
    """Return how many signatures were paid for so far."""
    rows = stage.bank.store.db.execute("SELECT sum(fee) FROM entry").fetchone()
    pending = sum(entry.fee for entry in stage.bank.head.entries)
    return ((rows[0] or 0) + pending) // 5000


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
@example([("work", 0, 0), ("list", 0, 0), ("quit", 0, 0), ("claim", 0, 1), ("end", 0, 0)])
def test_tokens_rents_and_queues_hold_whatever_is_tried(story: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        play = Play(stage)
        total = lamports(stage) + 5000 * signatures(stage)
        for name, which, side in story:
            play.act(name, which, side)
            check(stage, play, total)
        stage.bank.close()


def test_the_random_play_reaches_every_act(stage: Stage) -> None:
    play = Play(stage)
    story = [("list", 0, 0), ("work", 0, 0), ("extend", 3, 0), ("quit", 0, 0), ("claim", 0, 1), ("finish", 0, 0)]
    story += [("list", 1, 0), ("work", 0, 1), ("end", 1, 0), ("list", 1, 0), ("delist", 2, 0), ("list", 1, 1)]
    story += [("work", 1, 0), ("quit", 3, 0), ("recover", 3, 0), ("work", 0, 0), ("stop", 0, 0), ("wait", 5, 0)]
    story += [("clean", 0, 0), ("work", 2, 0), ("assign", 2, 0), ("end", 4, 0), ("complete", 4, 0)]
    story += [("update", 3, 1), ("topup", 3, 0), ("unstake", 0, 0)]
    assert {name for name, _, _ in story} == set(ACTS)
    assert [play.act(*step) for step in story] == [""] * len(story)


def test_stakes_weigh_one_to_four_times_their_amount(stage: Stage) -> None:
    day = 86_400
    for days, times in ((14, 1.115), (365, 4)):
        node = stage.person(nos=100)
        stage.run(ix.stake(stage.cluster, authority=node, amount=10**8, duration=days * day))
        account = stage.bank.get(Pubkey.from_string(stage.stake_of(node)))
        assert account is not None
        stake = StakeAccount.decode(account.data)
        assert abs(stake.xnos - times * 10**8) < 10**5
        assert stage.tokens(stake.vault) == 10**8
        assert stage.nos(node) == 0


def test_a_stake_lasts_14_to_365_days(stage: Stage) -> None:
    node = stage.person(nos=1)
    for days, error in ((13, "DurationTooShort"), (366, "DurationTooLong")):
        step = ix.stake(stage.cluster, authority=node, amount=0, duration=days * 86_400)
        assert stage.name_of_failure(step) == error
