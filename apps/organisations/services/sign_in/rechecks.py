"""Looking at proven domains again: whoever lost one must not go on vouching for its people."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.organisations.models import Domain
from apps.organisations.services.audit import Actor
from apps.organisations.services.sign_in.domains import domain_told, txt_found

EVERY = timedelta(days=1)
GRACE = timedelta(days=7)
BATCH = 100


def domains_recheck(*, now: datetime) -> int:
    """Ask DNS once a day for the record of each domain that it proved; return of how many it said something.

    A record that is gone warns the organisation first, and after a week the domain is no longer proven. What staff
    proved is not asked for, and where DNS does not answer nothing changes.
    """
    due = Domain.objects.filter(verified_by=Domain.By.DNS, organisation__closed_at=None)
    due = due.filter(Q(looked_at=None) | Q(looked_at__lte=now - EVERY))
    answered = 0
    for domain in due.order_by("?")[:BATCH]:  # in no order: those whose DNS is silent stay due and hold up nobody
        found = txt_found(domain)  # outside of any transaction: it may take seconds
        if found is not None:
            answered += 1
            _apply(domain, stands=domain.record_text in found, now=now)
    return answered


def _apply(seen: Domain, *, stands: bool, now: datetime) -> None:
    with transaction.atomic():
        domain = Domain.objects.select_for_update().filter(pk=seen.pk, verified_by=Domain.By.DNS).first()
        if domain is None or domain.looked_at != seen.looked_at:
            return  # removed, or somebody else looked meanwhile
        domain.looked_at = now
        facts: dict[str, object] = {"name": domain.name, "record": domain.record_name}
        if stands:
            domain.missing_since = None
        elif domain.missing_since is None:
            domain.missing_since = now
            ends = {"ends": f"{now + GRACE:%Y-%m-%d}"}
            domain_told(domain, Actor.system(), "domain.missing", now=now, after=facts | ends)
        elif domain.missing_since <= now - GRACE:
            before: dict[str, object] = {"role": domain.join_role} if domain.join_role else {}
            domain.verified_at, domain.verified_by = None, ""
            domain.join_role, domain.missing_since = "", None
            domain_told(domain, Actor.system(), "domain.lost", now=now, before=before, after=facts)
        domain.save()
