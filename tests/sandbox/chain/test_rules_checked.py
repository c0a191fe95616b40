"""The program's own checks: one test raises each error of each instruction (network facts §1.4, §1.10)."""

import hashlib
from dataclasses import replace

import pytest
from nosana.chain import QueueType, ata
from nosana.chain import instructions as ix
from nosana.cid import NO_RESULT
from solders.account import Account
from solders.pubkey import Pubkey

from tests.sandbox.chain.scenes import Scenes
from tests.sandbox.chain.stage import NOS, RESULT, Stage, changed

SWAPS: list[tuple[str, int, str, str]] = [
    # instruction, place, what is put there, the error
    ("update", 2, "stranger", "Unauthorized"),
    ("close", 1, "other vault", "InvalidVault"),
    ("close", 3, "stranger", "Unauthorized"),
    ("close_admin", 1, "other vault", "InvalidVault"),
    ("close_admin", 3, "stranger", "Unauthorized"),
    ("open", 2, "stranger", "ConstraintSeeds"),
    ("list", 2, "stranger", "LamportsNonNull"),
    ("list", 3, "stranger's NOS", "InvalidATA"),
    ("list", 4, "other vault", "InvalidVault"),
    ("assign", 2, "stranger", "LamportsNonNull"),
    ("assign", 3, "stranger", "NotInMarketQueue"),
    ("assign", 4, "stranger's NOS", "InvalidATA"),
    ("assign", 5, "other vault", "InvalidVault"),
    ("delist", 1, "other market", "InvalidMarketAccount"),
    ("delist", 2, "stranger's NOS", "InvalidATA"),
    ("delist", 3, "stranger", "InvalidPayer"),
    ("delist", 4, "other vault", "InvalidVault"),
    ("delist", 6, "stranger", "Unauthorized"),
    ("recover", 1, "other market", "InvalidMarketAccount"),
    ("recover", 2, "other vault", "InvalidVault"),
    ("recover", 4, "stranger", "InvalidPayer"),
    ("recover", 5, "stranger", "Unauthorized"),
    ("extend", 1, "other market", "InvalidMarketAccount"),
    ("extend", 2, "stranger's NOS", "InvalidATA"),
    ("extend", 3, "other vault", "InvalidVault"),
    ("extend", 6, "stranger", "Unauthorized"),
    ("extend", 7, "stranger", "Unauthorized"),
    ("end", 1, "other market", "InvalidMarketAccount"),
    ("end", 2, "other run", "InvalidJobAccount"),
    ("end", 3, "stranger's NOS", "InvalidATA"),
    ("end", 4, "stranger's NOS", "InvalidATA"),
    ("end", 5, "other vault", "InvalidVault"),
    ("end", 6, "stranger", "InvalidPayer"),
    ("end", 7, "stranger", "Unauthorized"),
    ("work", 0, "stranger", "LamportsNonNull"),
    ("work", 3, "other stake", "Unauthorized"),
    ("work", 3, "forged stake", "InvalidStakeAccount"),
    ("work", 6, "stranger", "Unauthorized"),
    ("stop", 2, "stranger", "Unauthorized"),
    ("claim", 2, "other market", "InvalidMarketAccount"),
    ("claim", 3, "other stake", "Unauthorized"),
    ("claim", 3, "forged stake", "InvalidStakeAccount"),
    ("claim", 7, "stranger", "Unauthorized"),
    ("complete", 1, "stranger", "Unauthorized"),
    ("finish", 1, "other run", "InvalidJobAccount"),
    ("finish", 2, "other market", "InvalidMarketAccount"),
    ("finish", 3, "other vault", "InvalidVault"),
    ("finish", 4, "stranger's NOS", "InvalidATA"),
    ("finish", 6, "stranger", "InvalidPayer"),
    ("finish", 7, "stranger", "InvalidPayer"),
    ("finish", 8, "stranger", "Unauthorized"),
    ("quit", 1, "other run", "InvalidJobAccount"),
    ("quit", 2, "stranger", "InvalidPayer"),
    ("quit", 3, "stranger", "Unauthorized"),
    ("quit_admin", 1, "stranger", "InvalidPayer"),
    ("quit_admin", 2, "stranger", "Unauthorized"),
    ("clean", 2, "stranger", "InvalidPayer"),
    ("clean_admin", 1, "stranger", "InvalidPayer"),
    ("clean_admin", 2, "stranger", "Unauthorized"),
]


def stand_in(stage: Stage, what: str, node: str) -> str:
    """Return the address of a real account that is the wrong one."""
    if what == "stranger":
        return stage.person(nos=1)
    if what == "stranger's NOS":
        return ata(stage.person(nos=1), stage.cluster.mint)
    if what == "other market":
        return stage.market()
    if what == "other vault":
        return stage.vault(stage.market())
    if what == "other stake":
        return stage.stake_of(stage.person(stake=5))
    if what == "forged stake":
        return forged_stake(stage, node)
    market = stage.market()
    stage.list(market)
    return stage.work(market)


