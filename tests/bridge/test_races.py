"""Who comes second finds out: stops against listings and nodes, late workers, forgotten signatures."""

import pytest
from django.utils import timezone
from solders.signature import Signature

from apps.billing.models import Hold
from apps.bridge import services
from apps.bridge.keys import seed_load
from apps.bridge.models import Order
from apps.bridge.services import listing
from apps.bridge.services.acting import acts_prepare
from apps.bridge.services.orders import UNSENT, orders_claim
from apps.bridge.signing import attempt_keys
from apps.jobs.models import Attempt, Want
from apps.jobs.state import Reason, State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, treasury
from tests.bridge.test_crashes import claimed, die, order_of, prepared

pytestmark = pytest.mark.django_db


def test_a_stop_that_comes_between_reading_and_storing_cancels_the_listing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stage.submit()
    look = listing._look

    def stopped_meanwhile(*given: object) -> object:
        seen = look(*given)
        stage.stop(job)
        return seen

    monkeypatch.setattr(listing, "_look", stopped_meanwhile)
    stage.look()
    job = stage.until_state(job, State.STOPPED)
    assert Order.objects.get(kind="list").signature == ""
    assert Hold.objects.get().state == "released"


def test_a_worker_that_comes_back_too_late_overwrites_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stage.submit()
    late = claimed(order_of(job))
    assert not orders_claim(states=UNSENT, now=timezone.now(), limit=1)
    die()
    signature = prepared(job).signature
    attempts = Attempt.objects.select_related("job__market").in_bulk([late.attempt_id])
    assert listing.lists_prepare([late], attempts, now=timezone.now()) == []
    assert Order.objects.get().signature == signature


def test_a_node_that_takes_the_job_before_the_delisting_lands_is_stopped_by_an_end(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.stop(job)
    order = services.order_make(want_id=Want.objects.get(kind="stop").pk, now=timezone.now())
    attempts = Attempt.objects.select_related("job__market").in_bulk([order.attempt_id])
    (order,) = acts_prepare([claimed(order)], attempts, now=timezone.now())
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
    history = stage.network.ask(lambda chain: chain.signatures_for(job.attempt.address))
    assert [line.signature for line in history] == [Order.objects.get().signature]
    assert treasury(stage.network) == TREASURY - PRICE * job.timeout_s


def test_the_address_is_known_before_anything_is_sent(stage: Stage) -> None:
    job = stage.submit()
    prepared(job)
    keys = attempt_keys(seed_load(), str(job.organisation_id), str(job.pk), 1)
    attempt = stage.job(job).attempt
    assert (attempt.address, attempt.run_address) == (keys.job, keys.run)
    assert stage.network.ask(lambda chain: chain.signatures_for(attempt.address)) == []
    assert stage.wallet().available_micro + stage.wallet().held_micro == CREDITS
