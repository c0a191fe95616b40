"""Tasks that survive crashes: a message row in the caller's transaction, Celery as the messenger only.

`enqueue` writes the row; after commit the broker is told. The worker claims the row by a lease, runs the task,
and deletes the row. What the broker loses, the sweep sends again; what fails is tried again later and parked
when its attempts are used up. So a task runs at least once, and must be safe to run twice.
"""

import atexit
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Full, Queue
from typing import Any, ParamSpec, TypeVar

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.leases import lease_end, lease_take
from apps.core.logs import bound, ids_of, request_id
from apps.core.models import Message
from apps.core.rows import rows_insert
from apps.core.spans import span
from apps.core.staff import staff_act_write

logger = logging.getLogger(__name__)

BATCH = 500  # messages told again in one round
BACKLOG = 10_000  # messages a process remembers to tell the broker of
LEASE = timedelta(minutes=5)
GRACE = timedelta(seconds=10)  # how long the first delivery may take before the sweep sends again
AGAIN = timedelta(minutes=1)  # how long one that the sweep sent may take before it is sent once more


@dataclass(frozen=True)
class Task:
    """A named act for workers."""

    name: str
    run: Callable[..., object]
    attempts: int
    every: float | None = None
    lease: int = 300  # seconds after which a periodic act whose worker died is taken up by another


TASKS: dict[str, Task] = {}


P = ParamSpec("P")
R = TypeVar("R")


def task(name: str, *, attempts: int = 12) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register the function as the task `name`; it takes its payload as keyword arguments."""

    def register(run: Callable[P, R]) -> Callable[P, R]:
        TASKS[name] = Task(name=name, run=run, attempts=attempts)
        return run

    return register


def periodic(name: str, *, every: float, lease: int = 300) -> Callable[[Callable[[], R]], Callable[[], R]]:
    """Register the function to run every `every` seconds, in one worker at a time.

    One that may well run twice at once names a shorter `lease`, seconds: a worker that dies delays it no longer.
    """

    def register(run: Callable[[], R]) -> Callable[[], R]:
        TASKS[name] = Task(name=name, run=run, attempts=1, every=every, lease=lease)
        return run

    return register


def enqueue(name: str, **payload: Any) -> Message:
    """Promise that the task `name` runs after this transaction commits, at least once.

    The payload must be JSON: ids as strings. The name is not looked up here, so that a web process need not load
    what workers run; tests/architecture holds every name against the tasks there are.
    """
    message = Message(
        name=name,
        queue=queue_of(name),
        payload=payload,
        next_at=timezone.now() + GRACE,
        request_id=request_id(),
    )
    rows_insert(message)
    transaction.on_commit(lambda: _send(message.id, message.queue))
    return message


def queue_of(name: str) -> str:
    """Return the queue of a task: the one its own name has in settings.TASK_QUEUES, else its app's, else default."""
    queues: dict[str, str] = settings.TASK_QUEUES
    return queues.get(name) or queues.get(name.split(".")[0], "default")


def enqueue_with(name: str, statement: str, parameters: Sequence[Any], **payload: Any) -> bool:
    """Run one INSERT … RETURNING and promise the task if it wrote a row, all in one statement; return whether it did.

    For doors where each round trip counts: the statement is its own transaction where none is open.
    """
    message = Message(name=name, queue=queue_of(name), payload=payload, next_at=timezone.now() + GRACE)
    message.request_id = request_id()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH written AS ({statement}) INSERT INTO core_message"
            " (id, name, queue, payload, attempts, next_at, error, request_id, created_at)"
            " SELECT %s, %s, %s, %s, 0, %s, '', %s, now() FROM written RETURNING id",
            [
                *parameters,
                message.id,
                name,
                message.queue,
                json.dumps(payload),
                message.next_at,
                message.request_id,
            ],
        )
        written = cursor.fetchone() is not None
    if written:
        transaction.on_commit(lambda: _send(message.id, message.queue))
    return written


def _send(message_id: uuid.UUID, queue: str) -> None:
    """Have the broker told in a moment, by a thread of its own: no answer waits for a broker that is slow or away."""
    MESSENGER.send(message_id, queue)


