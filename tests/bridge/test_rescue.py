"""What staff have done for one job, on a real chain: its account field by field, and acts that may be repeated."""

import json
import signal
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.bridge import services
from apps.bridge.accounts import Standing, standings
from apps.bridge.models import Order
from apps.core.errors import Conflict
from apps.core.models import Message
from apps.jobs.models import Attempt, Job, LogLine, Want
from apps.jobs.state import Reason, State
from apps.organisations.models import AuditEvent
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury
from tests.bridge.network import GpuMarket
from tests.bridge.processes import workers
from tests.bridge.test_crashes import die
from tests.ledger.threads import at_once
from tests.support.test_roles import colleague

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(stage: Stage) -> Client:
    return stage.world.client(colleague("operator"))


def page(desk: Client, job: Job, query: str = "") -> str:
    return " ".join(desk.get(f"/admin/job/{job.pk}/{query}").content.decode().split())


def press(desk: Client, job: Job, act: str, **fields: Any) -> str:
    """Press the button and return the page that is shown then."""
    body = {"submission": str(uuid.uuid4()), "reason": "Ticket 7", **fields}
    answer = desk.post(f"/admin/job/{job.pk}/{act}/", body, follow=True)
    return " ".join(answer.content.decode().split())


def test_the_page_shows_the_account_as_its_bytes_are_or_that_there_is_none(stage: Stage, desk: Client) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    attempt = Attempt.objects.get()
    seen = standings([attempt], now=timezone.now())[attempt.pk]
    cells = {cell.name: (cell.value, cell.unit, cell.raw) for cell in seen.job}
    assert cells["price"] == ("43", "micro-NOS a second", (43).to_bytes(8, "little").hex())
    assert cells["timeout"] == ("600", "seconds", (600).to_bytes(8, "little").hex())
    assert (cells["market"][0], cells["state"][0], seen.outlook) == (stage.market.address, "0", Standing.QUEUED)
    assert "".join(cell.raw for cell in seen.job) == seen.raw[: 2 * 225 + 16]
    shown = page(desk, job, "?chain=now")
    assert all(value in shown for value, _unit, _raw in cells.values())
    assert "It is number 1 of 1 there" in shown
    assert "account-1" not in page(desk, job)
    stage.stop(job)
    stage.until_settled(job)
    shown = page(desk, job, "?chain=now")
    assert "the account is not there" in shown


def test_reading_again_does_at_once_what_the_observer_would(stage: Stage, desk: Client) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    assert "node</code></td><td><code>" + node.address in page(desk, job, "?chain=now")
    node.finish(str(job.attempt.address), stage.pin(flow_state()))  # type: ignore[union-attr]
    assert "It was running and is completed now" in press(desk, job, "look")
    assert "It is completed, as was known" in press(desk, job, "look")
    assert AuditEvent.objects.filter(act="job.read_again", actor_kind="staff").count() == 2


def test_a_chain_that_does_not_answer_is_said_and_nothing_changes(
    stage: Stage, desk: Client, settings: Any
) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    settings.CHAIN_RPC_URL = "http://127.0.0.1:9"
    assert "so its accounts are not shown" in page(desk, job, "?chain=now")
    for act in ("look", "recover"):
        assert "The chain does not answer" in press(desk, job, act, attempt="1")
    assert stage.job(job).state == State.QUEUED


def test_log_and_result_are_fetched_when_the_sweep_gave_up_and_doubled_never(stage: Stage, desk: Client) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    assert "No try of the job has ended" in press(desk, job, "collect")
    cid = stage.pin(flow_state("one", "two"))
    node.finish(str(job.attempt.address), cid)  # type: ignore[union-attr]
    services.chain_observe(now=timezone.now())
    assert "and 2 lines of log more" in press(desk, job, "collect")
    assert "Nothing was missing" in press(desk, job, "collect")
    assert list(LogLine.objects.order_by("seq").values_list("text", flat=True)) == ["one", "two"]
    Attempt.objects.update(result_cid="Qm" + "1" * 44, log_complete_at=None)
    assert "The result is not to be had now" in press(desk, job, "collect")


