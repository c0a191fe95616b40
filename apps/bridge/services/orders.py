"""Orders: made once per want, claimed by a lease, every step stored before the next begins."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.bridge.chain import Signed
from apps.bridge.models import Order
from apps.core.errors import NotFound
from apps.core.staff import staff_act_write
from apps.jobs.models import Want
from apps.jobs.selectors import wants_open
from apps.jobs.services import attempt_cancelled, want_close, wants_close

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 1_000  # wants that an order is made up for in one round
S = Order.State
UNSENT = [S.WANTED, S.CLAIMED, S.SIGNED]
SENT = [S.SENT, S.UNSURE, S.CONFIRMED]


@dataclass(frozen=True)
class Ladder:
    """How long to wait after a failure, seconds: doubled each time up to `longest`; parked after `tries` failures."""

    first: float
    longest: float
    tries: int | None = None


OURS = Ladder(first=0.5, longest=60, tries=12)  # an error of the code or of this one order: a person must look
NETWORK = Ladder(first=0.5, longest=15)  # an endpoint that is away should not be missed for long when it is back
FUNDS = Ladder(first=1, longest=60)  # the treasury, the seed, the settings: one person mends it for all orders


class LeaseLost(Exception):
    """Another worker took the order over meanwhile; what we found out is dropped."""


def order_make(*, want_id: int, now: datetime) -> Order:
    """Return the want's order, made if there is none; a repeat returns the same one."""
    want = Want.objects.get(pk=want_id)
    order, _unused = Order.objects.get_or_create(
        want=want,
        defaults={"attempt_id": want.attempt_id, "kind": want.kind, "next_try_at": now, "created_at": now},
    )
    return order


def orders_make_missing(*, now: datetime) -> int:
    """Make the orders of wants that have none (a queue of them, or an announcement that was lost); return how many."""
    missing = list(wants_open().filter(order=None).values_list("pk", "attempt_id", "kind")[:BATCH])
    Order.objects.bulk_create(
        [
            Order(want_id=want_id, attempt_id=attempt_id, kind=kind, next_try_at=now, created_at=now)
            for want_id, attempt_id, kind in missing
        ],
        ignore_conflicts=True,  # another worker makes them too
    )
    return len(missing)


def orders_due(*, states: Sequence[Order.State], now: datetime) -> QuerySet[Order]:
    """Return the orders in these states that are due and that nobody holds, most overdue first."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Order.objects.filter(free, closed_at=None, parked_at=None, next_try_at__lte=now, state__in=states)
    return due.order_by("next_try_at", "id")


def orders_claim(*, states: Sequence[Order.State], now: datetime, limit: int) -> list[Order]:
    """Take up to `limit` due orders in these states for a minute, passing over those that others hold."""
    token = uuid.uuid4()
    with transaction.atomic():
        due = orders_due(states=states, now=now).select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:limit])
        if not ids:
            return []
        Order.objects.filter(pk__in=ids).update(
            lease=token,
            leased_until=now + LEASE,
            state=Case(When(state=S.WANTED, then=Value(S.CLAIMED)), default=F("state")),
        )
    return list(Order.objects.filter(pk__in=ids, lease=token).select_related("want").order_by("next_try_at", "id"))


def orders_update(orders: Sequence[Order], *, keep: bool = False, **fields: Any) -> list[Order]:
    """Store the same for all of these that are still ours, and let them go unless `keep`; return those."""
    if not orders:
        return []
    if not keep:
        fields |= {"lease": None, "leased_until": None}
    lease, ids = orders[0].lease, [order.pk for order in orders]
    with transaction.atomic():
        ours = Order.objects.select_for_update().filter(pk__in=ids, lease=lease, closed_at=None)
        kept = set(ours.values_list("pk", flat=True))
        Order.objects.filter(pk__in=kept).update(**fields)
    if len(kept) < len(ids):
        logger.warning("%s orders were taken over; our result is dropped", len(ids) - len(kept))
    held = [order for order in orders if order.pk in kept]
    for order in held:
        for name, value in fields.items():
            setattr(order, name, value)
    return held


def orders_wait(orders: Sequence[Order], *, seconds: float, now: datetime, **fields: Any) -> list[Order]:
    """Let the orders go and look at them again in `seconds`; return those that were still ours."""
    return orders_update(orders, next_try_at=now + timedelta(seconds=seconds), **fields)


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


def order_postpone(order: Order, error: str, *, now: datetime, ladder: Ladder = OURS, **fields: Any) -> None:
    """Count a failure and try again later, as the ladder says; an order at its end is parked for a person."""
    failures = order.failures + 1
    if ladder.tries is not None and failures >= ladder.tries:
        logger.error(
            "order %s (%s) is parked: %s",
            order.pk,
            order.kind,
            error,
            extra={"order_id": order.pk, "attempt_id": order.attempt_id},
        )
        fields |= {"parked_at": now, "parked_reason": error[:500]}
    seconds = min(ladder.first * 2 ** min(order.failures, 20), ladder.longest)
    order_wait(order, seconds=seconds, now=now, failures=failures, error=error[:500], **fields)


def order_retry(*, order_id: uuid.UUID, now: datetime, staff_id: int | None = None) -> bool:
    """Take a parked order back into the work with a new ladder; return whether it was parked. Raises NotFound."""
    order = Order.objects.filter(pk=order_id).select_related("want__job").first()
    if order is None:
        raise NotFound(_("There is no such order."))
    with transaction.atomic():
        taken = order_unpark(order_id=order_id, now=now)
        if taken:
            staff_act_write(
                staff_id=staff_id,
                act="order.retried",
                subject=f"order:{order_id}",
                organisation_id=order.want.job.organisation_id,
                facts={"kind": order.kind, "parked": order.parked_reason},
                now=now,
            )
    return taken


def order_unpark(*, order_id: uuid.UUID, now: datetime) -> bool:
    """Do as order_retry does for whoever writes down themselves who asked; return whether it was parked."""
    parked = Order.objects.filter(pk=order_id, closed_at=None, parked_at__isnull=False)
    return bool(parked.update(parked_at=None, parked_reason="", failures=0, next_try_at=now))


AFRESH: dict[str, Any] = {
    "state": S.WANTED,
    "instruction": "",
    "blob": None,
    "signature": "",
    "last_valid_block_height": None,
    "shared": False,
    "signed_at": None,
    "sent_at": None,
    "confirmed_at": None,
}


def order_rebuild(order: Order, why: str, *, now: datetime, ladder: Ladder = OURS) -> None:
    """Forget a transaction that can never land and start again after a pause."""
    order_postpone(order, why, now=now, ladder=ladder, **AFRESH)


def order_split(order: Order, why: str, *, now: datetime) -> None:
    """Forget a shared transaction that can never land; the order's next one is its own, at once."""
    order_wait(order, seconds=0, now=now, alone=True, error=why[:500], **AFRESH)


