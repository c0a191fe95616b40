"""What staff read of one organisation and of one job: every figure with what it came from."""

import uuid
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.billing.models import Hold, Invoice, Lot, Settlement
from apps.billing.selectors import Movement, Wallet, lots_live, movements, wallet
from apps.billing.selectors.limits import LimitState, caps_of
from apps.bridge.models import Order
from apps.core.errors import NotFound
from apps.core.money import credits_text
from apps.jobs.models import Attempt, Job, JobEvent
from apps.ledger.models import Entry
from apps.notifications.models import Endpoint
from apps.organisations.models import ApiKey, Approval, Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.selectors import AuditLine, audit_latest
from apps.payments.models import Dispute, Refund, TopUp
from apps.support.acts.selectors import Done, Told, acts_done, notices_told
from apps.support.models import Note

MOVEMENTS, FEW = 25, 8


@dataclass(frozen=True)
class Line:
    """A movement of the balance with the job it is of, if any, and how the amount comes about."""

    movement: Movement
    job: Job | None
    why: str


@dataclass(frozen=True)
class Glance:
    """An organisation at a glance; lists are the newest first, and short."""

    organisation: Organisation
    wallet: Wallet
    lots: Sequence[Lot]
    lines: Sequence[Line]
    people: Sequence[Membership]
    jobs: Sequence[Job]
    topups: Sequence[TopUp]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    invoices: Sequence[Invoice]
    caps: Sequence[LimitState]
    notes: Sequence[Note]
    approvals: Sequence[Approval]
    keys: Sequence[ApiKey]
    endpoints: Sequence[Endpoint]
    trail: Sequence[AuditLine]
    done: Sequence[Done]
    notices: Sequence[Told]


@dataclass(frozen=True)
class Step:
    """One try of a job: its hold, what became of it, and the sentence that explains the amount."""

    attempt: Attempt
    hold: Hold | None
    settlement: Settlement | None
    why: str
    entries: Sequence[Entry]
    orders: Sequence[tuple[Order, str]]  # each with its signed transaction in base64


@dataclass(frozen=True)
class Trail:
    """A job's money from the hold to the books, and its life as it was told."""

    job: Job
    steps: Sequence[Step]
    events: Sequence[JobEvent]
    cost_micro: int
    invoice: Invoice | None


def organisation_glance(organisation_id: uuid.UUID, *, now: datetime) -> Glance:
    """Return all that explains an organisation's balance and doings. Raises NotFound."""
    organisation = Organisation.objects.filter(id=organisation_id).first()
    if organisation is None:
        raise NotFound
    members = organisation.memberships.select_related("user").order_by("created_at")
    people = sorted(members, key=lambda one: list(Role).index(Role(one.role)))  # the owner first
    return Glance(
        organisation=organisation,
        wallet=wallet(organisation.id),
        lots=list(lots_live(organisation)[:FEW]),
        lines=_explained(movements(organisation, limit=MOVEMENTS)),
        people=people,
        jobs=list(organisation.jobs.select_related("market", "member").order_by("-id")[:FEW]),
        topups=list(organisation.topups.select_related("quote", "settled_quote", "user").order_by("-id")[:FEW]),
        refunds=list(Refund.objects.filter(organisation=organisation).order_by("-id")[:FEW]),
        disputes=list(organisation.disputes.order_by("-id")[:FEW]),
        invoices=list(organisation.invoices.order_by("-id")[:FEW]),
        caps=caps_of(people[0], now=now) if people else [],
        notes=list(organisation.staff_notes.select_related("staff").order_by("-id")[:MOVEMENTS]),
        approvals=list(organisation.approvals.filter(state=Approval.State.OPEN).order_by("-id")[:FEW]),
        keys=list(organisation.api_keys.filter(revoked_at=None).order_by("-id")[:FEW]),
        endpoints=list(organisation.endpoints.filter(removed_at=None).order_by("-id")[:FEW]),
        trail=audit_latest(organisation, limit=FEW),
        done=acts_done(organisation.pk),
        notices=notices_told(organisation.pk),
    )


