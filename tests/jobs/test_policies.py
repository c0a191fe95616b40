"""What jobs do by themselves: waiting, near their time limit, past it, with a silent node."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.billing.models import Hold
from apps.billing.selectors import wallet
from apps.core.errors import AppError
from apps.jobs.models import Attempt, Extension, Job, Market, Want
from apps.jobs.policies import NearThen, Policy, QueueThen
from apps.jobs.services import (
    Landed,
    attempt_refund,
    attempt_settle,
    attempt_silent,
    attempt_withdrawn,
    attempts_heard,
    attempts_listed,
    extension_landed,
    job_stop,
    jobs_watch,
)
from apps.jobs.services.watching import attempt_overran
from apps.jobs.state import Reason, Seen, State
from apps.ledger.selectors import balance
from apps.notifications.models import Event
from apps.organisations.models import Membership
from tests.jobs.conftest import CREDITS, NOW, PRICE
from tests.jobs.test_tries import SETTLED, fresh, run, see
from tests.world import World

WAIT = Policy(queue_limit_s=600)
MOVE = Policy(queue_limit_s=600, queue_then=QueueThen.MOVE)
GIVE_UP = Policy(queue_limit_s=600, queue_then=QueueThen.GIVE_UP)


def later(seconds: int) -> datetime:
    """Return the time so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def queued(submit: Callable[..., Job], policy: Policy) -> Job:
    """Return a job that waits in its market's queue since NOW."""
    job = submit(policy=policy)
    attempts_listed(landed=[Landed(job.attempt_id, "list", 1)], now=NOW)  # type: ignore[arg-type]
    return fresh(job)


def withdraw(job: Job, slot: int = 5) -> None:
    """Let the delisting that is wanted land and become final."""
    attempt_id = fresh(job).attempt_id
    assert Want.objects.filter(attempt=attempt_id, kind="stop", closed_at=None).exists()
    for act in (attempt_withdrawn, attempt_refund):
        act(attempt_id=attempt_id, signature="delist", slot=slot, now=NOW)  # type: ignore[operator]


def kinds(job: Job) -> list[str]:
    """Return what the job's timeline tells."""
    return list(job.events.order_by("seq").values_list("kind", flat=True))


def test_a_job_that_waits_too_long_tells_so_once_and_waits_on(submit) -> None:
    job = queued(submit, WAIT)
    jobs_watch(now=later(599))
    assert "waited" not in kinds(job)
    for _ in range(2):
        jobs_watch(now=later(601))
    assert kinds(job).count("waited") == Event.objects.filter(type="job.waited", person=job.member).count() == 1
    assert (fresh(job).state, Want.objects.filter(kind="stop").count()) == (State.QUEUED, 0)


def test_a_job_that_gives_up_waiting_is_taken_off_and_costs_nothing(submit, rich: World) -> None:
    job = queued(submit, GIVE_UP)
    for _ in range(2):
        jobs_watch(now=later(601))
    assert Want.objects.filter(kind="stop").count() == 1
    withdraw(job)
    assert (fresh(job).state, fresh(job).reason) == (State.FAILED, Reason.QUEUED_TOO_LONG)
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_job_moves_to_the_cheapest_market_with_a_free_node_and_as_much_memory(submit, market: Market) -> None:
    market.vram_gb = 24
    market.save()
    facts = {"open": True, "nodes_waiting": 1}
    for slug, price, vram, more in (
        ("dear", PRICE + 1, 24, {}),
        ("small", PRICE - 9, 8, {}),
        ("full", PRICE - 9, 24, {"nodes_waiting": 0}),
        ("shut", PRICE - 9, 24, {"open": False}),
        ("same", PRICE, 24, {}),
        ("best", PRICE - 1, 48, {}),
    ):
        given = facts | {"slug": slug, "name": slug, "price_micro": price, "vram_gb": vram} | more
        Market.objects.create(address=f"{slug:A<44}", **given)
    job = queued(submit, MOVE)
    jobs_watch(now=later(601))
    withdraw(job)
    job = fresh(job)
    assert (job.market.slug, job.price_micro, job.attempt.number) == ("best", PRICE - 1, 2)
    assert job.state == State.PENDING
    assert Hold.objects.get(state="open").amount_micro == (PRICE - 1) * 600 * 105 // 100


