"""The life of a job on chain, with each trap the network has (network facts §1.8, §1.9)."""

from pathlib import Path

from nosana.chain import JobState, QueueType, ata, rewards_reflection, rewards_vault
from nosana.chain import instructions as ix
from nosana.chain.accounts import ReflectionAccount
from solders.pubkey import Pubkey

from tests.sandbox.chain.stage import PRICE, RESULT, TIMEOUT, Stage

DEPOSIT = PRICE * TIMEOUT


def test_a_listed_job_waits_and_its_deposit_lies_in_the_vault(stage: Stage) -> None:
    market = stage.market()
    before = stage.nos(stage.paula)
    job = stage.list(market)
    account = stage.job(job)
    assert account is not None
    assert (account.state, account.price, account.timeout) == (JobState.QUEUED, PRICE, TIMEOUT)
    assert (account.project, account.payer, account.market) == (stage.prue, stage.paula, market)
    assert stage.market_account(market).queue == (job,)
    assert stage.market_account(market).queue_type == QueueType.JOB
    assert stage.tokens(stage.vault(market)) == DEPOSIT == before - stage.nos(stage.paula)


def test_a_waiting_node_gets_the_next_job_at_once(stage: Stage) -> None:
    market = stage.market()
    stage.work(market)
    run = stage.key()
    job, step = stage.listing(market, run=run)
    stage.run(step)
    found = stage.run_account(run)
    assert found is not None
    assert (found.job, found.node, found.payer) == (job, stage.nora, stage.paula)
    assert stage.market_account(market).queue_type == QueueType.EMPTY


def test_jobs_are_taken_in_the_order_they_came(stage: Stage) -> None:
    market = stage.market()
    first, second = stage.list(market), stage.list(market)
    run = stage.run_account(stage.work(market))
    assert run is not None
    assert run.job == first
    assert stage.market_account(market).queue == (second,)


def test_finishing_pays_by_the_second_and_returns_the_rest(stage: Stage) -> None:
    market = stage.market()
    paula = stage.nos(stage.paula)
    job, run = stage.running(market)
    stage.wait(600)
    started = stage.run_account(run)
    stage.run(stage.finishing(market, job, run))
    ended = stage.job(job)
    assert started is not None
    assert ended is not None
    seconds = ended.time_end - started.time
    assert 600 <= seconds <= 602
    assert stage.nos(stage.nora) == PRICE * seconds == ended.cost()
    assert stage.nos(stage.paula) == paula - PRICE * seconds
    assert (ended.state, ended.ipfs_result, ended.node) == (JobState.DONE, RESULT, stage.nora)
    assert stage.run_account(run) is None


