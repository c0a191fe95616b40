"""Orders: made once per want, claimed by a lease, every step stored before the next begins."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from apps.bridge.chain import Signed
from apps.bridge.models import Order
from apps.jobs.models import Want
from apps.jobs.selectors import wants_open
from apps.jobs.services import attempt_cancelled, job_lock, want_close

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BACKOFF_SECONDS, BACKOFF_LONGEST = 0.5, 600.0
BACKOFF_NETWORK = 15.0  # an endpoint that is away should not be missed for long when it is back
S = Order.State
UNSENT = [S.WANTED, S.CLAIMED, S.SIGNED]


class LeaseLost(Exception):
    """Another worker took the order over meanwhile; what we found out is dropped."""


def order_make(*, want_id: int, now: datetime) -> Order:
    """Return the want's order, made if there is none; a repeat returns the same one."""
    want = Want.objects.get(pk=want_id)
    order, _ = Order.objects.get_or_create(
        want=want,
        defaults={"attempt_id": want.attempt_id, "kind": want.kind, "next_try_at": now, "created_at": now},
    )
    return order


def orders_make_missing(*, now: datetime, limit: int = 500) -> int:
    """Make the orders of wants whose announcement was lost; return how many."""
    missing = list(wants_open().filter(order=None).values_list("pk", flat=True)[:limit])
    for want_id in missing:
        order_make(want_id=want_id, now=now)
    return len(missing)


def orders_due(*, states: list[Order.State], now: datetime) -> QuerySet[Order]:
    """Return the orders in these states that are due and that nobody holds, most overdue first."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return Order.objects.filter(free, closed_at=None, next_try_at__lte=now, state__in=states).order_by(
        "next_try_at"
    )


def order_claim(*, order_id: uuid.UUID, now: datetime) -> Order | None:
    """Take an order that was not sent yet for a minute, if it is due and free; return it, or None."""
    token = uuid.uuid4()
    taken = (
        Order.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), pk=order_id)
        .filter(closed_at=None, next_try_at__lte=now, state__in=UNSENT)
        .update(
            lease=token,
            leased_until=now + LEASE,
            state=Case(When(state=S.WANTED, then=Value(S.CLAIMED)), default=F("state")),
        )
    )
    return Order.objects.get(pk=order_id) if taken else None


def orders_claim(*, states: list[Order.State], now: datetime, limit: int) -> list[Order]:
    """Take up to `limit` due orders in these states for a minute, passing over those that others hold."""
    token = uuid.uuid4()
    with transaction.atomic():
        due = orders_due(states=states, now=now).select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:limit])
        Order.objects.filter(pk__in=ids).update(lease=token, leased_until=now + LEASE)
    return list(Order.objects.filter(pk__in=ids, lease=token))


def order_update(order: Order, *, keep: bool = False, **fields: Any) -> None:
    """Store what was found out, if the order is still ours, and let it go unless `keep`. Raises LeaseLost."""
    if not keep:
        fields |= {"lease": None, "leased_until": None}
    if not Order.objects.filter(pk=order.pk, lease=order.lease, closed_at=None).update(**fields):
        raise LeaseLost(f"order {order.pk} was taken over")
    for name, value in fields.items():
        setattr(order, name, value)


def order_wait(order: Order, *, seconds: float, now: datetime, **fields: Any) -> None:
    """Let the order go and look at it again in `seconds`."""
    order_update(order, next_try_at=now + timedelta(seconds=seconds), **fields)


def order_postpone(
    order: Order, error: str, *, now: datetime, longest: float = BACKOFF_LONGEST, **fields: Any
) -> None:
    """Count a failure and try again in half a second, then twice as late each time, at most in `longest` seconds."""
    seconds = min(BACKOFF_SECONDS * 2 ** min(order.failures, 20), longest)
    order_wait(order, seconds=seconds, now=now, failures=order.failures + 1, error=error[:500], **fields)


def order_rebuild(order: Order, why: str, *, now: datetime) -> None:
    """Forget a transaction that can never land and start again after a pause."""
    order_postpone(
        order,
        why,
        now=now,
        state=S.WANTED,
        instruction="",
        blob=None,
        signature="",
        last_valid_block_height=None,
        signed_at=None,
        sent_at=None,
        confirmed_at=None,
    )


def order_close(order: Order, state: Order.State, outcome: str, *, now: datetime) -> None:
    """Note that nothing more is to be done for the order and its want."""
    with transaction.atomic():
        order_update(order, state=state, closed_at=now, error="" if state == S.CONFIRMED else outcome[:500])
        want_close(want_id=order.want_id, outcome=outcome, now=now)


def order_sign(order: Order, signed: Signed, instruction: Order.Instruction, *, now: datetime) -> bool:
    """Store the signed transaction; return whether it may be sent.

    A listing is not stored any more when a stop came meanwhile: then the attempt is cancelled instead, under the
    same lock the stop takes, so that either the stop sees the listing or the listing sees the stop.
    """
    with transaction.atomic():
        job_lock(order.want.job_id)
        if instruction == Order.Instruction.LIST and stop_wanted(order):
            list_cancel(order, now=now)
            return False
        order_update(
            order,
            keep=True,
            state=S.SIGNED,
            instruction=instruction,
            blob=signed.blob,
            signature=signed.signature,
            last_valid_block_height=signed.last_valid_block_height,
            signed_at=now,
        )
    return True


def stop_wanted(order: Order) -> bool:
    """Return whether a stop of the order's attempt is wanted."""
    return Want.objects.filter(attempt_id=order.attempt_id, kind=Want.Kind.STOP).exists()


def list_cancel(order: Order, *, now: datetime) -> None:
    """End a listing that was never sent because its job is to be stopped."""
    with transaction.atomic():
        attempt_cancelled(attempt_id=order.attempt_id, now=now)
        order_close(order, S.FAILED, "stopped before it was listed", now=now)
