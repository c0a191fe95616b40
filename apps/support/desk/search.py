"""One box that finds anything by whatever a customer, a chain or a provider calls it."""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from apps.billing.models import CreditNote, Invoice
from apps.bridge.models import Order, Stray
from apps.core.money import fiat_text
from apps.jobs.models import Attempt, Job, JobEvent, Market
from apps.organisations.models import ApiKey, Membership, Organisation
from apps.payments.models import Dispute, Refund, StripeCustomer, StripeEvent, TopUp
from apps.support.models import Ticket
from apps.support.tickets.selectors import ticket_number

LIMIT = 8  # of each kind
LONGEST = 200


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what it is, its name, what else tells it from others, and its page."""

    kind: str
    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Finder:
    """Asks for one kind of thing, if the words can name one; `permission` is the right to see it."""

    permission: str
    shape: re.Pattern[str]
    find: Callable[[str], Iterable[Hit]]


def desk_search(words: str, *, may: Callable[[str], bool]) -> list[Hit]:
    """Return everything the words name exactly, or begin to, that the person may see; at most 8 of each kind."""
    words = words.strip()[:LONGEST]
    if not words:
        return []
    hits = [
        hit for one in FINDERS if one.shape.fullmatch(words) and may(one.permission) for hit in one.find(words)
    ]
    return list(dict.fromkeys(hits))


def job_url(job_id: uuid.UUID) -> str:
    """Return where staff read what a job did and cost."""
    return reverse("support:job", args=[job_id])


def organisation_url(organisation_id: uuid.UUID) -> str:
    """Return where staff see an organisation at a glance."""
    return reverse("support:organisation", args=[organisation_id])


def _admin(place: str, pk: object) -> str:
    return reverse(f"admin:{place}_change", args=[pk])


def _organisations(words: str) -> Iterator[Hit]:
    named = Q(slug__iexact=words) | Q(name__icontains=words) | Q(legal_name__icontains=words)
    found = Organisation.objects.filter(named | Q(vat_id__iexact=words) | Q(finance_email__iexact=words))
    for one in found.order_by("-id")[:LIMIT]:
        yield Hit("Organisation", one.name, one.slug, organisation_url(one.id))


def _people(words: str) -> Iterator[Hit]:
    named = Q(user__email__istartswith=words) | Q(user__name__icontains=words)
    found = Membership.objects.filter(named).select_related("user", "organisation")
    for one in found.order_by("user__email", "organisation__name")[:LIMIT]:
        place = f"{one.get_role_display()} of {one.organisation}"
        yield Hit("Person", one.user.email, place, organisation_url(one.organisation_id))


def _jobs(words: str) -> Iterator[Hit]:
    yield from _of_jobs(Job.objects.filter(name__icontains=words).order_by("-id"))


def _of_jobs(rows: Any) -> Iterator[Hit]:
    for one in rows.select_related("organisation")[:LIMIT]:
        yield Hit("Job", one.name, f"{one.organisation}, {one.get_state_display().lower()}", job_url(one.id))


def _by_id(words: str) -> Iterator[Hit]:
    ident = uuid.UUID(words)
    for one in Organisation.objects.filter(id=ident):
        yield Hit("Organisation", one.name, one.slug, organisation_url(one.id))
    yield from _of_jobs(
        Job.objects.filter(Q(id=ident) | Q(attempts__id=ident) | Q(attempts__orders__id=ident)).distinct()
    )
    for topup in TopUp.objects.filter(id=ident).select_related("organisation", "quote"):
        yield _topup(topup)


def _topup(topup: TopUp) -> Hit:
    price = fiat_text(topup.price.total_minor, topup.price.currency)
    detail = f"{topup.organisation}, {topup.get_state_display().lower()}"
    return Hit("Top-up", price, detail, _admin("payments_topup", topup.pk))


def _addresses(words: str) -> Iterator[Hit]:
    for one in Attempt.objects.filter(Q(address=words) | Q(run_address=words)).select_related("job"):
        yield Hit("Job", one.job.name, f"try {one.number} on the chain", job_url(one.job_id))
    for market in Market.objects.filter(address=words):
        yield Hit("Market", market.name, market.slug, _admin("jobs_market", market.pk))
    for stray in Stray.objects.filter(address=words):
        yield Hit("Stray account", stray.address, "known to no job of ours", _admin("bridge_stray", stray.pk))


def _signatures(words: str) -> Iterator[Hit]:
    for order in Order.objects.filter(signature=words).select_related("attempt__job"):
        yield Hit(
            "Order", f"{order.kind} of {order.attempt.job.name}", order.state, _admin("bridge_order", order.pk)
        )
    told = JobEvent.objects.filter(signature=words).select_related("job").order_by("-id")[:LIMIT]
    for event in told:
        yield Hit("Job", event.job.name, event.sentence, job_url(event.job_id))


def _documents(words: str) -> Iterator[Hit]:
    for model, kind, place in (
        (Invoice, "Invoice", "billing_invoice"),
        (CreditNote, "Credit note", "billing_creditnote"),
    ):
        for one in model.objects.filter(number__iexact=words).select_related("organisation"):
            price = fiat_text(one.total_minor, one.currency)
            yield Hit(kind, one.number, f"{one.organisation}, {price}", _admin(place, one.pk))


def _stripe(words: str) -> Iterator[Hit]:
    paid = TopUp.objects.filter(Q(payment_intent=words) | Q(stripe_session_id=words))
    for topup in paid.select_related("organisation", "quote", "settled_quote"):
        yield _topup(topup)
    for event in StripeEvent.objects.filter(event_id=words):
        yield Hit("Stripe event", event.event_id, event.type, _admin("payments_stripeevent", event.pk))
    for refund in Refund.objects.filter(stripe_refund_id=words).select_related("organisation"):
        yield Hit("Refund", words, f"{refund.organisation}, {refund.state}", _admin("payments_refund", refund.pk))
    for dispute in Dispute.objects.filter(dispute_id=words).select_related("organisation"):
        detail = f"{dispute.organisation}, {dispute.status.replace('_', ' ')}"
        yield Hit("Dispute", words, detail, _admin("payments_dispute", dispute.pk))
    for customer in StripeCustomer.objects.filter(customer_id=words).select_related("organisation"):
        url = organisation_url(customer.organisation_id)
        yield Hit("Organisation", customer.organisation.name, "by its customer at Stripe", url)


def _keys(words: str) -> Iterator[Hit]:
    for one in ApiKey.objects.filter(prefix__in=_prefixes(words)).select_related("organisation"):
        state = "revoked" if one.revoked_at else "in force"
        yield Hit(
            "API key",
            f"{one.name} ({one.prefix})",
            f"{one.organisation}, {state}",
            _admin("organisations_apikey", one.pk),
        )


def _tickets(words: str) -> Iterator[Hit]:
    number = ticket_number(words)
    told = Q(subject__icontains=words) | Q(opened_by__email__istartswith=words)
    rows = Ticket.objects.filter(Q(number=number) if words.startswith("#") else told | Q(number=number or 0))
    for one in rows.select_related("organisation").order_by("-number")[:LIMIT]:
        detail = f"{one.organisation}, {one.get_state_display().lower()}"
        yield Hit("Ticket", f"#{one.number} {one.subject}", detail, reverse("support:desk_ticket", args=[one.pk]))


def _prefixes(words: str) -> list[str]:
    """Return what may be the prefix in what somebody pasted: it alone, or with the words around it."""
    return [words, *re.split(r"[_.]", words)]


UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
BASE58 = "[1-9A-HJ-NP-Za-km-z]"
TEXT = re.compile(r"(?=.*\w).{2,}")
FINDERS = (
    Finder("jobs.view_job", UUID, _by_id),
    Finder("jobs.view_job", re.compile(f"{BASE58}{{32,44}}"), _addresses),
    Finder("bridge.view_order", re.compile(f"{BASE58}{{64,88}}"), _signatures),
    Finder("billing.view_invoice", re.compile(r"[A-Za-z]+-[\w-]*\d+"), _documents),
    Finder("payments.view_topup", re.compile(r"[a-z]+_[A-Za-z0-9_]+"), _stripe),
    Finder("organisations.view_apikey", re.compile(r"[\w.-]{4,120}"), _keys),
    Finder("organisations.view_organisation", TEXT, _organisations),
    Finder("organisations.view_organisation", TEXT, _people),
    Finder("jobs.view_job", TEXT, _jobs),
    Finder("support.view_ticket", TEXT, _tickets),
)
