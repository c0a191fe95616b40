"""Caps: set, changed below what is spent, removed; automatic top-ups asked for and given back."""

from datetime import datetime
from typing import Any

from apps.billing.models import Cap, Level
from apps.billing.services import cap_remove, cap_set, caps_check_topup, caps_release_topup
from apps.billing.windows import Period
from tests.simulation.world import CREDIT, Operation, World


def set_anew(world: World) -> Operation:
    """Return a cap's new limit."""
    place, chance = world.place(), world.chance
    level = chance.choice([Level.ORGANISATION, Level.PROJECT, Level.MEMBER, Level.TOPUP])
    subject = {
        Level.PROJECT: str(place.projects[0].id),
        Level.MEMBER: str(place.owner.user_id),
    }.get(level, "")
    period = chance.choice([one for one in Period if level != Level.TOPUP or one != Period.JOB])
    micro = chance.choice([0, chance.randrange(50 * CREDIT), chance.randrange(5_000 * CREDIT)])

    def run(now: datetime) -> Any:
        return cap_set(
            membership=place.owner,
            actor=place.actor,
            level=level,
            subject_id=subject,
            period=period,
            limit_micro=micro,
            now=now,
        )

    return Operation("cap_set", run, place)


def removed(world: World) -> Operation | None:
    """Return the end of a cap."""
    found = list(Cap.objects.order_by("id").values_list("id", "organisation_id"))
    if not found:
        return None
    cap_id, organisation_id = world.chance.choice(found)
    place = next(one for one in world.places if one.organisation.id == organisation_id)

    def run(now: datetime) -> Any:
        return cap_remove(membership=place.owner, actor=place.actor, cap_id=cap_id, now=now)

    return Operation("cap_remove", run, place)


def asked(world: World) -> Operation:
    """Return the question whether an automatic top-up may be made."""
    place, key, micro = world.place(), world.name("auto"), world.chance.randrange(1, 60 * CREDIT)

    def run(now: datetime) -> Any:
        return caps_check_topup(organisation_id=place.organisation.id, key=key, micro=micro, now=now)

    return Operation("caps_check_topup", run, place, lambda result: world.auto_topups.append(key))


def declined(world: World) -> Operation | None:
    """Return an automatic top-up that came to nothing."""
    if not world.auto_topups:
        return None
    key = world.chance.choice(world.auto_topups)
    return Operation("caps_release_topup", lambda now: caps_release_topup(key=key))


OFFERS = [(1.5, set_anew), (2, removed), (1, asked), (0.7, declined)]
