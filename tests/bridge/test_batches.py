"""Many orders at once: two listings share a transaction, and each stands or falls alone."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from nosana.chain import instructions as ix
from nosana.chain import wallet_load

from apps.bridge import chain, services
from apps.bridge.chain import ask_chain
from apps.bridge.ipfs import pinning
from apps.bridge.loop import wait_for
from apps.bridge.models import Order
from apps.bridge.services import listing, orders
from apps.bridge.services.sending import order_refused
from apps.core.errors import NotFound
from apps.core.models import Message
from apps.jobs.models import Attempt, Job, JobEvent, Want
from apps.jobs.state import Reason, State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury
from tests.bridge.test_crashes import die, order_of
from tests.bridge.test_troubles import due_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two listings be a queue."""
    monkeypatch.setattr(listing, "QUEUE_BUILDS_UP", 2)


def submitted(stage: Stage, count: int) -> list[Job]:
    """Submit jobs, and let their announcements be lost."""
    jobs = [stage.submit(key=str(number), timeout_s=100) for number in range(count)]
    Message.objects.all().delete()
    services.orders_make_missing(now=timezone.now())
    return jobs


def test_a_queue_shares_transactions_two_by_two(stage: Stage, in_pairs: None) -> None:
    jobs = submitted(stage, 5)
    services.orders_push(now=timezone.now())
    assert len(set(Order.objects.values_list("signature", flat=True))) == 3
    assert Order.objects.filter(shared=True).count() == 4
    for job in jobs:
        stage.until_state(job, State.QUEUED)
    assert treasury_soon(stage, TREASURY - 5 * PRICE * 100)


def until_queued(stage: Stage, job: Job) -> bool:
    """Wait until the job is queued, while others fail."""
    while stage.job(job).state != State.QUEUED:
        services.orders_check(now=timezone.now())
    return True


def treasury_soon(stage: Stage, micro: int) -> bool:
    """Wait until so much is final."""
    stage.until(lambda: treasury(stage.network) == micro)
    return True


def test_a_queue_takes_few_statements_however_long_it_is(
    stage: Stage, in_pairs: None, django_assert_max_num_queries: Any
) -> None:
    submitted(stage, 12)
    with django_assert_max_num_queries(35):
        services.orders_push(now=timezone.now())
    stage.until(lambda: not Order.objects.filter(confirmed_at=None).exists())


