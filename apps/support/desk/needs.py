"""What needs a person now: each with how many, since when, the money at stake, and where it is seen to.

Every question is answered by rows that we have; nobody outside is asked, so the page is quick also on a bad day.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode

from apps.billing.models import Hold, InvoiceDue
from apps.bridge.models import Order, Stray
from apps.core.models import Mail, Message
from apps.core.money import credits_text, fiat_text
from apps.jobs.models import Attempt, Job
from apps.jobs.state import LIVE
from apps.notifications.models import Delivery, Endpoint
from apps.organisations.models import ApiKey, Approval
from apps.organisations.models.approvals import STAFF_KINDS
from apps.payments.models import Dispute, Refund, StripeEvent, TopUp
from apps.support.models import Feedback, ReconciliationItem, Ticket
from apps.support.treasury import treasury_standing

LATE_MAIL = timedelta(minutes=30)
LATE_ORDER = timedelta(minutes=10)
LATE_JOB = timedelta(minutes=30)
LATE_INVOICE = timedelta(hours=1)
KEY_ENDS_SOON = timedelta(days=7)


@dataclass(frozen=True)
class Need:
    """One heap of work: `permission` is the right to see the place `url` leads to; `stake` is money in words."""

    title: str
    help: str
    count: int
    since: datetime | None
    stake: str
    url: str
    permission: str
    urgent: bool = False


@dataclass(frozen=True)
class Heap:
    """Where to look for one kind of need, and how to say it; the rows are counted by one query."""

    title: str
    help: str
    rows: Callable[[datetime], QuerySet[Any]]
    since: str
    place: str  # of the admin site, as in admin:<place>_changelist
    filters: dict[str, str]
    stake: str = ""  # a field of micro-NOS
    fiat: tuple[str, str] = ("", "")  # fields of minor units and of their currency
    urgent: bool = False
    page: str = ""  # the name of a page of our own, where it is not a list of the admin site

    @property
    def url(self) -> str:
        """Where its rows are seen to."""
        place = reverse(self.page or f"admin:{self.place}_changelist")
        return place + (f"?{urlencode(self.filters)}" if self.filters else "")


HEAPS = (
    Heap(
        "Disputes to answer",
        "Without evidence before its deadline the bank keeps the money.",
        lambda now: Dispute.objects.filter(evidence="none", status__in=["needs_response", "warning_needs_response"]),
        "opened_at", "payments_dispute", {}, fiat=("amount_minor", "currency"), urgent=True,
    ),
    Heap(
        "Stripe events that were set aside",
        "Stripe told us something that no rule knows what to do about.",
        lambda now: StripeEvent.objects.filter(handled_at=None).exclude(parked_reason=""),
        "received_at", "payments_stripeevent", {}, urgent=True,
    ),
    Heap(
        "Top-ups that were set aside",
        "A customer paid, or tried to, and the platform is not sure what is owed.",
        lambda now: TopUp.objects.exclude(parked_reason="").filter(closed_at=None),
        "created_at", "payments_topup", {}, urgent=True,
    ),
    Heap(
        "Payments that are held",
        "Paid, and rated as risky; the customer waits for the credits.",
        lambda now: TopUp.objects.filter(state=TopUp.State.HELD),
        "paid_at", "payments_topup", {"state__exact": "held"}, fiat=("quote__total_minor", "quote__currency"),
        urgent=True,
    ),
    Heap(
        "Refunds that went wrong",
        "The money is still with us and owed to a customer.",
        lambda now: Refund.objects.filter(
            ~Q(parked_reason="") | Q(state="failed", repaid_at=None) & (Q(bounced=True) | Q(kind="vat"))
        ).exclude(state="succeeded"),
        "created_at", "payments_refund", {}, fiat=("gross_minor", "currency"), urgent=True,
    ),
    Heap(
        "Tries of jobs that wait for a person",
        "No rule can say what the node was paid; the hold stays until somebody settles it.",
        lambda now: Attempt.objects.filter(parked_at__isnull=False, settled_at=None),
        "parked_at", "jobs_attempt", {"parked": "yes"}, stake="network_micro", urgent=True,
    ),
    Heap(
        "Orders that wait for a person",
        "The bridge gave up after many tries; the order says why.",
        lambda now: Order.objects.filter(parked_at__isnull=False),
        "parked_at", "bridge_order", {"parked": "yes"}, stake="attempt__network_micro", urgent=True,
    ),
    Heap(
        "Orders nobody is sure about",
        "Sent, and for ten minutes neither seen on the chain nor refused.",
        lambda now: Order.objects.filter(
            state__in=["sent", "unsure"], parked_at=None, closed_at=None, sent_at__lt=now - LATE_ORDER
        ),
        "sent_at", "bridge_order", {"state__exact": "unsure"}, stake="attempt__network_micro",
    ),
    Heap(
        "Jobs that should have ended",
        "Half an hour past their time limit, and the platform still calls them live.",
        lambda now: Job.objects.filter(
            state__in=LIVE, started_at__lt=now - LATE_JOB - F("timeout_s") * timedelta(seconds=1)
        ),
        "started_at", "jobs_job", {"state__exact": "running"}, stake="attempt__network_micro",
    ),
    Heap(
        "Holds nobody ended",
        "Credits are kept for work that is over by any clock.",
        lambda now: Hold.objects.filter(state=Hold.State.OPEN, expires_at__lt=now - LATE_JOB),
        "expires_at", "billing_hold", {}, stake="amount_micro",
    ),
    Heap(
        "Unmatched reconciliation items",
        "Stripe, ledger and chain do not tell the same of them.",
        lambda now: ReconciliationItem.objects.filter(matched_at=None, resolved_at=None),
        "at", "support_reconciliationitem", {}, page="support:reconciliation_items",
    ),
    Heap(
        "Tickets to answer",
        "People asked us something and wait for the answer.",
        lambda now: Ticket.objects.filter(state=Ticket.State.OPEN),
        "waits_since", "support_ticket", {}, page="support:desk_tickets",
    ),
    Heap(
        "Feedback to read",
        "People told us something, and nobody has answered it yet.",
        lambda now: Feedback.objects.filter(answered_at=None),
        "at", "support_feedback", {"said": "waiting", "joined": "any"}, page="support:early",
    ),
    Heap(
        "Approvals for the staff",
        "A customer asks for a refund, or a colleague for a second person.",
        lambda now: Approval.objects.filter(state=Approval.State.OPEN, kind__in=STAFF_KINDS),
        "created_at", "organisations_approval", {"state__exact": "open"}, stake="amount_micro",
    ),
    Heap(
        "Tasks that were given up",
        "They failed as often as they may; each says why.",
        lambda now: Message.objects.filter(parked_at__isnull=False),
        "parked_at", "core_message", {}, urgent=True,
    ),
    Heap(
        "Mails that did not go out",
        "Written more than half an hour ago and not taken by the mail server.",
        lambda now: Mail.objects.filter(sent_at=None, created_at__lt=now - LATE_MAIL),
        "created_at", "core_mail", {},
    ),
    Heap(
        "Invoices without a number",
        "Due for more than an hour.",
        lambda now: InvoiceDue.objects.filter(invoice=None, created_at__lt=now - LATE_INVOICE),
        "created_at", "billing_invoicedue", {},
    ),
    Heap(
        "Webhook endpoints that were switched off",
        "They failed for days; their owners were told.",
        lambda now: Endpoint.objects.filter(off_at__isnull=False, removed_at=None).exclude(failing_since=None),
        "off_at", "notifications_endpoint", {},
    ),
    Heap(
        "Webhooks that were given up",
        "Events that no try delivered; their owners can send them again.",
        lambda now: Delivery.objects.filter(state=Delivery.State.DEAD, endpoint__removed_at=None),
        "event__at", "notifications_delivery", {"state__exact": "dead"},
    ),
    Heap(
        "Accounts on the chain nobody knows",
        "Our treasury paid for them, and no job of ours is theirs.",
        lambda now: Stray.objects.filter(gone_at=None),
        "first_seen_at", "bridge_stray", {"gone_at__isempty": "1"}, stake="deposit_micro",
    ),
    Heap(
        "Keys that end within a week",
        "Programs of customers stop working if nobody rotates them.",
        lambda now: ApiKey.objects.filter(
            revoked_at=None, successor=None, expires_at__gt=now, expires_at__lt=now + KEY_ENDS_SOON
        ),
        "created_at", "organisations_apikey", {},
    ),
)  # fmt: skip


def needs_now(*, now: datetime) -> list[Need]:
    """Return what needs a person, the urgent first; a fixed number of queries, and nobody outside is asked."""
    found = [*_of_treasury(now), *(need for heap in HEAPS if (need := _of_heap(heap, now)))]
    return sorted(found, key=lambda need: not need.urgent)


def _of_treasury(now: datetime) -> Iterator[Need]:
    for alert in treasury_standing(now=now).alerts:
        if alert.level != "parked":  # told in heaps of their own
            place = reverse("support:treasury")
            yield Need("Treasury", alert.sentence, 1, None, "", place, "bridge.view_treasuryreading", urgent=True)


def heap_state(heap: Heap, now: datetime) -> tuple[int, datetime | None, list[str]]:
    """Return how many there are, since when the oldest, and what is at stake, in one query."""
    rows, sums = heap.rows(now), {}
    if heap.stake:
        sums["stake"] = Sum(heap.stake)
    amount, currency = heap.fiat
    if amount:  # one group for each currency
        told = rows.order_by().values(currency)
        groups = list(told.annotate(count=Count("pk"), since=Min(heap.since), money=Sum(amount)))
    else:
        groups = [rows.aggregate(count=Count("pk"), since=Min(heap.since), **sums)]
    ages = [group["since"] for group in groups if group["since"]]
    return sum(group["count"] for group in groups), min(ages, default=None), list(_stakes(groups, currency))


def _of_heap(heap: Heap, now: datetime) -> Need | None:
    count, since, stakes = heap_state(heap, now)
    if not count:
        return None
    app, model = heap.place.split("_")
    return Need(
        title=heap.title,
        help=heap.help,
        count=count,
        since=since,
        stake=", ".join(stakes),
        url=heap.url,
        permission=f"{app}.view_{model}",
        urgent=heap.urgent,
    )


def _stakes(groups: list[dict[str, Any]], currency: str) -> Iterator[str]:
    for group in groups:
        if group.get("money"):
            yield fiat_text(group["money"], group[currency])
        if group.get("stake"):
            yield f"{credits_text(group['stake'])} credits"
