"""Observation on a real chain process: the full sync alone, a cut subscription, two observers, strangers, the lost."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from nosana.chain import Chain, ChainUnavailable, wallet_load
from nosana.chain import instructions as ix
from solders.keypair import Keypair

from apps.billing.models import Hold, Settlement
from apps.bridge import services
from apps.bridge.listening import Listener
from apps.bridge.models import Order, Stray
from apps.core.errors import AppError, Conflict
from apps.core.models import Message
from apps.core.queue import TASKS
from apps.jobs.models import Attempt, Job, JobEvent, Want
from apps.jobs.policies import Policy
from apps.jobs.services import attempt_resolve
from apps.jobs.state import Reason, State
from apps.ledger.selectors import balance
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury
from tests.bridge.network import Network

AGAIN = Policy(reposts=1)


def told(job: Job) -> list[str]:
    """Return which instructions of the program the job's timeline tells, in order."""
    return list(JobEvent.objects.filter(job=job).exclude(act="").order_by("seq").values_list("act", flat=True))


class SyncOnly:
    """What a platform does that has no subscription and no look at single accounts."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def until(self, held: Callable[[], Any], *, seconds: float = 60) -> None:
        """Work orders and sync until something holds."""
        deadline = time.monotonic() + seconds
        while not held():
            assert time.monotonic() < deadline, "it did not happen in time"
            for message in Message.objects.order_by("created_at", "id"):
                TASKS[message.name].run(**message.payload)
                message.delete()
            services.orders_work(now=timezone.now())
            services.chain_sync(now=timezone.now())

    def until_state(self, job: Job, state: str) -> Job:
        """Work until the job is in the state."""
        self.until(lambda: self.stage.job(job).state == state)
        return self.stage.job(job)


@pytest.mark.django_db
def test_the_full_sync_alone_brings_a_job_from_its_listing_to_its_cleaned_account(stage: Stage) -> None:
    sync, node = SyncOnly(stage), stage.node()
    job = sync.until_state(stage.submit(), State.QUEUED)
    node.work(stage.market)
    job = sync.until_state(job, State.RUNNING)
    address = job.attempt.address
    stage.network.later(50)
    node.finish(address, stage.pin(flow_state()))
    sync.until_state(job, State.COMPLETED)
    sync.until(lambda: stage.job(job).attempt.settled_at)
    attempt = stage.job(job).attempt
    assert treasury(stage.network) == TREASURY - PRICE * attempt.seconds
    stage.network.later(100_000)
    payer = wallet_load(stage.network_treasury())
    clean = ix.clean(stage.network.cluster, job=address, market=stage.market.address, payer=payer.pubkey())
    stage.network.final(stage.network.act(clean, payer))
    Attempt.objects.update(settled_at=timezone.now() - 2 * services.SETTLED_FOR)
    sync.until(lambda: stage.job(job).attempt.gone_at)
    assert told(job) == ["list", "work", "finish", "clean"]
    assert not JobEvent.objects.exclude(act="").filter(signature="").exists()


@pytest.mark.django_db
def test_a_quit_job_is_listed_again_under_a_new_address_and_refunded_in_the_end(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(policy=AGAIN), State.RUNNING)
    first = job.attempt
    node.quit(first.address)
    stage.until(lambda: stage.job(job).attempt.number == 2)
    job = stage.until_state(job, State.QUEUED)
    assert job.attempt.address != first.address
    node.work(stage.market)
    job = stage.until_state(job, State.RUNNING)
    node.quit(job.attempt.address)
    job = stage.until_settled(stage.until_state(job, State.FAILED))
    assert job.reason == Reason.NODE_QUIT
    assert stage.wallet().available_micro == CREDITS
    stage.until(lambda: treasury(stage.network) == TREASURY)
    assert balance("network:spend") == balance("platform:losses") == 0
    evidence = set(Settlement.objects.values_list("details__signature", flat=True))
    assert evidence == set(Order.objects.filter(instruction="recover").values_list("signature", flat=True))
    acts = told(job)
    assert sorted(acts) == sorted(["list", "work", "quit", "recover"] * 2) or acts.count("recover") == 2


@pytest.mark.django_db
def test_a_job_stopped_between_two_tries_costs_nothing_and_is_not_listed_again(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(policy=AGAIN), State.RUNNING)
    node.quit(job.attempt.address)
    job = stage.until_state(job, State.PENDING)
    stage.stop(job)
    job = stage.until_settled(stage.until_state(job, State.STOPPED))
    stage.until(lambda: not Want.objects.filter(closed_at=None).exists())
    assert Attempt.objects.count() == 1
    assert stage.wallet().available_micro == CREDITS


@pytest.mark.django_db
def test_an_account_of_the_treasury_that_nobody_knows_is_reported_once_and_left_alone(stage: Stage) -> None:
    payer, project, address, run = wallet_load(stage.network_treasury()), Keypair(), Keypair(), Keypair()
    listing = ix.list_job(
        stage.network.cluster,
        job=address.pubkey(),
        run=run.pubkey(),
        market=stage.market.address,
        payer=payer.pubkey(),
        project=project.pubkey(),
        ipfs_job=stage.pin({"version": "0.1"}),
        timeout=100,
    )
    stage.network.act(listing, payer, address, run, project)
    for _ in range(2):
        assert services.chain_sync(now=timezone.now()).strays == 1
    stray = Stray.objects.get()
    assert (stray.address, stray.deposit_micro, stray.gone_at) == (str(address.pubkey()), PRICE * 100, None)
    delist = ix.delist(
        stage.network.cluster,
        job=address.pubkey(),
        market=stage.market.address,
        payer=payer.pubkey(),
        project=project.pubkey(),
    )
    stage.network.act(delist, payer, project)
    assert services.chain_sync(now=timezone.now()).strays == 0
    assert Stray.objects.get().gone_at is not None


@pytest.mark.django_db
def test_an_account_that_vanished_unseen_waits_for_a_person_who_settles_it(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=600), State.RUNNING)
    stage.until(lambda: Order.objects.get().closed_at)
    address = job.attempt.address
    stage.network.later(200)
    node.finish(address, stage.pin(flow_state()))
    stage.network.later(100_000)
    payer = wallet_load(stage.network_treasury())
    clean = ix.clean(stage.network.cluster, job=address, market=stage.market.address, payer=payer.pubkey())
    stage.network.final(stage.network.act(clean, payer))  # all while nobody looked
    stage.until(lambda: stage.job(job).attempt.parked_at)
    job = stage.job(job)
    assert (job.state, job.reason) == (State.FAILED, Reason.ACCOUNT_GONE)
    assert told(job)[-2:] == ["finish", "clean"]
    assert Hold.objects.get().state == "open"
    kept = TREASURY - treasury(stage.network)
    found = {"attempt_id": job.attempt.pk, "signature": "s", "by": "Stella", "now": timezone.now()}
    with pytest.raises(AppError, match="between 0 and"):
        attempt_resolve(seconds=601, kept_micro=kept, note="x", **found)
    with pytest.raises(AppError, match="Say what"):
        attempt_resolve(seconds=0, kept_micro=kept, note=" ", **found)
    attempt_resolve(seconds=100, kept_micro=kept, note="It ran 200 s; half is on us.", **found)
    with pytest.raises(Conflict):
        attempt_resolve(seconds=100, kept_micro=kept, note="twice", **found)
    attempt = stage.job(job).attempt
    assert (attempt.cost_micro, attempt.loss_micro) == (PRICE * 100, kept - PRICE * 100)
    assert balance("network:spend") == kept
    assert stage.wallet().available_micro == CREDITS - PRICE * 100 * 105 // 100


@pytest.mark.django_db
def test_a_question_that_fails_for_one_job_keeps_no_other_from_being_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (stage.submit(key=key, timeout_s=100) for key in "ab")
    services.orders_make_missing(now=timezone.now())
    services.orders_push(now=timezone.now())
    bad = stage.job(first).attempt.address
    real = Chain.signatures_for

    async def unanswered(chain: Chain, address: str, **given: object) -> object:
        if address == bad:
            raise ChainUnavailable("the endpoint did not answer")
        return await real(chain, address, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Chain, "signatures_for", unanswered)
        deadline = time.monotonic() + 60
        while stage.job(second).state != State.QUEUED and time.monotonic() < deadline:
            services.chain_observe(now=timezone.now())
        assert (stage.job(first).state, stage.job(second).state) == (State.PENDING, State.QUEUED)
    services.chain_observe(now=timezone.now())
    assert stage.job(first).state == State.QUEUED
    assert told(stage.job(first)) == ["list"]


@pytest.mark.django_db(transaction=True)
def test_two_observers_at_once_apply_everything_once(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    gate = threading.Barrier(4)

    def observe(act: Callable[..., object]) -> None:
        try:
            for _ in range(8):
                gate.wait(60)
                act(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        for done in [
            threads.submit(observe, act) for act in (services.chain_observe, services.chain_sync) for _ in "ab"
        ]:
            done.result(120)
    stage.until_settled(job)
    kinds = list(JobEvent.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds.count("completed") == kinds.count("settled") == Settlement.objects.count() == 1
    assert len(told(job)) == len(set(told(job)))


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_races_a_finish_settles_once_whoever_wins(stage: Stage) -> None:
    node = stage.node()
    for key in "ab":
        node.work(stage.market)
        job = stage.until_state(stage.submit(key=key), State.RUNNING)
        address, cid = job.attempt.address, stage.pin(flow_state())
        stage.stop(job)

        def stop() -> None:
            try:
                services.orders_work(now=timezone.now())
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            stopping = threads.submit(stop)
            finishing = threads.submit(node.finish, address, cid)
            stopping.result(60)
            finishing.exception(60)  # it may have come second
        job = stage.until_settled(job)
        assert job.state in (State.COMPLETED, State.STOPPED)
        assert job.events.filter(kind="settled").count() == 1
        stage.until(lambda: not Want.objects.filter(closed_at=None).exists())
    spent = sum(Attempt.objects.values_list("cost_micro", flat=True))
    stage.until(lambda: treasury(stage.network) == TREASURY - spent)


class Cable:
    """A TCP connection to the chain's WebSocket that can be cut and mended."""

    def __init__(self, network: Network) -> None:
        self.target = ("127.0.0.1", int(network.rpc_url.rsplit(":", 1)[1]))
        self.whole = True
        self.writers: list[asyncio.StreamWriter] = []
        self.loop = asyncio.new_event_loop()
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def _serve(self, listening: socket.socket) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._join, sock=listening))
        self.loop.run_forever()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.close()
            return
        there, back = await asyncio.open_connection(*self.target)
        self.writers += [writer, back]
        await asyncio.gather(_pump(reader, back), _pump(there, writer), return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection and let no new one through."""
        self.whole = False
        self.loop.call_soon_threadsafe(lambda: [writer.close() for writer in self.writers])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def await_(held: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.django_db
def test_a_subscription_hears_our_jobs_and_what_a_cut_missed_is_read_after_it(
    stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cable, heard = Cable(stage.network), set()
    settings.CHAIN_WS_URL = cable.url
    listener = Listener()
    listener.start()
    try:
        await_(lambda: listener.connected)
        assert listener.take() == (set(), True)  # whoever begins to listen has missed everything before
        job = stage.until_state(stage.submit(), State.QUEUED)
        await_(lambda: heard.update(listener.take()[0]) or job.attempt.address in heard)
        cable.cut()
        await_(lambda: not listener.connected)
        stage.node().work(stage.market)  # heard by nobody
        assert services.chain_follow(heard=set(), deaf=False, now=timezone.now()) == 0
        assert stage.job(job).state == State.QUEUED
        cable.whole = True
        await_(lambda: listener.connected)
        assert listener.take()[1]
        services.chain_sync(now=timezone.now())
        assert stage.job(job).state == State.RUNNING
    finally:
        listener.stop()