def test_a_run_past_its_timeout_is_paid_for_the_timeout_only(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.wait(TIMEOUT + 5000)
    stage.run(stage.finishing(market, job, run))
    assert stage.nos(stage.nora) == DEPOSIT
    assert stage.tokens(stage.vault(market)) == 0


def test_ending_pays_the_node_and_the_node_may_still_complete(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.wait(10)
    stage.run(stage.ending(market, job, run))
    ended = stage.job(job)
    assert ended is not None
    assert ended.cid_result is None
    assert stage.nos(stage.nora) == ended.cost() > 0
    stage.run(ix.complete(stage.cluster, job=job, node=stage.nora, ipfs_result=RESULT))
    completed = stage.job(job)
    assert completed is not None
    assert completed.ipfs_result == RESULT


def test_a_delisted_job_refunds_the_whole_deposit_and_the_rent(stage: Stage) -> None:
    market = stage.market()
    nos, sol = stage.nos(stage.paula), stage.sol(stage.paula)
    job = stage.list(market)
    stage.run(stage.delisting(market, job))
    assert stage.job(job) is None
    assert (stage.nos(stage.paula), stage.sol(stage.paula)) == (nos, sol)
    assert stage.market_account(market).queue_type == QueueType.EMPTY


def test_a_quit_job_is_recovered_to_any_account_its_project_names(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.quit(job, run)
    stopped = stage.job(job)
    assert stopped is not None
    assert stopped.state == JobState.STOPPED
    prue = ata(stage.prue, stage.cluster.mint)
    before = stage.tokens(prue)
    step = ix.recover(
        stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue, user=prue
    )  # fmt: skip
    stage.run(step)
    assert stage.tokens(prue) - before == DEPOSIT
    assert stage.job(job) is None


def test_a_claimed_job_keeps_its_state_and_can_be_finished(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.quit(job, run)
    again = stage.key()
    stage.run(ix.claim(stage.cluster, job=job, run=again, market=market, node=stage.nora))
    claimed = stage.job(job)
    assert claimed is not None
    assert claimed.state == JobState.STOPPED
    stage.run(stage.finishing(market, job, again))
    finished = stage.job(job)
    assert finished is not None
    assert finished.state == JobState.DONE


def test_a_claimed_job_may_be_recovered_under_its_node(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.quit(job, run)
    again = stage.key()
    stage.run(ix.claim(stage.cluster, job=job, run=again, market=market, node=stage.nora))
    stage.run(ix.recover(stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue))
    assert stage.name_of_failure(stage.finishing(market, job, again)) == "AccountNotInitialized"


def test_extending_takes_the_deposit_for_the_added_seconds(stage: Stage) -> None:
    market = stage.market()
    job = stage.list(market)
    before = stage.nos(stage.paula)
    step = ix.extend(
        stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue, timeout=TIMEOUT + 100
    )
    stage.run(step)
    extended = stage.job(job)
    assert extended is not None
    assert extended.timeout == TIMEOUT + 100
    assert before - stage.nos(stage.paula) == PRICE * 100


def test_assigning_starts_the_job_on_the_chosen_node(stage: Stage) -> None:
    market = stage.market()
    stage.work(market)
    stage.work(market, stage.nick)
    job, run = stage.key(), stage.key()
    step = ix.assign(
        stage.cluster, job=job, run=run, market=market, node=stage.nick, payer=stage.paula, project=stage.prue,
        ipfs_job=RESULT, timeout=60,
    )  # fmt: skip
    stage.run(step)
    found = stage.run_account(run)
    assert found is not None
    assert found.node == stage.nick
    assert stage.market_account(market).queue == (stage.nora,)


def test_a_node_leaves_the_queue_by_itself_or_by_the_markets_owner(stage: Stage) -> None:
    market = stage.market()
    stage.work(market)
    stage.work(market, stage.nick)
    stage.run(ix.stop(stage.cluster, market=market, node=stage.nora))
    stage.run(ix.stop(stage.cluster, market=market, node=stage.nick, authority=stage.olga))
    assert stage.market_account(market).queue_type == QueueType.EMPTY


def test_a_free_market_moves_no_tokens(stage: Stage) -> None:
    market = stage.market(job_price=0)
    job, run = stage.running(market)
    stage.run(stage.finishing(market, job, run))
    assert stage.nos(stage.nora) == 0
    assert stage.tokens(stage.vault(market)) == 0


def test_a_market_of_unknown_type_swallows_the_deposit(stage: Stage) -> None:
    market = stage.market(job_type=77)
    job = stage.list(market)
    assert stage.market_account(market).job_type == 255
    assert stage.market_account(market).queue == ()
    assert stage.tokens(stage.vault(market)) == DEPOSIT
    assert stage.name_of_failure(stage.delisting(market, job)) == "MarketInWrongState"


def test_quit_admin_strands_the_job(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    admin = str(stage.world.admin.pubkey())
    stage.keys[admin] = stage.world.admin
    stage.run(ix.quit_admin(stage.cluster, run=run, run_payer=stage.nora, authority=admin))
    assert stage.name_of_failure(stage.delisting(market, job)) == "MarketInWrongState"
    recover = ix.recover(stage.cluster, job=job, market=market, payer=stage.paula, project=stage.prue)
    assert stage.name_of_failure(recover) == "JobInWrongState"
    stage.run(ix.clean_admin(stage.cluster, job=job, payer=stage.paula, authority=admin))
    assert stage.tokens(stage.vault(market)) == DEPOSIT


def test_closing_a_market_sweeps_the_escrow_of_live_jobs(stage: Stage) -> None:
    market = stage.market()
    stage.list(market)
    before = stage.nos(stage.olga)
    stage.run(ix.close(stage.cluster, market=market, authority=stage.olga))
    assert stage.nos(stage.olga) - before == DEPOSIT
    assert stage.sol(market) == stage.sol(stage.vault(market)) == 0


def test_clean_waits_for_the_expiration_of_whichever_market_is_given(stage: Stage) -> None:
    market, hasty = stage.market(job_expiration=86400), stage.market(job_expiration=5)
    job, run = stage.running(market)
    stage.run(stage.finishing(market, job, run))
    stage.wait(10)
    right = ix.clean(stage.cluster, job=job, market=market, payer=stage.paula)
    assert stage.name_of_failure(right) == "JobNotExpired"
    stage.run(ix.clean(stage.cluster, job=job, market=hasty, payer=stage.paula))
    assert stage.job(job) is None


def test_updating_a_market_leaves_listed_jobs_at_their_price(stage: Stage) -> None:
    market = stage.market()
    job = stage.list(market)
    step = ix.update(
        stage.cluster, market=market, authority=stage.olga, job_price=99, job_timeout=60, job_expiration=1
    )
    stage.run(step)
    account = stage.job(job)
    assert account is not None
    assert (account.price, stage.market_account(market).job_price) == (PRICE, 99)


def test_a_fee_divisor_takes_a_tenth_on_top_and_never_returns_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, fee_divisor=10)
    market = stage.market()
    before = stage.nos(stage.paula)
    job = stage.list(market)
    assert before - stage.nos(stage.paula) == DEPOSIT + DEPOSIT // 10
    assert stage.tokens(rewards_vault(stage.cluster)[0]) == DEPOSIT // 10
    pool = ReflectionAccount.decode(stage._data(rewards_reflection(stage.cluster)[0]) or b"")
    assert pool.total_xnos == DEPOSIT // 10
    stage.run(stage.delisting(market, job))
    assert before - stage.nos(stage.paula) == DEPOSIT // 10
    stage.bank.close()


def test_a_job_claimed_by_two_nodes_is_paid_twice_out_of_others_deposits(stage: Stage) -> None:
    market = stage.market()
    job, run = stage.running(market)
    stage.list(market)
    stage.quit(job, run)
    first, second = stage.key(), stage.key()
    for key in (first, second):
        stage.run(ix.claim(stage.cluster, job=job, run=key, market=market, node=stage.nora))
    stage.wait(100)
    for key in (first, second):
        stage.run(stage.finishing(market, job, key))
    assert stage.tokens(stage.vault(market)) == 0


def test_a_node_without_access_key_may_show_any_live_token_account(stage: Stage) -> None:
    market = stage.market()
    stage.work(market, nft=ata(stage.paula, stage.cluster.mint))
    assert stage.market_account(market).queue == (stage.nora,)


def test_one_transaction_mixes_our_program_with_others_and_pays_its_priority(stage: Stage) -> None:
    market, newcomer = stage.market(), stage.key()
    job, listing = stage.listing(market)
    before = stage.sol(stage.frida)
    stage.run(
        *ix.priority_fee(micro_lamports=2_000_000, units=300_000),
        ix.ata_create(stage.cluster, owner=newcomer, payer=stage.frida),
        ix.transfer(stage.cluster, owner=stage.paula, to=newcomer, amount=5),
        listing,
    )
    assert stage.nos(newcomer) == 5
    assert stage.job(job) is not None
    signatures, rent, priority = 5, 2_039_280, 600_000  # Frida, Paula, Prue, job and run sign
    assert before - stage.sol(stage.frida) == 5000 * signatures + rent + priority


def test_a_failing_last_step_takes_the_steps_of_all_programs_back(stage: Stage) -> None:
    market, newcomer = stage.market(), stage.key()
    job, listing = stage.listing(market)
    too_much = ix.transfer(stage.cluster, owner=stage.prue, to=newcomer, amount=10**15)
    making = ix.ata_create(stage.cluster, owner=newcomer, payer=stage.frida)
    program = Pubkey.from_string(stage.cluster.program)
    state = {key: held.data for key, held in stage.bank.owned_at(program, "processed")}
    assert stage.name_of_failure(making, listing, too_much) == "InsufficientFunds"
    assert stage.job(job) is None
    assert stage.sol(ata(newcomer, stage.cluster.mint)) == 0
    assert {key: held.data for key, held in stage.bank.owned_at(program, "processed")} == state
