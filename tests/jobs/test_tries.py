"""A try that cost nothing is followed by another, until none is left; the books tell the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.billing.models import Hold, Settlement
from apps.billing.selectors import wallet
from apps.jobs.models import Attempt, Job, Market, Want
from apps.jobs.policies import Policy
from apps.jobs.services import (
    Landed,
    Observation,
    Seen,
    attempt_refund,
    attempt_repriced,
    attempt_settle,
    attempts_listed,
    job_observe,
    job_stop,
)
from apps.jobs.state import Reason, State
from apps.ledger.selectors import balance
from apps.organisations.models import Membership
from tests.jobs.conftest import CREDITS, NOW, PRICE
from tests.world import World

SETTLED = {"price_micro": PRICE, "node": "N", "result_cid": "Qm", "signature": "f", "slot": 99, "now": NOW}


def fresh(job: Job) -> Job:
    """Return the job as it is now, with its current attempt."""
    return Job.objects.select_related("attempt", "market").get(pk=job.pk)


def see(job: Job, seen: Seen, slot: int, **facts: object) -> None:
    """Let the chain show the current attempt so."""
    job_observe(attempt_id=fresh(job).attempt_id, observation=Observation(seen, slot, **facts), now=NOW)  # type: ignore[arg-type]


def run(job: Job) -> Job:
    """Let the current attempt be listed, and a node run it."""
    attempt_id = fresh(job).attempt_id
    attempts_listed(landed=[Landed(attempt_id, f"list {attempt_id}", 1)], now=NOW)  # type: ignore[arg-type]
    see(job, Seen.RUNNING, 2, node="N", started_at=NOW)
    return fresh(job)


def give_up(job: Job) -> Attempt:
    """Let a node run the current attempt and give it up, and its deposit come back."""
    attempt = run(job).attempt
    assert attempt is not None
    see(job, Seen.QUIT, 3)
    attempt_refund(attempt_id=attempt.pk, signature=f"recover {attempt.number}", slot=4, now=NOW)
    return attempt


def test_a_job_that_nodes_give_up_is_tried_again_as_often_as_asked_then_refunded(submit, rich: World) -> None:
    job = submit(policy=Policy(reposts=2))
    held = wallet(rich.acme.pk).held_micro
    for number in (1, 2):
        assert give_up(job).number == number
        assert wallet(rich.acme.pk).held_micro == held  # one hold at a time, never more than the first
        assert (fresh(job).state, fresh(job).attempt.number) == (State.PENDING, number + 1)
    give_up(job)
    assert (fresh(job).state, fresh(job).reason) == (State.FAILED, Reason.NODE_QUIT)
    assert wallet(rich.acme.pk).available_micro == CREDITS
    assert list(Hold.objects.order_by("source").values_list("state", flat=True)) == ["settled"] * 3
    evidence = Settlement.objects.order_by("id").values_list("cost_micro", "details__signature")
    assert sorted(evidence) == [(0, f"recover {number}") for number in (1, 2, 3)]
    assert Want.objects.filter(kind="list").count() == Want.objects.filter(kind="recover").count() == 3
    assert balance("platform:losses") == 0


def test_a_network_fee_of_each_lost_try_is_the_platforms_loss(submit, rich: World, settings: object) -> None:
    settings.CHAIN_FEE_DIVISOR = 10  # type: ignore[attr-defined]
    job = submit(policy=Policy(reposts=1))
    give_up(job)
    give_up(job)
    assert wallet(rich.acme.pk).available_micro == CREDITS
    assert balance("platform:losses") == -2 * (PRICE * 600 // 10)


def test_the_next_try_has_an_address_and_a_hold_of_its_own_and_can_finish(submit, rich: World) -> None:
    job = submit(policy=Policy(reposts=1))
    first = give_up(job)
    second = run(job).attempt
    assert second.hold_source != first.hold_source
    assert second.address is None  # it is derived from the number of the try
    see(job, Seen.DONE, 5, node="N", started_at=NOW, ended_at=NOW + timedelta(seconds=100))
    assert attempt_settle(attempt_id=second.pk, seconds=100, **SETTLED)
    assert fresh(job).state == State.COMPLETED
    assert wallet(rich.acme.pk).available_micro == CREDITS - PRICE * 100 * 105 // 100


def test_nothing_of_the_next_try_begins_before_the_deposit_is_finally_back(submit) -> None:
    job = submit(policy=Policy(reposts=1))
    run(job)
    see(job, Seen.QUIT, 3)
    assert (fresh(job).state, fresh(job).reason) == (State.PENDING, Reason.NODE_QUIT)
    assert "try 2 of 2" in fresh(job).sentence
    assert Attempt.objects.count() == Hold.objects.count() == 1


def test_a_stop_between_two_tries_ends_the_job_for_nothing(submit, rich: World, mia: Membership) -> None:
    job = submit(policy=Policy(reposts=1))
    attempt = run(job).attempt
    see(job, Seen.QUIT, 3)
    job_stop(membership=mia, job=job, now=NOW)
    attempt_refund(attempt_id=attempt.pk, signature="recover", slot=4, now=NOW)
    assert (fresh(job).state, fresh(job).reason) == (State.STOPPED, Reason.STOP_REQUESTED)
    assert Attempt.objects.count() == 1
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_node_that_quits_while_it_is_being_stopped_ends_the_job(submit, mia: Membership) -> None:
    job = submit(policy=Policy(reposts=2))
    run(job)
    job_stop(membership=mia, job=job, now=NOW)
    see(job, Seen.QUIT, 3)
    assert (fresh(job).state, fresh(job).reason) == (State.STOPPED, Reason.STOP_REQUESTED)


def test_a_try_is_not_begun_above_the_first_hold_nor_priced_above_it(submit, market: Market, rich: World) -> None:
    job = submit(policy=Policy(reposts=2))
    give_up(job)
    assert not attempt_repriced(attempt_id=fresh(job).attempt_id, price_micro=PRICE + 1, now=NOW)
    assert fresh(job).reason == Reason.PRICE_ROSE
    other = submit(policy=Policy(reposts=2), submission_key="two")
    run(other)
    see(other, Seen.QUIT, 3)
    Market.objects.update(price_micro=PRICE + 1)
    attempt_refund(attempt_id=fresh(other).attempt_id, signature="r2", slot=4, now=NOW)
    assert (fresh(other).state, fresh(other).reason) == (State.FAILED, Reason.NODE_QUIT)
    assert "dearer" in fresh(other).sentence
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_claim_that_finishes_before_the_deposit_is_back_counts_as_the_result(submit, rich: World) -> None:
    job = submit(policy=Policy(reposts=1))
    attempt = run(job).attempt
    see(job, Seen.QUIT, 3)
    see(job, Seen.DONE, 6, node="M", started_at=NOW, ended_at=NOW + timedelta(seconds=100))
    assert attempt_settle(attempt_id=attempt.pk, seconds=100, **SETTLED)
    assert fresh(job).state == State.COMPLETED
    assert wallet(rich.acme.pk).available_micro == CREDITS - PRICE * 100 * 105 // 100
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("twice", [1, 2])
def test_an_observation_applied_twice_or_late_changes_nothing_more(submit: Callable[..., Job], twice: int) -> None:
    job = submit(policy=Policy(reposts=1))
    attempt = run(job).attempt
    for _ in range(twice):
        job_observe(attempt_id=attempt.pk, observation=Observation(Seen.QUIT, 9), now=NOW)
    late = Observation(Seen.RUNNING, 5, "N", started_at=NOW)
    job_observe(attempt_id=attempt.pk, observation=late, now=NOW)
    events = fresh(job).events.order_by("seq").values_list("kind", flat=True)
    assert list(events) == ["submitted", "queued", "running", "pending"]
    assert fresh(job).state == State.PENDING