def forged_stake(stage: Stage, node: str) -> str:
    """Return a stake account that names the node but lies at another address."""
    address = stage.key()
    real = stage.bank.get(Pubkey.from_string(stage.stake_of(node)))
    stage.bank.fabricate(Pubkey.from_string(address), real)
    return address


@pytest.mark.parametrize(
    ("name", "place", "what", "error"), SWAPS, ids=[f"{n}-{p}-{w}".replace(" ", "_") for n, p, w, _ in SWAPS]
)
def test_a_wrong_account_is_named(stage: Stage, name: str, place: int, what: str, error: str) -> None:
    step = Scenes(stage).play(name)
    node = stage.nick if name == "claim" else stage.nora
    assert stage.name_of_failure(changed(step, place, to=stand_in(stage, what, node))) == error


def test_a_job_that_ran_cannot_be_delisted_or_extended(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.run(stage.finishing(market, job, run))
    assert stage.name_of_failure(stage.delisting(market, job)) == "JobInWrongState"
    more = ix.extend(
        stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue, timeout=10**5
    )  # fmt: skip
    assert stage.name_of_failure(more) == "JobInWrongState"


def test_a_running_job_cannot_be_delisted_while_others_wait(stage: Stage) -> None:
    market = stage.market()
    job, _ = stage.running(market)
    assert stage.name_of_failure(stage.delisting(market, job)) == "MarketInWrongState"
    stage.list(market)
    assert stage.name_of_failure(stage.delisting(market, job)) == "NotInMarketQueue"


def test_only_a_quit_job_is_recovered_or_claimed(stage: Stage) -> None:
    market = stage.market()
    job = stage.list(market)
    recover = ix.recover(stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue)
    claim = ix.claim(stage.cluster, job=job, run=stage.key(), market=market, node=stage.nora)
    assert stage.name_of_failure(recover) == "JobInWrongState"
    assert stage.name_of_failure(claim) == "JobInWrongState"


def test_assigning_needs_nodes_that_wait(stage: Stage) -> None:
    step = Scenes(stage).play("assign")
    stage.run(step)
    job, run = stage.key(), stage.key()
    again = changed(changed(step, 0, to=job), 2, to=run)
    assert stage.name_of_failure(again) == "MarketInWrongState"


def test_a_node_cannot_leave_a_queue_of_jobs_or_one_it_is_not_in(stage: Stage) -> None:
    market = stage.market()
    leave = ix.stop(stage.cluster, market=market, node=stage.nora)
    assert stage.name_of_failure(leave) == "MarketInWrongState"
    stage.work(market, stage.nick)
    assert stage.name_of_failure(leave) == "NotInMarketQueue"


def test_a_node_waits_once(stage: Stage) -> None:
    market = stage.market()
    stage.work(market)
    again = ix.work(stage.cluster, run=stage.key(), market=market, node=stage.nora)
    assert stage.name_of_failure(again) == "NodeAlreadyQueued"


@pytest.mark.parametrize("act", ["work", "claim"])
def test_a_stake_below_the_minimum_is_refused(stage: Stage, act: str) -> None:
    rich = stage.person(stake=100)
    scenes = Scenes(stage)
    market, job = scenes.quit_job()
    terms = ix.update(
        stage.cluster, market=market, authority=stage.olga, job_price=1, job_timeout=1, job_expiration=1,
        node_xnos_minimum=100 * NOS,
    )  # fmt: skip
    stage.run(terms)

    def step(node: str):  # type: ignore[no-untyped-def]
        if act == "work":
            return ix.work(stage.cluster, run=stage.key(), market=market, node=node)
        return ix.claim(stage.cluster, job=job, run=stage.key(), market=market, node=node)

    assert stage.name_of_failure(step(stage.nick)) == "NodeNotEnoughStake"
    assert stage.name_of_failure(step(rich)) == ""


@pytest.mark.parametrize("act", ["work", "claim"])
def test_an_access_key_must_be_held_and_of_the_verified_collection(stage: Stage, act: str) -> None:
    scenes = Scenes(stage)
    market, job = scenes.quit_job()
    collection, other = stage.key(), stage.key()
    terms = ix.update(
        stage.cluster, market=market, authority=stage.olga, job_price=1, job_timeout=1, job_expiration=1,
        access_key=collection,
    )  # fmt: skip
    stage.run(terms)

    def attempt(nft: str, metadata: str) -> str:
        if act == "work":
            run = ix.work(
                stage.cluster, run=stage.key(), market=market, node=stage.nora, nft=nft, metadata=metadata
            )
        else:
            run = ix.claim(
                stage.cluster, job=job, run=stage.key(), market=market, node=stage.nora, nft=nft, metadata=metadata
            )
        return stage.name_of_failure(run)

    nft, metadata = stage.access_key(stage.nora, collection)
    assert attempt(*stage.access_key(stage.nick, collection)) == "NodeNftWrongOwner"
    assert attempt(nft, stage.frida) == "NodeKeyInvalidCollection"
    assert attempt(nft, stage.access_key(stage.nick, collection)[1]) == "NodeKeyInvalidCollection"
    assert attempt(*stage.access_key(stage.nora, other)) == "NodeKeyInvalidCollection"
    assert attempt(*stage.access_key(stage.nora, collection, verified=False)) == "NodeKeyInvalidCollection"
    emptied, its_metadata = stage.access_key(stage.nora, collection)
    key = Pubkey.from_string(emptied)
    account = stage.bank.get(key)
    assert account is not None
    data = account.data[:64] + bytes(8) + account.data[72:]
    stage.bank.fabricate(key, Account(account.lamports, data, account.owner))
    assert attempt(emptied, its_metadata) == "NodeNftInvalidAmount"
    assert attempt(nft, metadata) == ""


def test_a_result_is_neither_empty_nor_set_twice(stage: Stage) -> None:
    step = Scenes(stage).play("complete")
    job = str(step.accounts[0].pubkey)
    empty = ix.complete(stage.cluster, job=job, node=stage.nora, ipfs_result=NO_RESULT)
    assert stage.name_of_failure(empty) == "JobResultNull"
    stage.run(step)
    again = ix.complete(stage.cluster, job=job, node=stage.nora, ipfs_result=hashlib.sha256(b"2").digest())
    assert stage.name_of_failure(again) == "JobResultsAlreadySet"


def test_a_job_that_still_waits_cannot_be_completed(stage: Stage) -> None:
    job = stage.list(stage.market())
    step = ix.complete(stage.cluster, job=job, node=stage.nora, ipfs_result=RESULT)
    assert stage.name_of_failure(step) == "JobInWrongState"


def test_finishing_needs_a_result(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    assert stage.name_of_failure(stage.finishing(market, job, run, NO_RESULT)) == "JobResultNull"


def test_a_node_is_paid_in_nos_only(stage: Stage) -> None:
    step = Scenes(stage).play("finish")
    other, _ = stage.access_key(stage.nora, stage.key())
    assert stage.name_of_failure(changed(step, 5, to=other)) == "InvalidATA"


def test_only_a_finished_job_is_cleaned(stage: Stage) -> None:
    market = stage.market(job_expiration=-1)
    step = ix.clean(stage.cluster, job=stage.list(market), market=market, payer=stage.paula)
    assert stage.name_of_failure(step) == "JobInWrongState"


def test_extending_must_lengthen(stage: Stage) -> None:
    market = stage.market()
    step = ix.extend(
        stage.cluster, job=stage.list(market), market=market, payer=stage.paula, project=stage.prue, timeout=7200
    )
    assert stage.name_of_failure(step) == "JobTimeoutNotGreater"


def test_a_market_of_another_token_is_refused(stage: Stage) -> None:
    scene = Scenes(stage).play("open")
    other = Pubkey.from_string(stage.key())
    mint = stage.bank.get(Pubkey.from_string(stage.cluster.mint))
    stage.bank.fabricate(other, mint)
    assert stage.name_of_failure(changed(scene, 0, to=str(other))) == "InvalidMint"


def test_too_few_tokens_fail_as_the_token_program_says(stage: Stage) -> None:
    market = stage.market(job_price=10**9)
    _, step = stage.listing(market)
    assert stage.name_of_failure(step) == "InsufficientFunds"
    assert stage.market_account(market).queue == ()


@pytest.mark.parametrize("timeout", [-1, 2**62])
def test_a_deposit_that_does_not_fit_64_bits_fails_the_program(stage: Stage, timeout: int) -> None:
    _, step = stage.listing(stage.market(), timeout=timeout)
    assert stage.name_of_failure(step) == "ProgramFailedToComplete"


def test_a_queue_holds_314_entries(stage: Stage) -> None:
    market = stage.market(job_price=0)
    account = stage.market_account(market)
    full = replace(account, queue_type=QueueType.JOB, queue=tuple(stage.key() for _ in range(314)))
    key = Pubkey.from_string(market)
    held = stage.bank.get(key)
    assert held is not None
    stage.bank.fabricate(key, Account(held.lamports, full.encode(), held.owner))
    assert stage.name_of_failure(stage.listing(market)[1]) == "AccountDidNotSerialize"
