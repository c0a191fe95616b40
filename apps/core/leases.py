"""Leases: who of many processes does something now. One that its holder no longer extends ends by itself."""

import uuid
from datetime import datetime, timedelta

from apps.core.models import Lease

HEART = "heart"  # a lease on life


def lease_take(name: str, *, seconds: int, now: datetime) -> uuid.UUID | None:
    """Take the lease if it is free or has ended; return its token, or None."""
    token, expires_at = uuid.uuid4(), now + timedelta(seconds=seconds)
    Lease.objects.bulk_create([Lease(name=name, token=token, expires_at=now)], ignore_conflicts=True)
    taken = Lease.objects.filter(name=name, expires_at__lte=now).update(token=token, expires_at=expires_at)
    return token if taken else None


def lease_extend(name: str, token: uuid.UUID, *, seconds: int, now: datetime) -> bool:
    """Keep a lease that is still ours for `seconds` from now; return False when it was lost."""
    kept = Lease.objects.filter(name=name, token=token).update(expires_at=now + timedelta(seconds=seconds))
    return bool(kept)


def lease_end(name: str, token: uuid.UUID) -> None:
    """Give the lease back, if it is still ours."""
    Lease.objects.filter(name=name, token=token).delete()


def leases_live(prefix: str, *, now: datetime) -> list[str]:
    """Return the names of the leases that begin so and are held."""
    held = Lease.objects.filter(name__startswith=prefix, expires_at__gt=now)
    return list(held.order_by("name").values_list("name", flat=True))


def heart_beat(*, now: datetime) -> None:
    """Note that the beat and a worker live, for three minutes; leases that ended an hour ago are forgotten."""
    Lease.objects.filter(expires_at__lt=now - timedelta(hours=1)).delete()
    Lease.objects.update_or_create(
        name=HEART, defaults={"token": uuid.uuid4(), "expires_at": now + timedelta(minutes=3)}
    )


def heart_beats(*, now: datetime) -> bool:
    """Return whether the beat and a worker of its queue lived within three minutes."""
    return Lease.objects.filter(name=HEART, expires_at__gt=now).exists()
