"""What the chain shows is applied once; the money of an attempt ends exactly once."""

from datetime import timedelta

import pytest

from apps.billing.models import Hold, Settlement
from apps.billing.selectors import wallet
from apps.jobs.models import Job, Want
from apps.jobs.selectors import running_cost
from apps.jobs.services import (
    Landed,
    Observation,
    Place,
    Seen,
    attempt_cancelled,
    attempt_failed,
    attempt_refund,
    attempt_repriced,
    attempt_settle,
    attempts_addressed,
    attempts_listed,
    job_observe,
)
from apps.jobs.state import Reason, State
from apps.ledger.selectors import balance
from tests.jobs.conftest import CREDITS, NOW, PRICE, attempt_of
from tests.world import World

SETTLED = {"price_micro": PRICE, "node": "N", "result_cid": "Qm", "signature": "s", "slot": 9, "now": NOW}


@pytest.fixture
def running(submit) -> Job:
    """A job that a node runs since NOW."""
    job = submit()
    attempts_listed(landed=[Landed(job.attempt.pk, "l", 1)], now=NOW)
    job_observe(attempt_id=job.attempt.pk, observation=Observation(Seen.RUNNING, 2, "N", started_at=NOW), now=NOW)
    return Job.objects.select_related("attempt").get(pk=job.pk)


def test_running_cost_grows_by_the_second_with_the_fee_and_stops_at_the_timeout(running: Job) -> None:
    assert running_cost(running, NOW + timedelta(seconds=100)) == PRICE * 100 * 105 // 100
    assert running_cost(running, NOW + timedelta(seconds=9999)) == PRICE * 600 * 105 // 100


def test_what_is_known_already_changes_nothing(running: Job) -> None:
    again = Observation(Seen.RUNNING, 3, "N", started_at=NOW)
    job_observe(attempt_id=running.attempt.pk, observation=again, now=NOW)
    attempts_listed(landed=[Landed(running.attempt.pk, "l", 1)], now=NOW)
    assert [event.kind for event in running.events.order_by("seq")] == ["submitted", "queued", "running"]


def test_a_job_settles_once_and_its_running_cost_becomes_the_settled_one(running: Job, rich: World) -> None:
    assert attempt_settle(attempt_id=running.attempt.pk, seconds=100, **SETTLED)
    assert not attempt_settle(attempt_id=running.attempt.pk, seconds=100, **SETTLED)
    assert not attempt_refund(attempt_id=running.attempt.pk, signature="x", slot=1, now=NOW)
    attempt_failed(attempt_id=running.attempt.pk, reason=Reason.CHAIN_REFUSED, sentence="No.", now=NOW)
    attempt = attempt_of(running)
    assert (attempt.cost_micro, attempt.fee_micro) == (4300, 215)
    assert attempt.released_micro == attempt.held_micro - 4515
    assert wallet(rich.acme.pk).available_micro == CREDITS - 4515
    assert Settlement.objects.count() == 1
    assert running_cost(Job.objects.select_related("attempt").get(pk=running.pk), NOW) == 4515


def test_a_network_fee_of_a_job_that_ran_is_the_customers(submit, rich: World, settings: object) -> None:
    settings.CHAIN_FEE_DIVISOR = 10  # type: ignore[attr-defined]
    job = submit()
    attempt_settle(attempt_id=job.attempt.pk, seconds=100, **SETTLED)
    assert attempt_of(job).cost_micro == PRICE * 100 + PRICE * 600 // 10


def test_a_network_fee_of_a_job_that_never_ran_is_the_platforms_loss(
    submit, rich: World, settings: object
) -> None:
    settings.CHAIN_FEE_DIVISOR = 10  # type: ignore[attr-defined]
    job = submit()
    attempt_refund(attempt_id=job.attempt.pk, signature="x", slot=1, now=NOW)
    assert attempt_of(job).loss_micro == PRICE * 600 // 10
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_quit_fails_the_job_and_wants_the_deposit_back_once(running: Job) -> None:
    for _ in range(2):
        job_observe(attempt_id=running.attempt.pk, observation=Observation(Seen.QUIT, 3), now=NOW)
    job = Job.objects.get(pk=running.pk)
    assert (job.state, job.reason) == (State.FAILED, Reason.NODE_QUIT)
    assert Want.objects.filter(kind="recover").count() == 1
    assert Hold.objects.get().state == "open"  # until the deposit is finally back


def test_what_another_node_earns_on_a_job_that_failed_is_the_platforms_loss(running: Job, rich: World) -> None:
    job_observe(attempt_id=running.attempt.pk, observation=Observation(Seen.QUIT, 3), now=NOW)
    assert attempt_settle(attempt_id=running.attempt.pk, seconds=100, **SETTLED)
    attempt = attempt_of(running)
    assert (attempt.cost_micro, attempt.loss_micro) == (0, PRICE * 100)
    assert wallet(rich.acme.pk).available_micro == CREDITS
    assert balance("network:spend") == PRICE * 100 == -balance("platform:losses")


def test_a_job_that_used_its_whole_time_says_so(running: Job) -> None:
    seen = Observation(Seen.DONE, 5, "N", started_at=NOW, ended_at=NOW + timedelta(seconds=600), result_cid="Qm")
    job_observe(attempt_id=running.attempt.pk, observation=seen, now=NOW)
    job = Job.objects.get(pk=running.pk)
    assert (job.state, job.reason) == (State.COMPLETED, Reason.TIMEOUT)


def test_a_refused_listing_fails_the_job_with_its_sentence_and_releases_the_hold(submit, rich: World) -> None:
    job = submit()
    for _ in range(2):
        attempt_failed(attempt_id=job.attempt.pk, reason=Reason.CHAIN_REFUSED, sentence="No.", now=NOW)
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.sentence) == (State.FAILED, "No.")
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_cancelled_attempt_cannot_be_priced_again(submit) -> None:
    job = submit()
    attempt_cancelled(attempt_id=job.attempt.pk, now=NOW)
    assert not attempt_repriced(attempt_id=job.attempt.pk, price_micro=PRICE * 2, now=NOW)
    assert Hold.objects.get().state == "released"


def test_an_address_is_stored_once(submit) -> None:
    job = submit()
    facts = {"seed_version": 1, "genesis_hash": "G", "definition_cid": "Qm", "price_micro": PRICE}
    for address in ("A", "B"):
        place = Place(attempt=attempt_of(job), address=address, run_address=f"{address}r", **facts)
        attempts_addressed(places=[place], now=NOW)
    assert (attempt_of(job).address, attempt_of(job).run_address) == ("A", "Ar")
    assert job.events.filter(kind="pinned").count() == 1
