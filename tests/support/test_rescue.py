"""A job's page for staff: its money in one place, and what can be done about it, once and written down."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from apps.billing.models import Hold
from apps.bridge.models import Order
from apps.jobs.models import Job, Market, Want
from apps.jobs.services import attempt_refund, attempt_withdrawn
from apps.jobs.state import Reason, State
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from apps.support.rescue.acts import Pressed, job_end_now
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.support.test_roles import colleague
from tests.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def markets(world: World) -> list[Market]:
    credits_give(world.acme, 100)
    return markets_make()


@pytest.fixture
def waiting(world: World, markets: list[Market]) -> Job:
    """A job of Mia's that waits in the cheapest market."""
    job = job_make(world.acme.memberships.get(user=world.mia), markets[0])
    job_list(job, NOW)
    return fresh(job)


@pytest.fixture
def desk(world: World) -> Client:
    return world.client(colleague("operator"))


def fresh(job: Job) -> Job:
    return Job.objects.select_related("attempt", "market").get(pk=job.pk)


def press(client: Client, job: Job, act: str, *, key: uuid.UUID | None = None, **fields: Any) -> Any:
    body = {"submission": str(key or uuid.uuid4()), "reason": "Ticket 7", **fields}
    return client.post(f"/admin/job/{job.pk}/{act}/", body)


def withdrawn(job: Job) -> Job:
    """Let the chain confirm that the job was taken off its market, and make that final."""
    attempt = fresh(job).attempt
    assert attempt is not None
    attempt_withdrawn(attempt_id=attempt.pk, signature="Off", slot=4300, now=NOW)
    attempt_refund(attempt_id=attempt.pk, signature="Off", slot=4300, now=NOW)
    return fresh(job)


def trail(job: Job) -> list[str]:
    found = AuditEvent.objects.filter(subject=f"job:{job.pk}").order_by("id")
    return [f"{event.act} {event.actor_kind}" for event in found]


def test_the_page_explains_the_amount_from_the_hold_to_what_came_back(desk: Client, waiting: Job) -> None:
    job_run(waiting, NOW)
    job_finish(waiting, started=NOW, ended=NOW + timedelta(seconds=100))
    page = " ".join(desk.get(f"/admin/job/{waiting.pk}/").content.decode().split())
    told = ("600 s at 0.000043 a second, our fee 0.00129", "100 s at 0.000043 a second", "0.004515", "0.022575")
    assert [words for words in told if words not in page] == []
    assert str(fresh(waiting).attempt.settle_signature)[:15] in page  # type: ignore[union-attr]