class Messenger:
    """Tells the broker what is to be done, one message after the other, in a thread that starts with the first.

    What it cannot tell stays a row, and the sweep sends it later.
    """

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # threads do not survive a fork
        atexit.register(self.flush, seconds=2)

    def _forget(self) -> None:
        self._waiting: Queue[tuple[uuid.UUID, str]] = Queue(maxsize=BACKLOG)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, message_id: uuid.UUID, queue: str) -> None:
        """Take a message to tell the broker about; never waits."""
        try:
            self._waiting.put_nowait((message_id, queue))
        except Full:
            logger.warning("the broker is too slow for message %s; the sweep will send it", message_id)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="messenger", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            message_id, queue = self._waiting.get()
            try:
                current_app.send_task("core.message_run", kwargs={"message_id": str(message_id)}, queue=queue)
            except Exception:  # the broker is away
                logger.warning("message %s could not be sent to the broker; the sweep will", message_id)
            finally:
                self._waiting.task_done()

    def flush(self, *, seconds: float) -> bool:
        """Wait until everything taken was told, at most so long; return whether it was."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)
        return not self._waiting.unfinished_tasks


MESSENGER = Messenger()


def message_run(message_id: str, *, now: datetime) -> bool:
    """Run one message if it is due and nobody else runs it; return whether it ran to its end."""
    lease = uuid.uuid4()
    message = _claim(message_id, lease, now=now)
    if message is None:
        return False
    own = message.request_id or None
    with bound(**ids_of(message.payload) | {"request_id": own, "task": message.name, "message_id": message.id}):
        with span(f"task {message.name}") as note:
            ran = _run(message, lease)
            note(ran=ran)
        return ran


def _run(message: Message, lease: uuid.UUID) -> bool:
    try:
        TASKS[message.name].run(**message.payload)
    except Exception as error:
        logger.exception("message %s (%s) failed", message.id, message.name)
        _postpone(message, lease, f"{type(error).__name__}: {error}", now=timezone.now())
        return False
    Message.objects.filter(id=message.id, lease=lease).delete()
    return True


def _claim(message_id: str, lease: uuid.UUID, *, now: datetime) -> Message | None:
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(Q(leased_until=None) | Q(leased_until__lt=now), id=message_id, parked_at=None)
            .filter(Q(attempts=0) | Q(next_at__lte=now))
            .first()
        )
        if message is None:
            return None
        if message.attempts >= _attempts(message.name):  # whoever ran it last died of it, as it may have each time
            message.error = f"A worker died each time it ran, {message.attempts} times. {message.error}"[:2000]
            message.parked_at = now
            message.save(update_fields=["error", "parked_at"])
            return None
        message.lease, message.leased_until = lease, now + LEASE
        message.attempts += 1
        message.save(update_fields=["lease", "leased_until", "attempts"])
        return message


def _attempts(name: str) -> int:
    return TASKS[name].attempts if name in TASKS else 1


def _postpone(message: Message, lease: uuid.UUID, error: str, *, now: datetime) -> None:
    wait = timedelta(seconds=min(2**message.attempts, 600))
    Message.objects.filter(id=message.id, lease=lease).update(
        lease=None,
        leased_until=None,
        error=error[:2000],
        next_at=now + wait,
        sent_again_at=None,
        parked_at=now if message.attempts >= _attempts(message.name) else None,
    )


def message_retry(*, message_id: uuid.UUID, now: datetime, staff_id: int | None = None) -> bool:
    """Take a task that was given up back into the work, with all its tries; return whether it was given up."""
    parked = Message.objects.filter(id=message_id, parked_at__isnull=False)
    with transaction.atomic():
        # One statement, so that of two who press at once one is told that it was taken already.
        taken = bool(parked.update(parked_at=None, attempts=0, next_at=now, sent_again_at=None))
        if taken:
            staff_act_write(staff_id=staff_id, act="task.retried", subject=f"message:{message_id}", now=now)
    return taken


def messages_sweep(*, now: datetime) -> int:
    """Tell the broker again of messages that are overdue, those it was not told of for longest first; return how many.

    Each is told again once a minute at most: a queue without a worker neither fills the broker nor holds up others.
    """
    overdue = Message.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now),
        Q(sent_again_at=None) | Q(sent_again_at__lte=now - AGAIN),
        next_at__lte=now,
        parked_at=None,
    ).order_by(F("sent_again_at").asc(nulls_first=True), "next_at")[:BATCH]
    due = list(overdue.values_list("id", "queue"))
    Message.objects.filter(id__in=[message_id for message_id, _queue in due]).update(sent_again_at=now)
    for message_id, queue in due:
        _send(message_id, queue)
    return len(due)


def periodic_run(name: str, *, now: datetime) -> bool:
    """Run the periodic act unless another worker holds its lease; return whether it ran."""
    lease = lease_take(f"periodic:{name}", seconds=TASKS[name].lease, now=now)
    if lease is None:
        return False
    try:
        with bound(request_id=uuid.uuid4().hex, task=name), span(f"task {name}"):
            TASKS[name].run()
    finally:
        lease_end(f"periodic:{name}", lease)
    return True


def beat_schedule() -> dict[str, dict[str, object]]:
    """Return every periodic act as Celery beat wants it."""
    return {
        task_.name: {
            "task": "core.periodic_run",
            "schedule": task_.every,
            "kwargs": {"name": task_.name},
            "options": {"queue": queue_of(task_.name), "expires": max(task_.every, 1)},
        }
        for task_ in TASKS.values()
        if task_.every is not None
    }