def job_trail(job_id: uuid.UUID) -> Trail:
    """Return where each micro-NOS of a job came from and went to. Raises NotFound."""
    job = Job.objects.select_related("organisation", "project", "member", "market").filter(id=job_id).first()
    if job is None:
        raise NotFound
    attempts = list(job.attempts.order_by("number"))
    sources = [attempt.hold_source for attempt in attempts]
    rows = Hold.objects.filter(source__in=sources).prefetch_related("extensions")
    holds = {hold.source: hold for hold in rows}
    settled = {
        one.hold.source: one for one in Settlement.objects.filter(hold__in=holds.values()).select_related("hold")
    }
    entries = _entries_of(holds.values())
    orders = list(Order.objects.filter(attempt__in=attempts).select_related("want").order_by("want__seq"))
    steps = [
        Step(
            attempt=attempt,
            hold=holds.get(attempt.hold_source),
            settlement=settled.get(attempt.hold_source),
            why=attempt_why(attempt, settled.get(attempt.hold_source)),
            entries=[entry for entry in entries if entry.transfer.details.get("source") == attempt.hold_source],
            orders=[
                (one, b64encode(bytes(one.blob or b"")).decode()) for one in orders if one.attempt_id == attempt.pk
            ],
        )
        for attempt in attempts
    ]
    paid_before = job.organisation.invoices.filter(issued_at__lte=job.created_at).order_by("-id").first()
    return Trail(
        job=job,
        steps=steps,
        events=list(job.events.order_by("seq")),
        cost_micro=sum(one.cost_micro for one in settled.values()),
        invoice=paid_before,
    )


def attempt_why(attempt: Attempt, settlement: Settlement | None) -> str:
    """Return in a sentence how the amount that a try cost comes about; credits are whole NOS with their decimals."""
    price = f"{credits_text(attempt.price_micro)} credits a second"
    if settlement is None:
        held = credits_text(attempt.held_micro)
        if attempt.settled_at is None:
            return f"{held} credits are reserved: its time limit at {price}, and the fees. Nothing is charged yet."
        return f"It never ran: all of the {held} credits that were reserved came back, and it cost nothing."
    if not settlement.cost_micro:
        return (
            f"It cost nothing: all of the {credits_text(settlement.released_micro)} credits of its hold came back."
        )
    parts = [f"{settlement.seconds:,} s at {price} make {credits_text(settlement.network_micro)}"]
    if settlement.network_fee_micro:
        parts.append(f"the network's fee {credits_text(settlement.network_fee_micro)}")
    if settlement.platform_fee_micro:
        parts.append(f"our fee {credits_text(settlement.platform_fee_micro)}")
    if settlement.loss_micro:
        parts.append(f"less {credits_text(settlement.loss_micro)} that its hold did not cover and we bear")
    cost, back = credits_text(settlement.cost_micro), credits_text(settlement.released_micro)
    return f"{'; '.join(parts)}: {cost} credits in all. {back} of its hold came back."


def _entries_of(holds: Iterable[Hold]) -> list[Entry]:
    """Return every entry of the books that the holds caused, in the order they were written."""
    keys = []
    for hold in holds:
        acts = ["place", "settle", "release"]
        acts += [f"{act}:{one.key}" for one in hold.extensions.all() for act in ("extend", "shorten")]
        keys += [f"hold:{hold.source}:{act}" for act in acts]
    found = Entry.objects.filter(transfer__key__in=keys).select_related("transfer", "account")
    return list(found.order_by("id"))


def _explained(lines: Sequence[Movement]) -> list[Line]:
    sources = {line.source for line in lines if line.source}
    attempts = {
        one.hold_source: one
        for one in Attempt.objects.filter(hold_source__in=sources).select_related("job", "job__member")
    }
    settled = Settlement.objects.filter(hold__source__in=sources).select_related("hold")
    settlements = {one.hold.source: one for one in settled}
    found = []
    for line in lines:
        attempt = attempts.get(line.source)
        why = ""
        if attempt and line.kind == "settlement":
            why = attempt_why(attempt, settlements.get(line.source))
        elif attempt and line.kind == "hold":
            why = f"{attempt.job.timeout_s:,} s at {credits_text(attempt.price_micro)} credits a second, and the fees"
        found.append(Line(line, attempt.job if attempt else None, why))
    return found
