"""A worker may die after any step of an order: the job is listed exactly once, and the books agree."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.billing.models import Hold
from apps.bridge import services
from apps.bridge.chain import ask_chain
from apps.bridge.models import Order
from apps.bridge.services.listing import lists_prepare
from apps.bridge.services.orders import UNSENT, orders_claim
from apps.bridge.services.sending import orders_send
from apps.core.models import Message
from apps.jobs.models import Attempt, Job
from apps.jobs.services import Landed, attempts_listed
from apps.jobs.state import State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury

LIFE_OF_A_BLOCKHASH = 150 + 5  # blocks


def order_of(job: Job) -> Order:
    """Make the job's order as a worker would, and lose the message that announced it."""
    Message.objects.filter(name="bridge.order_make").delete()
    return services.order_make(want_id=job.wants.get(kind="list").pk, now=timezone.now())


def claimed(order: Order) -> Order:
    """Claim one order as a worker would."""
    (found,) = orders_claim(states=UNSENT, now=timezone.now(), limit=9)
    assert found == order
    return found


def prepared(job: Job) -> Order:
    """Bring the job's order as far as signed and stored."""
    order = claimed(order_of(job))
    attempts = Attempt.objects.select_related("job__market").in_bulk([order.attempt_id])
    assert lists_prepare([order], attempts, now=timezone.now()) == [order]
    return order


def die() -> None:
    """Let every lease end, as if its holder had died a while ago."""
    Order.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def listed_once_then_stopped(stage: Stage, job: Job) -> None:
    """The job comes to be queued with one deposit; stopped, all of it comes back."""
    stage.until_state(job, State.QUEUED)  # confirmed; what is final comes later
    stage.until(lambda: treasury(stage.network) == TREASURY - PRICE * job.timeout_s)
    stage.stop(job)
    job = stage.until_settled(job)
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    assert treasury(stage.network) == TREASURY
    assert stage.wallet().available_micro == CREDITS
    history = stage.network.ask(lambda chain: chain.signatures_for(job.attempt.address))
    assert len([line for line in history if line.error is None]) == 2  # list and delist
    assert list(Hold.objects.values_list("state", "settlement__cost_micro")) == [("settled", 0)]


@pytest.mark.django_db
class TestDeathAfterEachStep:
    def test_before_the_order_is_made(self, stage: Stage) -> None:
        job = stage.submit()
        Message.objects.all().delete()
        listed_once_then_stopped(stage, job)

    def test_after_the_order_is_made(self, stage: Stage) -> None:
        job = stage.submit()
        order_of(job)
        listed_once_then_stopped(stage, job)

    def test_after_the_claim(self, stage: Stage) -> None:
        job = stage.submit()
        assert claimed(order_of(job))
        stage.look()
        assert stage.job(job).state == State.PENDING  # the lease holds others off
        die()
        listed_once_then_stopped(stage, job)

    def test_after_signing_and_storing(self, stage: Stage) -> None:
        job = stage.submit()
        signature = prepared(job).signature
        die()
        listed_once_then_stopped(stage, job)
        assert Order.objects.get(kind="list").signature == signature

    def test_after_sending(self, stage: Stage) -> None:
        job = stage.submit()
        blob = bytes(prepared(job).blob or b"")
        ask_chain(lambda gateway: gateway.send(blob))
        die()
        listed_once_then_stopped(stage, job)

    def test_after_the_confirmation_was_applied_to_the_job(self, stage: Stage) -> None:
        job = stage.submit()
        order = prepared(job)
        orders_send([order], fresh=True, now=timezone.now())
        while not (status := ask_chain(lambda gateway: gateway.statuses([order.signature]))[0]) or (
            not status.reached("confirmed")
        ):
            time.sleep(0.02)
        attempts_listed(landed=[Landed(order.attempt_id, order.signature, status.slot)], now=timezone.now())
        assert Order.objects.get().state == "sent"
        listed_once_then_stopped(stage, job)
        assert job.events.filter(kind="queued").count() == 1

    def test_for_longer_than_the_blockhash_lives_before_sending(self, stage: Stage) -> None:
        job = stage.submit()
        first = prepared(job).signature
        stage.network.blocks_pass(LIFE_OF_A_BLOCKHASH)
        die()
        listed_once_then_stopped(stage, job)
        assert Order.objects.get(kind="list").signature != first

    def test_for_longer_than_the_blockhash_lives_after_sending(self, stage: Stage) -> None:
        job = stage.submit()
        order = prepared(job)
        ask_chain(lambda gateway: gateway.send(bytes(order.blob or b"")))
        stage.network.blocks_pass(LIFE_OF_A_BLOCKHASH)
        die()
        listed_once_then_stopped(stage, job)
        assert Order.objects.get(kind="list").signature == order.signature


@pytest.mark.django_db
def test_a_message_that_comes_twice_lists_once(stage: Stage) -> None:
    job = stage.submit()
    message = Message.objects.get(name="bridge.order_make")
    Message.objects.create(name=message.name, queue=message.queue, payload=message.payload)
    listed_once_then_stopped(stage, job)


@pytest.mark.django_db
def test_what_the_price_rose_between_signing_and_landing_is_the_platforms_loss(stage: Stage) -> None:
    job = stage.submit(timeout_s=10)
    prepared(job)
    stage.market.reprice(PRICE * 100)
    die()
    node = stage.node()
    job = stage.until_state(job, State.QUEUED)
    node.work(stage.market)
    job = stage.until_state(job, State.RUNNING)
    stage.network.later(5)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    held = PRICE * 10
    assert job.attempt.cost_micro + job.attempt.fee_micro <= held * 105 // 100
    assert job.attempt.cost_micro + job.attempt.loss_micro == PRICE * 100 * job.attempt.seconds > held
    assert treasury(stage.network) == TREASURY - PRICE * 100 * job.attempt.seconds


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_list_each_job_once(stage: Stage) -> None:
    jobs = [stage.submit(key=str(number), timeout_s=100) for number in range(6)]
    Message.objects.all().delete()

    def work() -> None:
        for _ in range(6):
            services.orders_work(now=timezone.now())
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in jobs:
        stage.until_state(job, State.QUEUED)
    assert treasury(stage.network) == TREASURY - 6 * PRICE * 100
    assert stage.network.ask(lambda chain: chain.market(stage.market.address)).jobs_waiting == 6
