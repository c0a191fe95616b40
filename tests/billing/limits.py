"""Caps for tests, and spending under them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.billing.models import Cap, CapWindow, Hold, Level
from apps.billing.services import cap_set, hold_place
from apps.billing.windows import Period
from apps.organisations.models import ApiKey, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from apps.organisations.services import Actor
from apps.users.models import User
from tests.billing.money import CREDIT, NOW
from tests.world import World


def member(world: World, person: User | None = None) -> Membership:
    """Return the person's membership of Acme; Bea's, who may set caps, unless told."""
    return membership_get(person or world.bea, "acme", Permission.BALANCE_VIEW)


def key_make(world: World, name: str = "ci") -> ApiKey:
    """Make an API key of Acme."""
    return ApiKey.objects.create(
        organisation=world.acme, name=name, prefix=f"nos_{name}"[:16], digest="x", created_at=timezone.now()
    )


def cap(
    world: World,
    credits: int,
    *,
    level: str = Level.ORGANISATION,
    subject: Any = "",
    period: str = Period.MONTH,
    by: User | None = None,
    now: datetime = NOW,
) -> Cap:
    """Set a cap of whole credits, as Bea unless told."""
    return cap_set(
        membership=member(world, by),
        actor=Actor.person(by or world.bea),
        level=level,
        subject_id=str(subject),
        period=period,
        limit_micro=credits * CREDIT,
        now=now,
    )


def spend(world: World, credits: int, *, source: str = "job:1:1", now: datetime = NOW, **who: Any) -> Hold:
    """Hold whole credits for Mia's job in Acme's only project."""
    who = {"project_id": world.project.id, "member_id": world.mia.id} | who
    return hold_place(
        organisation_id=world.acme.id,
        source=source,
        network_micro=credits * CREDIT,
        network_fee_micro=0,
        platform_fee_micro=0,
        label="Train",
        now=now,
        **who,
    )


def used(limit: Cap, at: datetime = NOW) -> int:
    """Return what the cap counts at a moment, in whole credits."""
    window = CapWindow.objects.get(limit=limit, starts_at__lte=at, ends_at__gt=at)
    assert window.used_micro % CREDIT == 0
    return window.used_micro // CREDIT
