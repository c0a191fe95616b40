"""Sealing the audit trail: a digest for each day that is over, and what may leave behind it."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.core.merkle import EMPTY, day_digest, leaf_hash, root_of
from apps.core.sweeping import each_apart
from apps.organisations.audit import record_of
from apps.organisations.models import AuditDay, AuditDetail, AuditEvent, Grant, Membership, Organisation
from apps.organisations.models.organisations import AUDIT_RETENTION_MAXIMUM_DAYS, AUDIT_RETENTION_MINIMUM_DAYS
from apps.organisations.roles import Permission
from apps.organisations.services.audit import Actor, audit_record
from apps.users.models import User

PUT = """
UPDATE organisations_auditevent AS event SET day_id = %s, position = leaf.position - 1
FROM unnest(%s::bigint[]) WITH ORDINALITY AS leaf(id, position)
WHERE event.id = leaf.id AND event.day_id IS NULL
"""


def audit_days_close(*, now: datetime) -> list[AuditDay]:
    """Close every day (UTC) that is over and has events which no closed day holds; a repeat closes nothing.

    What is committed after its day was closed joins the next day to be closed; its own time stays on it.
    """
    today = now.astimezone(UTC).date()
    open_events = AuditEvent.objects.filter(day=None, at__lt=_midnight(today)).order_by()
    organisations = list(open_events.values_list("organisation_id", flat=True).distinct())
    closed = each_apart(organisations, lambda one: _organisation_close(one, today=today, now=now))
    return [day for days in closed for day in days]


def _organisation_close(organisation_id: UUID, *, today: date, now: datetime) -> list[AuditDay]:
    with transaction.atomic():
        organisation_lock(organisation_id)
        last = AuditDay.objects.filter(organisation_id=organisation_id).order_by("-number").first()
        earliest = last.day + timedelta(days=1) if last else date.min
        waiting = AuditEvent.objects.filter(organisation_id=organisation_id, day=None, at__lt=_midnight(today))
        leaves: dict[date, list[tuple[int, bytes]]] = defaultdict(list)
        for event in waiting.order_by("id").iterator(chunk_size=2_000):
            day = max(event.at.astimezone(UTC).date(), earliest)
            if day < today:
                leaves[day].append((event.pk, leaf_hash(record_of(event))))
        closed = []
        for day in sorted(leaves):
            last = _day_close(organisation_id, day, leaves[day], last, now=now)
            closed.append(last)
    return closed


def _day_close(
    organisation_id: UUID, day: date, leaves: list[tuple[int, bytes]], last: AuditDay | None, *, now: datetime
) -> AuditDay:
    previous = bytes(last.digest) if last else EMPTY
    root = root_of(leaf for _unused, leaf in leaves)
    closed = AuditDay.objects.create(
        organisation_id=organisation_id,
        day=day,
        number=last.number + 1 if last else 1,
        count=len(leaves),
        root=root,
        previous=previous,
        digest=day_digest(previous, day, root, len(leaves)),
        closed_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(PUT, [closed.pk, [event_id for event_id, _unused in leaves]])
        if cursor.rowcount != len(leaves):
            raise RuntimeError(f"{cursor.rowcount} of {len(leaves)} events of {day} could be put into their day.")
    return closed


def audit_retention_set(*, membership: Membership | Grant, days: int | None, actor: Actor, now: datetime) -> None:
    """Keep events for `days` (90 to 36500), or with None for ever. Raises Denied, and AppError for another number."""
    membership.require(Permission.ORGANISATION_EDIT)
    low, high = AUDIT_RETENTION_MINIMUM_DAYS, AUDIT_RETENTION_MAXIMUM_DAYS
    if days is not None and not low <= days <= high:
        sentence = _("Events are kept for %(low)s to %(high)s days, or for ever; leave it empty for ever.") % {
            "low": low,
            "high": high,
        }
        raise AppError(sentence, code="retention_out_of_range", fields={"days": [sentence]})
    with transaction.atomic():
        organisation = organisation_lock(membership.organisation_id)
        before = organisation.audit_retention_days
        if before == days:
            return
        organisation.audit_retention_days = days
        organisation.save(update_fields=["audit_retention_days"])
        audit_record(
            organisation_id=organisation.pk,
            actor=actor,
            act="audit.retention_set",
            subject=f"organisation:{organisation.pk}",
            before={"days": before},
            after={"days": days},
            now=now,
        )


def audit_days_empty(*, now: datetime) -> int:
    """Delete the events of closed days that are older than their organisation keeps them; return how many.

    The digests stay, so what is kept can still be proven, and what was downloaded before too.
    """
    keeping = Organisation.objects.exclude(audit_retention_days=None).values_list("pk", flat=True)
    return sum(_organisation_empty(organisation_id, now=now) for organisation_id in keeping)


def _organisation_empty(organisation_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        organisation = organisation_lock(organisation_id)
        if organisation.audit_retention_days is None:
            return 0
        first_kept = now.astimezone(UTC).date() - timedelta(days=organisation.audit_retention_days)
        days = list(
            AuditDay.objects.filter(organisation=organisation, day__lt=first_kept, emptied_at=None).order_by(
                "number"
            )
        )
        if not days:
            return 0
        numbers = [day.pk for day in days]
        AuditDay.objects.filter(pk__in=numbers).update(emptied_at=now)
        AuditDetail.objects.filter(event__day__in=numbers).delete()
        count, _unused = AuditEvent.objects.filter(day__in=numbers).delete()
        audit_record(
            organisation_id=organisation.pk,
            actor=Actor.system(),
            act="audit.emptied",
            subject=f"organisation:{organisation.pk}",
            after={"first_day": days[0].day, "last_day": days[-1].day, "events": count},
            now=now,
        )
    return count


def audit_erase(*, email: str, actor: Actor, now: datetime) -> int:
    """Delete the personal side of every event by or about this address; return how many. The digests stay whole.

    Each organisation's trail says that it happened, and about whom only by number.
    """
    user = User.objects.filter(email=email.lower()).first()
    about = Q(people__contains=[email.lower()])
    if user is not None:
        about |= Q(event__user=user) | Q(event__acting_as=user)
    with transaction.atomic():
        found = dict(AuditDetail.objects.filter(about).values_list("pk", "event__organisation_id"))
        AuditDetail.objects.filter(pk__in=found).delete()
        counts = Counter(found.values())
        for organisation_id, count in counts.items():
            audit_record(
                organisation_id=organisation_id,
                actor=actor,
                act="audit.erased",
                subject=f"user:{user.pk if user else 'unknown'}",
                after={"details": count},
                now=now,
            )
    return len(found)


def organisation_lock(organisation_id: UUID) -> Organisation:
    """Return the organisation, locked until the transaction ends; foreign keys to it are not kept waiting."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
