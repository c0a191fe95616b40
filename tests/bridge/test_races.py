"""Who comes second finds out: stops against listings and nodes, late workers, forgotten signatures."""

import pytest
from django.utils import timezone
from solders.signature import Signature

from apps.billing.models import Hold
from apps.bridge import services
from apps.bridge.chain import Gateway, Signed, Signer, ask_chain, attempt_keys
from apps.bridge.keys import seed_load
from apps.bridge.models import Order
from apps.bridge.services.orders import LeaseLost, order_claim, order_sign
from apps.bridge.services.preparing import PREPARE
from apps.jobs.models import Job, Want
from apps.jobs.state import Reason, State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, treasury
from tests.bridge.test_crashes import die, order_of, prepared

pytestmark = pytest.mark.django_db


def signed_listing(stage: Stage, job: Job) -> Signed:
    """Sign the job's listing as the bridge would."""
    organisation, seed = str(job.organisation_id), seed_load()
    cid = stage.pin(job.definition)
    blockhash = ask_chain(Gateway.blockhash)
    return Signer(seed, organisation).listing(
        job_id=str(job.pk),
        number=1,
        market=stage.market.address,
        cid=cid,
        timeout_s=job.timeout_s,
        blockhash=blockhash,
    )


def test_a_stop_that_comes_between_signing_and_storing_cancels_the_listing(stage: Stage) -> None:
    job = stage.submit()
    order = order_claim(order_id=order_of(job).pk, now=timezone.now())
    signed = signed_listing(stage, job)
    stage.stop(job)
    assert order is not None
    assert not order_sign(order, signed, Order.Instruction.LIST, now=timezone.now())
    job = stage.until_state(job, State.STOPPED)
    assert Order.objects.get(kind="list").signature == ""
    assert Hold.objects.get().state == "released"


def test_a_worker_that_comes_back_too_late_overwrites_nothing(stage: Stage) -> None:
    job = stage.submit()
    late = order_claim(order_id=order_of(job).pk, now=timezone.now())
    assert late is not None
    assert order_claim(order_id=late.pk, now=timezone.now()) is None
    die()
    signature = prepared(job).signature
    with pytest.raises(LeaseLost):
        order_sign(late, signed_listing(stage, job), Order.Instruction.LIST, now=timezone.now())
    assert Order.objects.get().signature == signature


def test_a_node_that_takes_the_job_before_the_delisting_lands_is_stopped_by_an_end(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.stop(job)
    order = services.order_make(want_id=Want.objects.get(kind="stop").pk, now=timezone.now())
    order = order_claim(order_id=order.pk, now=timezone.now())
    assert order is not None
    assert PREPARE["stop"](order, timezone.now())
    assert order.instruction == "delist"
    stage.node().work(stage.market)
    die()
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STOP_REQUESTED)
    assert Order.objects.get(kind="stop").instruction == "end"
    assert treasury(stage.network) == TREASURY - PRICE * job.attempt.seconds


def test_a_listing_found_on_the_chain_under_another_signature_is_taken_over_not_repeated(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    first = Order.objects.get().signature
    Order.objects.update(
        state="unsure",
        signature=str(Signature.default()),
        last_valid_block_height=1,
        confirmed_at=None,
        closed_at=None,
        next_try_at=timezone.now(),
    )
    stage.until(lambda: Order.objects.get().closed_at)
    assert Order.objects.get().signature == first
    assert treasury(stage.network) == TREASURY - PRICE * job.timeout_s


def test_what_left_no_trace_is_built_again(stage: Stage) -> None:
    job = stage.submit()
    order = prepared(job)
    Order.objects.filter(pk=order.pk).update(state="unsure", last_valid_block_height=1, sent_at=timezone.now())
    die()
    job = stage.until_state(job, State.QUEUED)
    assert Order.objects.get().signature != order.signature
    assert treasury(stage.network) == TREASURY - PRICE * job.timeout_s


def test_the_address_is_known_before_anything_is_sent(stage: Stage) -> None:
    job = stage.submit()
    prepared(job)
    keys = attempt_keys(seed_load(), str(job.organisation_id), str(job.pk), 1)
    attempt = stage.job(job).attempt
    assert (attempt.address, attempt.run_address) == (keys.job, keys.run)
    assert stage.network.ask(lambda chain: chain.signatures_for(attempt.address)) == []
    assert stage.wallet().available_micro + stage.wallet().held_micro == CREDITS
