"""Cases that no single wrong account brings about: states, amounts, times, stakes, access keys."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from nosana.chain import MarketAccount, QueueType, StakeAccount
from nosana.chain import instructions as ix
from nosana.cid import NO_RESULT
from solders.account import Account
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from tests.sandbox.chain.checks import Case
from tests.sandbox.chain.scenes import DAY, Scenes
from tests.sandbox.chain.stage import NOS, RESULT, Stage, changed

CASES: list[Case] = []
Maker = Callable[[Scenes], Instruction]


def case(act: str, error: str, account: str = "") -> Callable[[Maker], Maker]:
    """Register a function that prepares a chain and returns the instruction that must fail."""

    def keep(make: Maker) -> Maker:
        CASES.append(Case(act, error, account, make.__name__, make))
        return make

    return keep


def finished(stage: Stage) -> tuple[str, str]:
    """Return (market, job) of a job that ended."""
    market = stage.market()
    job, run = stage.running(market)
    stage.run(stage.finishing(market, job, run))
    return market, job


@case("delist", "JobInWrongState", "job")
def a_job_that_ran(scenes: Scenes) -> Instruction:
    return scenes.stage.delisting(*finished(scenes.stage))


@case("extend", "JobInWrongState", "job")
def a_job_that_ran_is_not_extended(scenes: Scenes) -> Instruction:
    stage = scenes.stage
    market, job = finished(stage)
    return ix.extend(stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue, timeout=10**5)


@case("extend", "JobTimeoutNotGreater")
def the_same_timeout(scenes: Scenes) -> Instruction:
    stage, market = scenes.stage, scenes.stage.market()
    job = stage.list(market)
    return ix.extend(stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue, timeout=7200)


@case("delist", "MarketInWrongState", "market")
def a_running_job(scenes: Scenes) -> Instruction:
    market = scenes.stage.market()
    job, _ = scenes.stage.running(market)
    return scenes.stage.delisting(market, job)


@case("delist", "NotInMarketQueue")
def a_running_job_while_others_wait(scenes: Scenes) -> Instruction:
    step = a_running_job(scenes)
    scenes.stage.list(str(step.accounts[1].pubkey))
    return step


@case("recover", "JobInWrongState", "job")
def a_job_nobody_quit(scenes: Scenes) -> Instruction:
    stage, market = scenes.stage, scenes.stage.market()
    return ix.recover(stage.cluster, job=stage.list(market), market=market, payer=stage.paula, project=stage.prue)


@case("claim", "JobInWrongState", "job")
def a_job_nobody_quit_is_not_claimed(scenes: Scenes) -> Instruction:
    stage, market = scenes.stage, scenes.stage.market()
    return ix.claim(stage.cluster, job=stage.list(market), run=stage.key(), market=market, node=stage.nora)


@case("assign", "MarketInWrongState", "market")
def no_node_waits(scenes: Scenes) -> Instruction:
    step = scenes.play("assign")
    scenes.stage.run(step)
    return changed(changed(step, 0, to=scenes.stage.key()), 2, to=scenes.stage.key())


@case("stop", "MarketInWrongState", "market")
def an_empty_queue(scenes: Scenes) -> Instruction:
    return ix.stop(scenes.cluster, market=scenes.stage.market(), node=scenes.stage.nora)


@case("stop", "NotInMarketQueue")
def a_queue_it_is_not_in(scenes: Scenes) -> Instruction:
    step = an_empty_queue(scenes)
    scenes.stage.work(str(step.accounts[0].pubkey), scenes.stage.nick)
    return step


@case("work", "NodeAlreadyQueued", "market")
def a_node_that_waits_already(scenes: Scenes) -> Instruction:
    market = scenes.stage.market()
    scenes.stage.work(market)
    return ix.work(scenes.cluster, run=scenes.stage.key(), market=market, node=scenes.stage.nora)


def asking_for_weight(scenes: Scenes) -> tuple[str, str]:
    """Return (market, job) of a quit job in a market that asks for 100 xNOS."""
    market, job = scenes.quit_job()
    terms = ix.update(
        scenes.cluster, market=market, authority=scenes.stage.olga, job_price=1, job_timeout=1, job_expiration=1,
        node_xnos_minimum=100 * NOS,
    )  # fmt: skip
    scenes.stage.run(terms)
    return market, job


@case("work", "NodeNotEnoughStake", "stake")
def too_light_a_stake(scenes: Scenes) -> Instruction:
    market, _ = asking_for_weight(scenes)
    return ix.work(scenes.cluster, run=scenes.stage.key(), market=market, node=scenes.stage.nora)


@case("claim", "NodeNotEnoughStake", "stake")
def too_light_a_stake_to_claim(scenes: Scenes) -> Instruction:
    market, job = asking_for_weight(scenes)
    return ix.claim(scenes.cluster, job=job, run=scenes.stage.key(), market=market, node=scenes.stage.nora)


def _keys() -> Iterator[Case]:
    for act in ("work", "claim"):
        yield Case(act, "NodeNftWrongOwner", "nft", "another's key", lambda s, a=act: with_key(s, a, owner="nick"))
        yield Case(
            act, "NodeNftInvalidAmount", "nft", "an empty account", lambda s, a=act: with_key(s, a, amount=0)
        )
        for title, more in (
            ("of another collection", {"collection": "other"}),
            ("of an unverified collection", {"verified": False}),
            ("with another key's metadata", {"metadata": "other"}),
        ):
            make = lambda s, a=act, m=more: with_key(s, a, **m)  # noqa: E731
            yield Case(act, "NodeKeyInvalidCollection", "metadata", title, make)
        yield Case(
            act, "ProgramFailedToComplete", "", "no metadata", lambda s, a=act: with_key(s, a, metadata="no")
        )


def with_key(
    scenes: Scenes, act: str, *, owner: str = "nora", amount: int = 1, collection: str = "", verified: bool = True,
    metadata: str = "",
) -> Instruction:  # fmt: skip
    """Return `work` or `claim` by Nora with an access key that may be wrong."""
    stage = scenes.stage
    wanted, more = scenes.key_for(act)
    nft, its = stage.access_key(getattr(stage, owner), stage.key() if collection else wanted, verified=verified)
    if metadata:
        its = stage.frida if metadata == "no" else stage.access_key(stage.nora, wanted)[1]
    if not amount:
        rewrite(stage, nft, lambda data: data[:64] + bytes(8) + data[72:])
    build = ix.work if act == "work" else ix.claim
    return build(scenes.cluster, run=stage.key(), node=stage.nora, nft=nft, metadata=its, **more)  # type: ignore[arg-type]


CASES += _keys()


def rewrite(stage: Stage, address: str, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of an account, as no instruction could."""
    key = Pubkey.from_string(address)
    held = stage.bank.get(key)
    assert held is not None
    stage.bank.fabricate(key, Account(held.lamports, change(held.data), held.owner))


