"""How much work is on its way, by kind: what a graph shows before anybody needs to act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum

from apps.billing.models import Hold
from apps.bridge.models import Order
from apps.core.models import Mail, Message
from apps.jobs.models import Job
from apps.jobs.state import LIVE
from apps.notifications.models import Delivery
from apps.payments.models import StripeEvent
from apps.support.announcements.services import read_only

QUEUES = ("default", "payments", "mail", "bridge", "results")
UNDER_WAY = tuple(state for state in Order.State if state not in (Order.State.CONFIRMED, Order.State.FAILED))


@dataclass(frozen=True)
class Load:
    """A figure, or one for each value of a label ("" for none)."""

    name: str
    help: str
    values: dict[str, float]
    label: str = ""


def loads_now(*, now: datetime) -> list[Load]:
    """Return how much is under way; a fixed number of queries, each by an index of what is open."""
    jobs = Job.objects.filter(state__in=LIVE)
    orders = Order.objects.filter(closed_at=None)
    due = Message.objects.filter(parked_at=None, next_at__lte=now)
    held = Hold.objects.filter(state=Hold.State.OPEN).aggregate(sum=Sum("amount_micro"), count=Count("id"))
    return [
        Load("jobs", "Jobs under way, by state.", _counted(jobs, "state", LIVE), "state"),
        Load("orders", "Orders to the chain under way, by state.", _counted(orders, "state", UNDER_WAY), "state"),
        Load("tasks_due", "Tasks that could run now, by queue.", _counted(due, "queue", QUEUES), "queue"),
        Load("tasks_due_age_seconds", "How long the oldest of them waits.", _age(due, "next_at", now)),
        Load("mails_due", "Mails that are written and not sent.", {"": Mail.objects.filter(sent_at=None).count()}),
        Load("deliveries_due", "Webhooks whose time has come.", {"": _deliveries(now)}),
        Load("stripe_events_due_age_seconds", "How long Stripe's oldest news waits.", _events(now)),
        Load("holds_open", "Holds that are open.", {"": held["count"]}),
        Load("credits_held", "Credits in them.", {"": (held["sum"] or 0) / 1e6}),
        Load("read_only", "1 while nothing can be written.", {"": float(read_only(now=now))}),
    ]


def queues_late(*, now: datetime, by: timedelta) -> list[str]:
    """Return the queues in which a task waits longer than that."""
    late = Message.objects.filter(parked_at=None, next_at__lt=now - by).order_by("queue")
    return list(late.values_list("queue", flat=True).distinct())


def _counted(rows: object, field: str, always: Iterable[str]) -> dict[str, float]:
    """Count the rows by a field; what must always be told is 0 when there are none."""
    found = rows.order_by().values_list(field).annotate(Count("pk"))  # type: ignore[attr-defined]
    return {**{str(value): 0.0 for value in always}, **{str(value): float(number) for value, number in found}}


def _age(rows: object, field: str, now: datetime) -> dict[str, float]:
    oldest = rows.aggregate(oldest=Min(field))["oldest"]  # type: ignore[attr-defined]
    return {"": (now - oldest).total_seconds() if oldest else 0.0}


def _deliveries(now: datetime) -> int:
    return Delivery.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now), state="waiting", next_try_at__lte=now
    ).count()


def _events(now: datetime) -> dict[str, float]:
    return _age(StripeEvent.objects.filter(handled_at=None, parked_reason=""), "received_at", now)
