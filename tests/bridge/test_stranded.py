"""A run that the network's administrators end leaves a job that nothing can move: a person settles it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from nosana.chain import instructions as ix
from nosana.chain import wallet_load

from apps.billing.models import Hold
from apps.bridge import services
from apps.bridge.models import Order
from apps.bridge.services import sights
from apps.jobs.models import Attempt, Job
from apps.jobs.state import Reason, State
from apps.ledger.selectors import balance
from apps.users.models import User
from tests.bridge.conftest import CREDITS, PRICE, Stage

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=61)


def run_ended_by_admin(stage: Stage, *, first: bool) -> Job:
    """Return a running job whose run the administrators ended; its node came first, or the job did."""
    node = stage.node()
    if first:
        node.work(stage.market)
    job = stage.submit(timeout_s=100)
    if not first:
        stage.until_state(job, State.QUEUED)
        node.work(stage.market)
    job = stage.until_state(job, State.RUNNING)
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    run, found = node.run(str(job.attempt.address))  # type: ignore[union-attr]
    admin = wallet_load(stage.network.data / "sandbox.chain" / "admin.json")
    act = ix.quit_admin(stage.network.cluster, run=run, run_payer=found.payer, authority=admin.pubkey())
    stage.network.final(stage.network.act(act, admin))
    return stage.job(job)


def stranded(stage: Stage, *, first: bool = True) -> Job:
    job = run_ended_by_admin(stage, first=first)
    services.chain_sync(now=timezone.now())
    assert (stage.job(job).state, Attempt.objects.get().parked_at) == (State.RUNNING, None)
    services.chain_sync(now=timezone.now() + LATER)
    return stage.job(job)


@pytest.mark.parametrize("first", [True, False], ids=["the node waited", "the job waited"])
def test_it_fails_with_a_sentence_and_its_money_waits_for_a_person(stage: Stage, first: bool) -> None:
    job = stranded(stage, first=first)
    assert (job.state, job.reason) == (State.FAILED, Reason.STRANDED)
    assert "our staff settle it by hand" in job.sentence
    assert job.attempt is not None
    assert job.attempt.parked_at
    assert "no node has it and no queue" in job.attempt.parked_why
    assert Hold.objects.get().state == "open"
    assert "quit_admin" in list(job.events.values_list("act", flat=True))
    services.chain_sync(now=timezone.now() + 2 * LATER)
    assert job.events.count() == stage.job(job).events.count()


def test_a_stop_of_it_ends_at_once_instead_of_looking_for_ever(stage: Stage) -> None:
    job = run_ended_by_admin(stage, first=True)
    stage.stop(job)
    for later in (0 * LATER, LATER):
        services.chain_sync(now=timezone.now() + later)
    assert stage.job(job).reason == Reason.STRANDED
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    assert not Order.objects.exclude(parked_at=None).exists()


def test_staff_settle_it_in_the_admin(stage: Stage) -> None:
    attempt = stranded(stage).attempt
    assert attempt is not None
    staff = stage.world.client(User.objects.create_superuser("staff@nosana-web.example"))
    assert str(attempt.address) in staff.get("/admin/jobs/attempt/?parked=yes").content.decode()
    page = staff.get(change(attempt)).content.decode()
    assert 'name="seconds"' in page
    assert "no node has it and no queue" in page
    kept = PRICE * 100
    refused = settle(staff, attempt, seconds=101, kept_micro=kept)
    assert "must lie between 0 and the job" in refused.content.decode()
    refused = settle(staff, attempt, seconds=10, kept_micro=PRICE)
    assert "The network kept at least what 10 s cost" in refused.content.decode()
    assert Attempt.objects.get().settled_at is None
    assert settle(staff, attempt, seconds=10, kept_micro=kept).status_code == 302
    attempt.refresh_from_db()
    assert (attempt.cost_micro, attempt.loss_micro, attempt.parked_at) == (PRICE * 10, kept - PRICE * 10, None)
    assert balance("network:spend") == kept
    assert stage.wallet().available_micro == CREDITS - PRICE * 10 * 105 // 100
    again = settle(staff, attempt, seconds=0, kept_micro=kept)
    attempt.refresh_from_db()
    assert (again.status_code, attempt.cost_micro) == (403, PRICE * 10)
    assert str(attempt.address) not in staff.get("/admin/jobs/attempt/?parked=yes").content.decode()


def test_nobody_but_staff_who_may_change_attempts_settles_it(stage: Stage) -> None:
    attempt = stranded(stage).attempt
    assert attempt is not None
    looker = User.objects.create_user("looker@nosana-web.example", name="Looker", is_staff=True)
    for client in (stage.world.client(looker), stage.world.client(stage.world.olga), Client()):
        assert settle(client, attempt, seconds=10, kept_micro=PRICE * 100).status_code in (302, 403)
    attempt.refresh_from_db()
    assert (attempt.settled_at, Hold.objects.get().state) == (None, "open")


def test_one_look_that_mixes_two_moments_strands_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())

    async def stale(*_: Any) -> set[str]:
        return set()

    with monkeypatch.context() as patch:
        patch.setattr(sights, "_queued", stale)
        services.chain_observe(now=timezone.now())
    assert Attempt.objects.get().adrift_at is not None
    services.chain_observe(now=timezone.now() + LATER)
    assert (Attempt.objects.get().adrift_at, stage.job(job).state) == (None, State.QUEUED)


def change(attempt: Attempt) -> str:
    return f"/admin/jobs/attempt/{attempt.pk}/change/"


def settle(client: Client, attempt: Attempt, *, seconds: int, kept_micro: int) -> Any:
    said = {"seconds": seconds, "kept_micro": kept_micro, "evidence": "sig", "note": "Ended by administrators."}
    return client.post(change(attempt), said)