def test_a_failure_of_one_splits_the_pair_and_the_other_is_listed(
    stage: Stage, in_pairs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = submitted(stage, 2)
    real = listing.Signer.listing

    def too_long(signer: Any, **given: Any) -> Any:
        given |= {"timeout_s": 2**62} if given["job_id"] == str(bad.pk) else {}
        return real(signer, **given)

    monkeypatch.setattr(listing.Signer, "listing", too_long)
    services.orders_push(now=timezone.now())
    assert list(Order.objects.values_list("state", "alone", "signature")) == [("wanted", True, "")] * 2
    stage.until_state(good, State.QUEUED)
    failed = stage.until_state(bad, State.FAILED)
    assert failed.reason == Reason.CHAIN_REFUSED
    assert treasury_soon(stage, TREASURY - PRICE * 100)


def test_a_stop_of_one_before_the_signing_leaves_the_other_alone(
    stage: Stage, in_pairs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, other = submitted(stage, 2)
    look = listing._look

    def stopped_meanwhile(*given: Any) -> Any:
        seen = look(*given)
        stage.stop(stopped)
        return seen

    monkeypatch.setattr(listing, "_look", stopped_meanwhile)
    services.orders_push(now=timezone.now())
    monkeypatch.undo()
    assert stage.job(stopped).state == State.STOPPED
    stage.until_state(other, State.QUEUED)
    assert treasury_soon(stage, TREASURY - PRICE * 100)


def test_a_stop_of_one_before_the_sending_takes_it_off_when_both_have_landed(
    stage: Stage, in_pairs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, other = submitted(stage, 2)
    monkeypatch.setattr("apps.bridge.services.pushing.orders_send", lambda *_, **__: None)
    services.orders_push(now=timezone.now())
    monkeypatch.undo()
    stage.stop(stopped)
    die()
    stage.until_settled(stopped)
    assert stage.job(stopped).state == State.STOPPED
    assert stage.until_state(other, State.QUEUED)
    assert treasury_soon(stage, TREASURY - PRICE * 100)


def test_a_treasury_that_runs_empty_in_a_batch_lists_what_it_can_and_the_rest_later(
    stage: Stage, in_pairs: None, settings: Any
) -> None:
    owner = wallet_load(settings.CHAIN_TREASURY_FILE)
    left = PRICE * 100 * 3 + 1
    away = ix.transfer(
        stage.network.cluster, owner=owner.pubkey(), to=stage.market.owner.pubkey(), amount=TREASURY - left
    )
    stage.network.final(stage.network.act(away, owner))
    submitted(stage, 5)
    stage.until(lambda: Order.objects.exclude(confirmed_at=None).count() == 3)
    waiting = Order.objects.filter(confirmed_at=None)
    stage.until(lambda: all("enough NOS" in error for error in waiting.values_list("error", flat=True)))
    assert not Order.objects.exclude(parked_at=None).exists()
    assert Job.objects.filter(state="pending").count() == 2
    stage.network.give(str(owner.pubkey()), nos=TREASURY)
    due_now()
    stage.until(lambda: Job.objects.filter(state="queued").count() == 5)
    assert treasury_soon(stage, TREASURY + left - 5 * PRICE * 100)


def test_attempts_of_two_clusters_are_never_mixed(stage: Stage) -> None:
    ours, foreign = submitted(stage, 2)
    Attempt.objects.filter(job=foreign).update(genesis_hash="another")
    with pytest.raises(services.pushing.ClusterMismatch, match="lives on the cluster another"):
        services.orders_push(now=timezone.now())
    assert Order.objects.get(want__job=foreign).signature == ""
    assert until_queued(stage, ours)


def test_equal_definitions_are_pinned_once(stage: Stage, settings: Any) -> None:
    value = flow_state("same")
    first, second = wait_for(pinning([value, dict(value)]))
    assert first == second
    settings.IPFS_API_URL = "http://127.0.0.1:9"
    (refused,) = wait_for(asyncio.wait_for(pinning([value]), 20))
    assert "could not be reached" in str(refused)


def test_an_order_that_fails_again_and_again_is_parked_and_tried_again_by_staff(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, admin_client: Any
) -> None:
    job = stage.submit()
    order = order_of(job)
    monkeypatch.setattr(listing, "sign", lambda *_: 1 / 0)
    for _ in range(orders.OURS.tries or 0):
        services.orders_push(now=timezone.now())
        due_now()
    order.refresh_from_db()
    assert "ZeroDivisionError" in order.parked_reason
    assert not services.orders_push(now=timezone.now())
    monkeypatch.undo()
    url = "/admin/bridge/order/"
    assert str(order.pk) in admin_client.get(f"{url}?parked=yes").content.decode()
    form = {"action": "try_again", "_selected_action": [str(order.pk)]}
    for _ in range(2):
        assert admin_client.post(url, form).status_code == 302
    stage.until_state(job, State.QUEUED)
    with pytest.raises(NotFound):
        services.order_retry(order_id=job.pk, now=timezone.now())


def test_a_stop_takes_a_parked_listing_back(stage: Stage) -> None:
    job = stage.submit()
    order = order_of(job)
    Order.objects.filter(pk=order.pk).update(parked_at=timezone.now(), parked_reason="tests")
    stage.stop(job)
    assert stage.until_state(job, State.STOPPED)


def test_a_job_for_one_node_is_assigned_to_it(stage: Stage) -> None:
    idle, wanted = stage.node(), stage.node()
    for node in (idle, wanted):
        node.work(stage.market)
    job = stage.submit(node=wanted.address)
    job = stage.until_state(job, State.RUNNING)
    assert job.node == wanted.address
    assert Order.objects.get().instruction == "assign"


def test_a_job_for_a_node_that_is_not_free_fails_and_costs_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.node().work(stage.market)
    job = stage.submit(node=stage.node().address)
    stage.look()
    assert stage.job(job).state == State.PENDING
    monkeypatch.setattr(listing, "NODE_PATIENCE", timedelta(0))
    due_now()
    job = stage.until_state(job, State.FAILED)
    assert job.reason == Reason.NODE_AWAY
    assert stage.wallet().held_micro == 0


def test_an_ended_jobs_account_is_cleaned_once_its_market_lets_us_and_the_rent_comes_back(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=100), State.RUNNING)
    node.finish(job.attempt.address, stage.pin(flow_state("done")))
    job = stage.until_settled(job)
    stage.until(lambda: stage.job(job).result_at)
    later = timezone.now() + timedelta(days=2)
    assert services.cleans_want(now=timezone.now()) == 0
    assert services.cleans_want(now=later) == 1
    assert services.cleans_want(now=later) == 0
    rich = ask_chain(lambda gateway: gateway.treasury())[1]
    stage.network.later(2 * 86_400)
    services.orders_make_missing(now=later)
    services.orders_push(now=later)
    due_now()
    stage.until(lambda: Want.objects.get(kind="clean").closed_at)
    assert ask_chain(lambda gateway: gateway.treasury())[1] > rich
    assert ask_chain(lambda gateway: gateway.view(job.attempt.address)).job is None


def test_a_question_that_fails_for_one_job_keeps_no_other_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (stage.until_state(job, State.QUEUED) for job in submitted(stage, 2))
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    stage.stop(good)
    stage.stop(bad)
    real = chain.Chain.runs

    async def unanswered(chain_: Any, **asked: Any) -> Any:
        if asked.get("job") == bad.attempt.address:  # type: ignore[union-attr]
            raise chain.ChainUnavailable("the endpoint did not answer")
        return await real(chain_, **asked)

    services.orders_make_missing(now=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(chain.Chain, "runs", unanswered)
        services.orders_push(now=timezone.now())
    orders = {order.attempt_id: order for order in Order.objects.filter(kind="stop")}
    assert orders[good.attempt_id].state == "sent"
    assert (orders[bad.attempt_id].failures, orders[bad.attempt_id].error) == (1, "the endpoint did not answer")
    for job in (good, bad):
        stage.until_settled(job)
        assert stage.job(job).state == State.STOPPED


def test_a_seed_that_is_missing_for_one_job_keeps_no_other_waiting(stage: Stage) -> None:
    jobs = submitted(stage, 5)
    jobs[2].attempts.update(seed_version=9)
    services.orders_push(now=timezone.now())
    states = dict(Order.objects.values_list("attempt__job", "state"))
    assert [states[job.pk] for job in jobs] == ["sent", "sent", "claimed", "sent", "sent"]
    assert "version 9" in Order.objects.get(attempt__job=jobs[2]).error


def test_jobs_wait_for_room_in_a_full_queue_and_are_told_so_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain.MarketAccount, "QUEUE_MAX", 2)
    monkeypatch.setattr(listing, "FULL_SECONDS", 0.0)
    jobs = submitted(stage, 4)
    stage.until(lambda: Job.objects.filter(state=State.QUEUED).count() == 2)
    stage.until(lambda: JobEvent.objects.filter(kind="full").count() == 2)
    for _ in range(3):
        stage.look()
    first, second = (job for job in jobs if stage.job(job).state == State.QUEUED)
    waiting = [job for job in jobs if stage.job(job).state == State.PENDING]
    assert JobEvent.objects.filter(kind="full", job__in=waiting).count() == 2
    for job in (first, second):
        stage.stop(job)
    for job in waiting:
        stage.until_state(job, State.QUEUED)


def test_on_a_read_only_platform_what_runs_ends_and_is_paid_and_new_jobs_wait(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(listing, "READ_ONLY_SECONDS", 0.0)
    (runs,) = submitted(stage, 1)
    stage.until_state(runs, State.QUEUED)
    node = stage.node()
    settings.READ_ONLY = "We move house."
    again = stage.submit(key="meanwhile")
    node.work(stage.market)
    (run,) = stage.network.ask(lambda chain: chain.runs(node=node.address)).values()
    node.finish(run.job, stage.pin({"status": "success", "opStates": []}))
    stage.until(lambda: Job.objects.filter(attempt__settled_at__isnull=False).count() == 1)
    assert stage.job(again).state == State.PENDING
    assert set(Order.objects.filter(attempt__job=again).values_list("failures", "parked_at")) == {(0, None)}
    stage.stop(again)
    stage.until_settled(again)
    assert stage.job(again).state == State.STOPPED
    assert Order.objects.get(attempt__job=again, kind="list").signature == ""
    last = stage.submit(key="last")
    stage.look()
    settings.READ_ONLY = ""
    stage.until_state(last, State.QUEUED)


def test_a_queue_that_fills_up_meanwhile_delays_a_job_as_long_as_its_policy_lets_it_wait(stage: Stage) -> None:
    (job,) = submitted(stage, 1)
    full = chain.ProgramError("AccountDidNotSerialize", 3004, [])
    now = timezone.now()
    for at, state in ((now, State.PENDING), (now + timedelta(hours=9), State.FAILED)):
        Job.objects.update(queue_limit_s=3600, queue_then="give_up")
        Order.objects.update(lease=uuid.uuid4(), state="claimed", instruction="list")
        order_refused(Order.objects.get(), full, now=at)
        assert stage.job(job).state == state
    assert "queue is full" in stage.job(job).sentence
    assert stage.wallet().available_micro == CREDITS