def order_close(order: Order, state: Order.State, outcome: str, *, now: datetime) -> None:
    """Note that nothing more is to be done for the order and its want."""
    with transaction.atomic():
        order_update(order, state=state, closed_at=now, error="" if state == S.CONFIRMED else outcome[:500])
        want_close(want_id=order.want_id, outcome=outcome, now=now)


def orders_close(orders: Sequence[Order], *, now: datetime) -> None:
    """Note that these orders' transactions are final: nothing more is to be done."""
    with transaction.atomic():
        closed = orders_update(orders, state=S.CONFIRMED, closed_at=now, error="")
        if closed:
            outcomes = {order.want_id: f"{order.instruction} {order.signature}" for order in closed}
            wants_close(outcomes=outcomes, now=now)


@dataclass(frozen=True)
class Ready:
    """An order with the signed transaction that is its answer, alone or shared with another."""

    order: Order
    signed: Signed
    instruction: Order.Instruction
    shared: bool = False


STORE = """
UPDATE bridge_order AS stored
SET state = 'signed', instruction = ready.instruction, blob = ready.blob, signature = ready.signature,
    last_valid_block_height = ready.height, shared = ready.shared, signed_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::bytea[], %s::text[], %s::bigint[], %s::boolean[])
    AS ready(id, instruction, blob, signature, height, shared)
WHERE stored.id = ready.id
"""


def orders_ours(orders: Sequence[Order]) -> list[Order]:
    """Return those of the orders (of one claim) that are still ours, locked until the transaction ends."""
    if not orders:
        return []
    ids = [order.pk for order in orders]
    ours = Order.objects.select_for_update().filter(pk__in=ids, lease=orders[0].lease, closed_at=None)
    kept = set(ours.order_by("pk").values_list("pk", flat=True))
    if len(kept) < len(ids):
        logger.warning("%s orders were taken over before they were signed", len(ids) - len(kept))
    return [order for order in orders if order.pk in kept]


def orders_store(ready: Sequence[Ready], *, now: datetime) -> None:
    """Store signed transactions before anything is sent; the orders' rows are locked (orders_ours)."""
    columns: list[list[Any]] = [
        [one.order.pk for one in ready],
        [one.instruction.value for one in ready],
        [one.signed.blob for one in ready],
        [one.signed.signature for one in ready],
        [one.signed.last_valid_block_height for one in ready],
        [one.shared for one in ready],
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [now, *columns])
    for one in ready:
        order = one.order
        order.state, order.instruction, order.blob = S.SIGNED, one.instruction, one.signed.blob
        order.signature, order.last_valid_block_height = one.signed.signature, one.signed.last_valid_block_height
        order.shared, order.signed_at = one.shared, now


def stops_wanted(orders: Sequence[Order]) -> set[uuid.UUID]:
    """Return the attempts among those of the orders whose stop is wanted."""
    wants = Want.objects.filter(attempt_id__in=[order.attempt_id for order in orders], kind=Want.Kind.STOP)
    return set(wants.values_list("attempt_id", flat=True))


def list_cancel(order: Order, *, now: datetime) -> None:
    """End a listing that was never sent because its job is to be stopped."""
    with transaction.atomic():
        attempt_cancelled(attempt_id=order.attempt_id, now=now)
        order_close(order, S.FAILED, "stopped before it was listed", now=now)