@case("complete", "JobResultNull")
def an_empty_result(scenes: Scenes) -> Instruction:
    step = scenes.play("complete")
    return ix.complete(scenes.cluster, job=step.accounts[0].pubkey, node=scenes.stage.nora, ipfs_result=NO_RESULT)


@case("complete", "JobResultsAlreadySet", "job")
def a_second_result(scenes: Scenes) -> Instruction:
    step = scenes.play("complete")
    scenes.stage.run(step)
    return step


@case("complete", "JobInWrongState", "job")
def a_job_that_waits(scenes: Scenes) -> Instruction:
    job = scenes.stage.list(scenes.stage.market())
    return ix.complete(scenes.cluster, job=job, node=scenes.stage.nora, ipfs_result=RESULT)


@case("finish", "JobResultNull")
def finishing_without_a_result(scenes: Scenes) -> Instruction:
    market = scenes.stage.market()
    return scenes.stage.finishing(market, *scenes.stage.running(market), NO_RESULT)


@case("clean", "JobInWrongState", "job")
def a_job_that_did_not_end(scenes: Scenes) -> Instruction:
    stage, market = scenes.stage, scenes.stage.market(job_expiration=-1)
    return ix.clean(stage.cluster, job=stage.list(market), market=market, payer=stage.paula)


