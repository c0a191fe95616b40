"""Questions about early users: which organisations there are, how far each got, and what its people said."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from allauth.account.models import EmailAddress
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from apps.billing.models import Invoice, Lot, UsageRecord
from apps.core.money import fiat_text
from apps.jobs.models import Job
from apps.jobs.state import State
from apps.organisations.models import Invitation, Membership, Organisation
from apps.organisations.roles import Role
from apps.support.models import Feedback, Ticket
from apps.users.models import User
from apps.users.seen import people_seen

JOINED = {"7": timedelta(days=7), "30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}
STEPS = {
    "verified": "confirm the e-mail",
    "paid": "top up",
    "launched": "launch",
    "invited": "invite",
}
SAID = {
    "waiting": Q(has_waiting=True),
    "some": Q(has_said=True),
    "none": Q(has_said=False),
}
SHOWN, BATCH = 3, 200


@dataclass(frozen=True)
class Progress:
    """How far an organisation got: its first steps, what came of them, and what its people said, the newest first."""

    organisation: Organisation
    owner: User | None
    done: dict[str, bool]  # by the names of STEPS
    seen: datetime | None  # when anybody of it was last here
    first_result: datetime | None
    spent_micro: int
    paid: str  # in fiat, by currency
    tickets_open: int
    told: int
    waiting: int  # of that, not answered yet
    feedback: Sequence[Feedback]

    @property
    def steps(self) -> list[tuple[str, bool]]:
        """Each first step in words, with whether it is done."""
        return [(words, self.done[name]) for name, words in STEPS.items()]


def early_found(
    *, now: datetime, joined: str = "", missing: str = "", said: str = "", tickets: bool = False, words: str = ""
) -> QuerySet[Organisation]:
    """Return organisations with their first steps as `verified`, `paid`, `launched` and `invited`.

    `joined` is a key of JOINED, `missing` a step that is not done, or "any" or "nothing"; `said` a key of SAID;
    `tickets` asks for those with an open one; `words` is part of a name, or of its owner's address.
    """
    here = {"organisation": OuterRef("pk")}
    owner = Membership.objects.filter(**here, role=Role.OWNER)
    of_owner = {"user__memberships__organisation": OuterRef("pk"), "user__memberships__role": Role.OWNER}
    unproven = EmailAddress.objects.filter(verified=False, primary=True, **of_owner)
    told = Feedback.objects.filter(**here)
    rows = Organisation.objects.filter(closed_at=None).annotate(
        verified=~Exists(unproven),
        paid=Exists(Invoice.objects.filter(**here)) | Exists(Lot.objects.filter(**here)),
        launched=Exists(Job.objects.filter(**here)),
        invited=Exists(Membership.objects.filter(**here).exclude(role=Role.OWNER))
        | Exists(Invitation.objects.filter(**here)),
        has_said=Exists(told),
        has_waiting=Exists(told.filter(answered_at=None)),
    )
    every = Q(**dict.fromkeys(STEPS, True))
    if joined in JOINED:
        rows = rows.filter(created_at__gte=now - JOINED[joined])
    if missing in STEPS:
        rows = rows.filter(**{missing: False})
    elif missing:
        rows = rows.filter(every if missing == "nothing" else ~every)
    if said in SAID:
        rows = rows.filter(SAID[said])
    if tickets:
        rows = rows.filter(Exists(Ticket.objects.filter(**here).exclude(state=Ticket.State.SOLVED)))
    if words:
        named = Q(name__icontains=words) | Q(slug__iexact=words)
        rows = rows.filter(named | Q(Exists(owner.filter(user__email__istartswith=words))))
    return rows


def early_progress(organisations: Iterable[Organisation]) -> list[Progress]:
    """Return the progress of organisations of `early_found`, in their order; a fixed number of queries."""
    found = list(organisations)
    ids = [one.pk for one in found]
    people: dict[uuid.UUID, list[Membership]] = defaultdict(list)
    for member in Membership.objects.filter(organisation__in=ids).select_related("user"):
        people[member.organisation_id].append(member)
    seen = people_seen({member.user_id for members in people.values() for member in members})
    results, spent, paid = _first_results(ids), _spent(ids), _paid(ids)
    tickets = _tickets(ids)
    counts = _told(ids)
    said = _said(ids)
    return [
        Progress(
            organisation=one,
            owner=next((member.user for member in people[one.pk] if member.role == Role.OWNER), None),
            done={name: getattr(one, name) for name in STEPS},
            seen=max((seen[member.user_id] for member in people[one.pk] if member.user_id in seen), default=None),
            first_result=results.get(one.pk),
            spent_micro=spent.get(one.pk, 0),
            paid=", ".join(paid[one.pk]),
            tickets_open=tickets.get(one.pk, 0),
            told=counts.get(one.pk, (0, 0))[0],
            waiting=counts.get(one.pk, (0, 0))[1],
            feedback=said[one.pk],
        )
        for one in found
    ]


def early_all(rows: QuerySet[Organisation]) -> Iterator[Progress]:
    """Yield the progress of all of them as they are read, in constant memory."""
    left = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(left, BATCH)):
        yield from early_progress(batch)


def _first_results(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, datetime | None]:
    """Return when the first job that ran to its end did so; the first by its launch, which an index finds."""
    done = Job.objects.filter(organisation=OuterRef("pk"), state=State.COMPLETED).order_by("id")
    rows = Organisation.objects.filter(pk__in=ids).annotate(first=Subquery(done.values("ended_at")[:1]))
    return dict(rows.values_list("pk", "first"))


def _spent(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = UsageRecord.objects.filter(organisation__in=ids).order_by().values("organisation")
    return dict(rows.annotate(micro=Sum("amount_micro")).values_list("organisation", "micro"))


def _paid(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    rows = Invoice.objects.filter(organisation__in=ids).order_by("currency").values("organisation", "currency")
    paid: dict[uuid.UUID, list[str]] = defaultdict(list)
    for row in rows.annotate(minor=Sum("total_minor")):
        paid[row["organisation"]].append(fiat_text(row["minor"], row["currency"]))
    return paid


def _tickets(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = Ticket.objects.filter(organisation__in=ids).exclude(state=Ticket.State.SOLVED)
    counted = rows.order_by().values("organisation").annotate(count=Count("pk"))
    return dict(counted.values_list("organisation", "count"))


def _told(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """Return how much each told, and how much of that waits."""
    rows = Feedback.objects.filter(organisation__in=ids).order_by().values("organisation")
    counted = rows.annotate(told=Count("pk"), waiting=Count("pk", filter=Q(answered_at=None)))
    return {row["organisation"]: (row["told"], row["waiting"]) for row in counted}


def _said(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Feedback]]:
    """Return the newest of what each told, what waits first."""
    place = Window(
        RowNumber(), partition_by="organisation", order_by=[F("answered_at").desc(nulls_first=True), "-id"]
    )
    rows = Feedback.objects.filter(organisation__in=ids).annotate(place=place).filter(place__lte=SHOWN)
    said: dict[uuid.UUID, list[Feedback]] = defaultdict(list)
    for one in rows.select_related("person", "job").order_by("place"):
        said[one.organisation_id].append(one)
    return said