def test_what_a_node_gave_up_is_taken_back_once_also_when_the_order_was_parked(stage: Stage, desk: Client) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    assert "Nothing can be taken back. A node runs it." in press(desk, job, "recover", attempt="1")
    node.quit(str(job.attempt.address))  # type: ignore[union-attr]
    services.chain_observe(now=timezone.now())
    services.orders_make_missing(now=timezone.now())
    kind = Want.Kind.RECOVER
    Order.objects.filter(kind=kind).update(parked_at=timezone.now(), parked_reason="odd", failures=12)
    assert "its deposit can be taken back" in page(desk, job, "?chain=now")
    for _ in range(2):
        assert "Its deposit is being taken back" in press(desk, job, "recover", attempt="1")
    stage.until_settled(job)
    assert (stage.wallet().available_micro, treasury(stage.network)) == (CREDITS, TREASURY)
    assert Order.objects.filter(kind=kind, state="confirmed").count() == 1
    stage.until(lambda: Attempt.objects.get().gone_at)
    assert "nothing of it lies on the chain any more" in page(desk, job)


def test_an_order_that_was_closed_too_early_begins_anew(stage: Stage, desk: Client) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.quit(str(job.attempt.address))  # type: ignore[union-attr]
    services.chain_observe(now=timezone.now())
    services.orders_make_missing(now=timezone.now())
    now = timezone.now()
    Order.objects.filter(kind=Want.Kind.RECOVER).update(closed_at=now, state="confirmed")
    Want.objects.filter(kind=Want.Kind.RECOVER).update(closed_at=now, outcome="another node took it")
    assert "Its deposit is being taken back" in press(desk, job, "recover", attempt="1")
    stage.until_settled(job)
    assert treasury(stage.network) == TREASURY


def test_a_waiting_job_is_taken_off_and_listed_in_the_market_staff_chose(stage: Stage, desk: Client) -> None:
    other = GpuMarket(stage.network, price_micro=2 * PRICE)
    rows = json.loads(stage.catalogue.read_text())
    rows.append({"address": other.address, "slug": "big", "name": "Big", "gpu": "RTX", "vram_gb": 48})
    stage.catalogue.write_text(json.dumps(rows))
    services.markets_sync(now=timezone.now())
    job = stage.until_state(stage.submit(), State.QUEUED)
    assert "its customer&#x27;s yes" in press(desk, job, "move", market="big")
    for _ in range(2):
        press(desk, job, "move", market="big", agreed="0.06")
    stage.until(lambda: stage.job(job).market.slug == "big" and stage.job(job).state == State.QUEUED)
    assert stage.wallet().held_micro == 2 * PRICE * 600 * 105 // 100
    fresh = stage.job(job).attempt
    assert fresh is not None
    assert standings([fresh], now=timezone.now())[fresh.pk].outlook == Standing.QUEUED
    assert job.wants.filter(kind=Want.Kind.STOP).count() == 1
    assert AuditEvent.objects.filter(act="job.moved_by_staff").count() == 1
    press(desk, job, "end")
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STAFF_STOPPED)
    assert (stage.wallet().available_micro, treasury(stage.network)) == (CREDITS, TREASURY)


def closed() -> bool:
    return not Order.objects.filter(closed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_deposit_comes_back_once_though_a_worker_dies_and_staff_press_on_what_was_true_before(
    stage: Stage, settings: Any
) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    stage.until(closed)
    attempt = Attempt.objects.get()
    node.quit(str(attempt.address))
    services.chain_observe(now=timezone.now())
    seen = services.attempt_rescue_look(attempt_id=attempt.pk, now=timezone.now())
    assert seen.outlook == Standing.QUIT

    def press_late(_n: int) -> str:
        return services.attempt_rescue(attempt_id=attempt.pk, standing=seen, now=timezone.now())

    assert at_once(4, press_late) == [Want.Kind.RECOVER] * 4
    Message.objects.all().delete()
    with workers(settings) as processes:
        assert processes.die("the end is sent, not stored") == -signal.SIGKILL
    assert at_once(2, press_late) == [Want.Kind.RECOVER] * 2  # while the dead worker still holds the order
    die()
    stage.until_settled(job)
    stage.until(closed)
    assert {type(result) for result in at_once(2, press_late)} == {Conflict}
    stage.until(lambda: Attempt.objects.get().gone_at and closed())
    history = stage.network.ask(lambda chain: chain.signatures_for(str(attempt.address)))
    kinds = Order.objects.filter(state="confirmed").values_list("signature", flat=True)
    assert sum(line.error is None and line.signature in set(kinds) for line in history) == 2  # listed, taken back
    assert (stage.wallet().available_micro, treasury(stage.network)) == (CREDITS, TREASURY)