@case("clean", "JobNotExpired", "job")
def a_job_that_ended_just_now(scenes: Scenes) -> Instruction:
    market, job = finished(scenes.stage)
    return ix.clean(scenes.cluster, job=job, market=market, payer=scenes.stage.paula)


@case("list", "InsufficientFunds")
def a_deposit_one_cannot_pay(scenes: Scenes) -> Instruction:
    return scenes.stage.listing(scenes.stage.market(job_price=10**9))[1]


@case("list", "ProgramFailedToComplete")
def a_negative_timeout(scenes: Scenes) -> Instruction:
    return scenes.stage.listing(scenes.stage.market(), timeout=-1)[1]


@case("list", "ProgramFailedToComplete")
def a_deposit_over_64_bits(scenes: Scenes) -> Instruction:
    return scenes.stage.listing(scenes.stage.market(), timeout=2**62)[1]


def filled(stage: Stage, kind: QueueType) -> str:
    """Return a free market whose queue is full."""
    market = stage.market(job_price=0)

    def fill(data: bytes) -> bytes:
        queue = tuple(stage.key() for _ in range(MarketAccount.QUEUE_MAX))
        return replace(MarketAccount.decode(data), queue_type=kind, queue=queue).encode()

    rewrite(stage, market, fill)
    return market


@case("list", "AccountDidNotSerialize", "market")
def a_full_queue(scenes: Scenes) -> Instruction:
    return scenes.stage.listing(filled(scenes.stage, QueueType.JOB))[1]


@case("work", "AccountDidNotSerialize", "market")
def a_full_queue_of_nodes(scenes: Scenes) -> Instruction:
    market = filled(scenes.stage, QueueType.NODE)
    return ix.work(scenes.cluster, run=scenes.stage.key(), market=market, node=scenes.stage.nora)


@case("staking.stake", "DurationTooShort")
def thirteen_days(scenes: Scenes) -> Instruction:
    return ix.stake(scenes.cluster, authority=scenes.stage.person(nos=1), amount=0, duration=13 * DAY)


@case("staking.stake", "DurationTooLong")
def more_than_a_year(scenes: Scenes) -> Instruction:
    return ix.stake(scenes.cluster, authority=scenes.stage.person(nos=1), amount=0, duration=366 * DAY)


@case("staking.topup", "AmountNotEnough")
def nothing_more(scenes: Scenes) -> Instruction:
    return ix.stake_topup(scenes.cluster, authority=scenes.stage.nora, amount=0)


@case("staking.extend", "DurationTooShort")
def no_longer(scenes: Scenes) -> Instruction:
    return ix.stake_extend(scenes.cluster, authority=scenes.stage.nora, added=0)


@case("staking.extend", "DurationTooLong")
def over_a_year_in_all(scenes: Scenes) -> Instruction:
    return ix.stake_extend(scenes.cluster, authority=scenes.stage.nora, added=352 * DAY)


def _unstaked() -> Iterator[Case]:
    for act in ("staking.topup", "staking.extend", "staking.unstake"):

        def make(scenes: Scenes, act: str = act) -> Instruction:
            step = scenes.play(act)
            stake = scenes.stage.stake_of(scenes.stage.nora)
            rewrite(scenes.stage, stake, lambda data: replace(StakeAccount.decode(data), time_unstake=1).encode())
            return step

        yield Case(act, "AlreadyUnstaked", "stake", "one that is being unlocked", make)


CASES += _unstaked()
