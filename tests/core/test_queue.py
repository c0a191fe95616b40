"""Messages run at least once, whatever the broker does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core import leases, queue
from apps.core.models import Lease, Message

SEEN: list[str] = []


@queue.task("tests.note", attempts=2)
def note(*, word: str) -> None:
    if word == "bad":
        raise ValueError("bad word")
    SEEN.append(word)


@pytest.fixture(autouse=True)
def _clean(db: None) -> None:
    SEEN.clear()


def test_a_message_runs_once_and_is_gone() -> None:
    message = queue.enqueue("tests.note", word="hello")
    assert queue.message_run(str(message.id), now=timezone.now())
    assert not queue.message_run(str(message.id), now=timezone.now())
    assert SEEN == ["hello"]
    assert not Message.objects.exists()


def test_a_message_that_another_worker_holds_is_left_alone_until_its_lease_ends() -> None:
    message = queue.enqueue("tests.note", word="hello")
    now = timezone.now()
    Message.objects.update(leased_until=now + timedelta(minutes=1), attempts=1, next_at=now)
    assert not queue.message_run(str(message.id), now=now)
    assert queue.message_run(str(message.id), now=now + timedelta(minutes=2))
    assert SEEN == ["hello"]


def test_a_failing_message_waits_longer_each_time_and_is_parked_at_last() -> None:
    message = queue.enqueue("tests.note", word="bad")
    now = timezone.now()
    assert not queue.message_run(str(message.id), now=now)
    message.refresh_from_db()
    assert message.next_at > now + timedelta(seconds=1)
    assert "bad word" in message.error
    assert not queue.message_run(str(message.id), now=now)  # too early
    assert not queue.message_run(str(message.id), now=now + timedelta(minutes=1))
    message.refresh_from_db()
    assert message.parked_at is not None
    assert message.attempts == 2


def test_a_message_of_which_every_worker_dies_is_parked_at_last() -> None:
    message, now = queue.enqueue("tests.note", word="hello"), timezone.now()
    Message.objects.update(attempts=2, leased_until=now, next_at=now)  # as two workers that were killed leave it
    assert not queue.message_run(str(message.id), now=now + timedelta(seconds=1))
    message.refresh_from_db()
    assert (SEEN, message.parked_at) == ([], now + timedelta(seconds=1))
    assert message.error.startswith("A worker died each time it ran, 2 times.")
    queue.message_retry(message_id=message.id, now=now)
    assert queue.message_run(str(message.id), now=now + timedelta(seconds=2))


def test_a_queue_without_a_worker_neither_fills_the_broker_nor_holds_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(queue, "_send", lambda _id, name: told.append(name))
    now = timezone.now()
    for _ in range(2):
        Message.objects.create(name="bridge.order_make", queue="bridge", next_at=now - timedelta(hours=1))
    again = Message.objects.create(name="tests.note", queue="default", next_at=now)
    with monkeypatch.context() as small:
        small.setattr(queue, "BATCH", 2)
        for seconds in range(0, 60, 5):
            queue.messages_sweep(now=now + timedelta(seconds=seconds))
    assert sorted(told) == ["bridge", "bridge", "default"]
    queue.messages_sweep(now=now + timedelta(seconds=66))
    assert len(told) == 6
    assert not queue.message_run(str(again.id), now=now + timedelta(seconds=66))  # fails: its word is missing
    again.refresh_from_db()
    assert queue.messages_sweep(now=again.next_at) == 1  # a try of its own, sent as soon as it is due


def test_a_message_that_no_task_knows_is_parked_for_a_person() -> None:
    message = queue.enqueue("tests.nobody")
    assert not queue.message_run(str(message.id), now=timezone.now())
    message.refresh_from_db()
    assert message.parked_at is not None
    assert "tests.nobody" in message.error


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bridge.order_make", "bridge"),
        ("bridge.result_fetch", "results"),  # while IPFS hangs, orders go on
        ("core.mail_deliver", "mail"),
        ("core.messages_sweep", "default"),
    ],
)
def test_a_task_has_the_queue_of_its_name_or_of_its_app(name: str, expected: str) -> None:
    assert queue.queue_of(name) == expected
    assert queue.beat_schedule()["payments.events_sweep"]["options"] == {"queue": "payments", "expires": 60}


def test_a_periodic_act_runs_in_one_worker_at_a_time() -> None:
    now = timezone.now()
    token = leases.lease_take("periodic:core.messages_sweep", seconds=60, now=now)
    assert token is not None
    assert not queue.periodic_run("core.messages_sweep", now=now)
    leases.lease_end("periodic:core.messages_sweep", token)
    assert queue.periodic_run("core.messages_sweep", now=now)


def test_orders_wait_no_longer_than_seconds_for_a_worker_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    now, name, died = timezone.now(), "bridge.orders_sweep", False

    def run() -> None:
        if not died:
            raise SystemExit  # as a worker that is killed: nothing after this line runs
        ran.append(name)

    ran: list[str] = []
    monkeypatch.setitem(queue.TASKS, name, replace(queue.TASKS[name], run=run))
    monkeypatch.setattr(queue, "lease_end", lambda *_: None)
    with pytest.raises(SystemExit):
        queue.periodic_run(name, now=now)
    died = True
    assert not queue.periodic_run(name, now=now)
    assert queue.periodic_run(name, now=now + timedelta(seconds=11))
    assert ran == [name]


def test_leases_that_nobody_gave_back_are_forgotten() -> None:
    now = timezone.now()
    for number in range(3):
        leases.lease_take(f"bridge.look:{number}", seconds=1, now=now - timedelta(hours=2))
    held = leases.lease_take("held", seconds=60, now=now)
    leases.heart_beat(now=now)
    assert set(Lease.objects.values_list("name", flat=True)) == {"held", leases.HEART}
    assert held is not None
    assert leases.lease_extend("held", held, seconds=60, now=now)


def test_an_expired_lease_is_taken_by_the_next() -> None:
    now = timezone.now()
    first = leases.lease_take("x", seconds=10, now=now)
    assert first is not None
    assert leases.lease_take("x", seconds=10, now=now + timedelta(seconds=5)) is None
    second = leases.lease_take("x", seconds=10, now=now + timedelta(seconds=11))
    assert second is not None
    assert not leases.lease_extend("x", first, seconds=10, now=now)