def test_a_job_that_cannot_move_waits_on_and_moves_when_a_node_is_free(submit, market: Market) -> None:
    job = queued(submit, MOVE)
    for _ in range(2):
        jobs_watch(now=later(601))
    assert kinds(job).count("waited") == 1
    Market.objects.create(address="B" * 44, slug="b", name="B", price_micro=PRICE, open=True, nodes_waiting=1)
    jobs_watch(now=later(700))
    withdraw(job)
    assert fresh(job).market.slug == "b"


def test_a_node_that_is_faster_than_the_policy_runs_the_job(submit) -> None:
    job = queued(submit, GIVE_UP)
    jobs_watch(now=later(601))
    see(job, Seen.RUNNING, 9, node="N", started_at=later(602))
    Want.objects.filter(kind="stop").update(closed_at=NOW)
    see(job, Seen.RUNNING, 10, node="N", started_at=later(602))
    assert (fresh(job).state, fresh(job).attempt.ending) == (State.RUNNING, "")
    assert not Want.objects.filter(kind="stop", closed_at=None).exists()


def test_a_stop_that_comes_while_the_policy_acts_wins(submit, mia: Membership) -> None:
    job = queued(submit, GIVE_UP)
    jobs_watch(now=later(601))
    job_stop(membership=mia, job=job, now=NOW)
    assert Want.objects.filter(kind="stop").count() == 1
    withdraw(job)
    assert (fresh(job).state, fresh(job).reason) == (State.STOPPED, Reason.STOP_REQUESTED)


def test_a_stop_whose_order_gave_up_too_early_is_wanted_again_while_the_chain_goes_on(
    submit, mia: Membership
) -> None:
    job = run(submit())
    job_stop(membership=mia, job=job, now=NOW)
    Want.objects.filter(kind="stop").update(closed_at=NOW)  # it saw an end that a dropped fork undid
    for slot in (5, 6):
        see(job, Seen.RUNNING, slot, node="N", started_at=NOW)
    assert Want.objects.filter(kind="stop").count() == 2


def test_whoever_launched_is_warned_once_before_a_long_job_ends(submit) -> None:
    job = run(submit(timeout_s=7200))
    jobs_watch(now=later(7200 - 721))
    assert "near_limit" not in kinds(job)
    for _ in range(2):
        jobs_watch(now=later(7200 - 700))
    assert kinds(job).count("near_limit") == Event.objects.filter(type="job.near_limit").count() == 1


def test_a_job_is_extended_within_its_policy_and_only_as_far(submit, rich: World) -> None:
    policy = Policy(reposts=0, near_then=NearThen.EXTEND, extend_by_s=600, extend_most_s=1500)
    job = run(submit(policy=policy))
    for now, longest in ((later(550), 1200), (later(1150), 1500)):
        for _ in range(2):
            jobs_watch(now=now)
        extension = Extension.objects.get(to_s=longest)
        extension_landed(want_id=extension.want_id, signature=f"x{longest}", slot=7, now=now)
        assert fresh(job).timeout_s == longest
    jobs_watch(now=later(1450))
    assert Extension.objects.count() == 2
    assert kinds(job)[-1] == "near_limit"
    assert wallet(rich.acme.pk).held_micro == PRICE * 1500 * 105 // 100


def test_an_extension_that_the_balance_does_not_allow_is_told_and_the_job_goes_on(submit, rich: World) -> None:
    most = 7 * 86_400
    policy = Policy(near_then=NearThen.EXTEND, extend_by_s=most, extend_most_s=most)
    Market.objects.update(price_micro=900)
    job = run(submit(policy=policy))
    jobs_watch(now=later(550))
    assert {"not_extended", "near_limit"} <= set(kinds(job))
    assert "credits" in job.events.get(kind="not_extended").sentence
    assert Event.objects.filter(type="job.not_extended").count() == 1
    assert (fresh(job).timeout_s, Extension.objects.count()) == (600, 0)