def test_an_end_is_wanted_once_however_often_it_is_pressed(desk: Client, waiting: Job, world: World) -> None:
    key = uuid.uuid4()
    assert [press(desk, waiting, "end", key=key).status_code for _ in range(2)] == [302, 302]
    assert press(desk, waiting, "end").status_code == 302  # another press, with a key of its own
    assert waiting.wants.filter(kind=Want.Kind.STOP).count() == 1
    assert trail(waiting) == ["job.ended_by_staff staff"]
    assert "Our staff asked to stop it: Ticket 7" in waiting.events.values_list("sentence", flat=True)
    job = withdrawn(waiting)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STAFF_STOPPED)
    assert press(desk, waiting, "end").status_code == 409
    page = desk.get(f"/admin/job/{waiting.pk}/").content.decode()
    assert "Ticket 7" in page
    assert "it is stopped already" in page
    event = AuditEvent.objects.get(subject=f"job:{waiting.pk}")
    assert "Ticket 7" in world.client(world.olga).get(f"/o/acme/settings/audit/{event.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_end_it_once(waiting: Job) -> None:
    staff, key = colleague("operator"), uuid.uuid4()
    keys, done, gate = [key, key, uuid.uuid4(), uuid.uuid4()], [], threading.Barrier(4)

    def run(mine: uuid.UUID) -> None:
        try:
            gate.wait(30)
            done.append(job_end_now(Pressed(waiting.pk, "Ticket 7", mine, Actor("staff", staff), NOW)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 4
    assert waiting.wants.filter(kind=Want.Kind.STOP).count() == 1
    assert trail(waiting) == ["job.ended_by_staff staff"]


def test_a_waiting_job_moves_where_staff_say_and_costs_nothing(desk: Client, waiting: Job) -> None:
    dearer = Market.objects.get(slug="nvidia-4090")
    refused = press(desk, waiting, "move", market=dearer.slug)
    assert refused.status_code == 400
    assert "without its customer&#x27;s yes it may hold 0.02709 at most" in refused.content.decode()
    assert (fresh(waiting).attempt.ending, trail(waiting)) == ("", [])  # type: ignore[union-attr]
    key = uuid.uuid4()
    for _ in range(2):
        assert press(desk, waiting, "move", key=key, market=dearer.slug, agreed="0.08").status_code == 302
    assert waiting.wants.filter(kind=Want.Kind.STOP).count() == 1
    assert trail(waiting) == ["job.moved_by_staff staff"]
    job = withdrawn(waiting)
    assert (job.state, job.market.slug, job.attempts.count()) == (State.PENDING, dearer.slug, 2)
    assert [hold.state for hold in Hold.objects.order_by("id")] == ["settled", "open"]
    assert job.attempt is not None
    assert job.attempt.held_micro == 115 * 600 * 105 // 100


def test_what_stands_against_a_move_is_said_while_it_still_waits(desk: Client, waiting: Job, world: World) -> None:
    page = desk.get(f"/admin/job/{waiting.pk}/").content.decode()
    assert "nvidia-h100" not in page  # closed
    for fields in ({"market": "nvidia-h100"}, {"market": "nothing"}, {}, {"market": waiting.market.slug}):
        assert press(desk, waiting, "move", **fields).status_code == 422
    assert press(desk, waiting, "move", market="nvidia-4090", agreed="0.07").status_code == 400  # it can cost more
    waiting.organisation.approval_job_micro = 50_000
    waiting.organisation.save()
    refused = press(desk, waiting, "move", market="nvidia-4090", agreed="1")
    assert refused.status_code == 403
    assert "allowed without an approval" in refused.content.decode()
    assert fresh(waiting).attempt.move_to is None  # type: ignore[union-attr]


def test_a_node_that_is_faster_than_the_move_runs_the_job(desk: Client, waiting: Job) -> None:
    press(desk, waiting, "move", market="nvidia-4090", agreed="1")
    job_run(waiting, NOW)
    attempt = fresh(waiting).attempt
    assert attempt is not None
    assert (fresh(waiting).state, attempt.ending, attempt.move_to) == (State.RUNNING, "", None)


def test_a_market_that_closes_meanwhile_leaves_the_job_where_it_was(desk: Client, waiting: Job) -> None:
    press(desk, waiting, "move", market="nvidia-4090", agreed="1")
    Market.objects.filter(slug="nvidia-4090").update(open=False)
    job = withdrawn(waiting)
    assert (job.state, job.market.slug) == (State.PENDING, "nvidia-3060")


@pytest.mark.parametrize("act", ["look", "collect", "end", "move", "recover", "retry"])
def test_each_act_asks_for_its_right_and_for_a_reason(world: World, waiting: Job, desk: Client, act: str) -> None:
    fields = {"market": "nvidia-4090", "agreed": "1", "attempt": "1", "order": str(uuid.uuid4())}
    finance = world.client(colleague("finance"))
    assert press(finance, waiting, act, **fields).status_code == 403
    assert press(desk, waiting, act, **{**fields, "reason": " "}).status_code == 422
    assert press(desk, waiting, act, **{**fields, "submission": "x"}).status_code == 422
    assert press(world.client(world.olga), waiting, act, **fields).status_code == 302  # to the sign-in
    assert (trail(waiting), fresh(waiting).stop_requested_at) == ([], None)


def test_what_is_not_there_is_said(desk: Client, waiting: Job) -> None:
    assert desk.post(f"/admin/job/{uuid.uuid4()}/end/", {}).status_code == 404
    assert desk.post(f"/admin/job/{waiting.pk}/dance/", {}).status_code == 404
    assert "The job has no such order." in press(desk, waiting, "retry", order=str(uuid.uuid4())).content.decode()
    assert desk.get(f"/admin/job/{waiting.pk}/end/").status_code == 405


def test_a_key_that_comes_back_with_another_reason_is_refused(desk: Client, waiting: Job) -> None:
    key = uuid.uuid4()
    press(desk, waiting, "end", key=key)
    assert press(desk, waiting, "end", key=key, reason="Another").status_code == 409


def test_a_parked_order_is_tried_again_once(desk: Client, waiting: Job) -> None:
    want = waiting.wants.get()
    order = Order.objects.create(
        want=want, attempt_id=want.attempt_id, kind=want.kind, next_try_at=NOW, created_at=NOW,
        parked_at=NOW, parked_reason="ValueError: odd", failures=12,
    )  # fmt: skip
    assert "Try the parked list again" in desk.get(f"/admin/job/{waiting.pk}/").content.decode()
    for _ in range(2):
        assert press(desk, waiting, "retry", order=str(order.pk)).status_code == 302
    order.refresh_from_db()
    assert (order.parked_at, order.failures) == (None, 0)
    assert trail(waiting) == ["job.order_tried_again staff"]


def test_the_page_asks_a_fixed_number_of_questions(
    desk: Client, waiting: Job, django_assert_max_num_queries: Any
) -> None:
    desk.get(f"/admin/job/{waiting.pk}/")
    with django_assert_max_num_queries(30):
        desk.get(f"/admin/job/{waiting.pk}/")