def test_a_job_whose_node_does_not_end_it_is_ended_after_a_grace(submit, rich: World) -> None:
    job = run(submit())
    jobs_watch(now=later(700))
    assert not Want.objects.filter(kind="stop").exists()
    for _ in range(2):
        jobs_watch(now=later(721))
    assert Want.objects.filter(kind="stop").count() == 1
    attempts_heard(attempt_ids=[job.attempt_id], now=later(590))  # type: ignore[list-item]
    see(job, Seen.DONE, 8, node="N", started_at=NOW, ended_at=later(730), stopped=True)
    attempt_settle(attempt_id=job.attempt_id, seconds=600, **SETTLED)  # type: ignore[arg-type]
    assert (fresh(job).state, fresh(job).reason) == (State.COMPLETED, Reason.TIMEOUT)
    assert wallet(rich.acme.pk).available_micro == CREDITS - PRICE * 600 * 105 // 100


def silent(job: Job, *, ended: int, heard: int | None) -> Attempt:
    """Let the job's node fall silent and be stopped, and the chain pay it until then."""
    attempt_id = fresh(job).attempt_id
    assert attempt_id
    if heard is not None:
        attempts_heard(attempt_ids=[attempt_id], now=later(heard))
    assert attempt_silent(attempt_id=attempt_id, now=later(ended))
    assert not attempt_silent(attempt_id=attempt_id, now=later(ended))
    see(job, Seen.DONE, 8, node="N", started_at=NOW, ended_at=later(ended), stopped=True)
    attempt_settle(attempt_id=attempt_id, seconds=ended, **SETTLED)  # type: ignore[arg-type]
    return Attempt.objects.get(pk=attempt_id)


def test_a_silent_nodes_seconds_are_the_platforms(submit, rich: World) -> None:
    job = run(submit(timeout_s=3600, policy=Policy(reposts=2, silent_limit_s=600)))
    attempt = silent(job, ended=1000, heard=300)
    assert (fresh(job).state, fresh(job).reason) == (State.FAILED, Reason.NODE_SILENT)
    assert (attempt.seconds, attempt.cost_micro, attempt.loss_micro) == (300, PRICE * 300, PRICE * 700)
    assert wallet(rich.acme.pk).available_micro == CREDITS - PRICE * 300 * 105 // 100
    assert balance("network:spend") == PRICE * 1000
    assert balance("platform:losses") == -PRICE * 700


def test_a_node_that_was_never_heard_costs_nothing_and_the_job_is_tried_again(submit, rich: World) -> None:
    job = run(submit(timeout_s=3600, policy=Policy(reposts=1, silent_limit_s=600)))
    attempt = silent(job, ended=700, heard=None)
    assert (attempt.cost_micro, attempt.loss_micro) == (0, PRICE * 700)
    assert (fresh(job).state, fresh(job).attempt.number) == (State.PENDING, 2)
    run(job)
    silent(job, ended=700, heard=None)
    assert (fresh(job).state, fresh(job).reason) == (State.FAILED, Reason.NODE_SILENT)
    assert wallet(rich.acme.pk).available_micro == CREDITS


def test_a_node_that_is_heard_is_not_silent_and_no_limit_means_never(submit) -> None:
    job = run(submit(timeout_s=3600, policy=Policy(silent_limit_s=600)))
    attempts_heard(attempt_ids=[job.attempt_id], now=later(500))  # type: ignore[list-item]
    assert not attempt_silent(attempt_id=job.attempt_id, now=later(1000))  # type: ignore[arg-type]
    Job.objects.update(silent_limit_s=None)
    assert not attempt_silent(attempt_id=job.attempt_id, now=later(3000))  # type: ignore[arg-type]
    assert not attempt_overran(attempt_id=job.attempt_id, now=later(3000))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"queue_limit_s": 5}, "queue_limit"),
        ({"queue_limit_s": None, "queue_then": "move"}, "queue_limit"),
        ({"queue_then": "nonsense"}, "queue_then"),
        ({"silent_limit_s": 10}, "silent_limit"),
        ({"reposts": 6}, "reposts"),
        ({"near_then": "nonsense"}, "near_then"),
        ({"near_then": "extend", "extend_by_s": 0, "extend_most_s": 900}, "extend_by"),
        ({"near_then": "extend", "extend_by_s": 600, "extend_most_s": 600}, "extend_most"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_field(
    submit, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(AppError) as refused:
        submit(policy=Policy(**facts))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert not Job.objects.exists()
