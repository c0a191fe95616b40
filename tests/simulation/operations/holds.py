"""Jobs: credits are held, more of them, settled alone or together, released, or forgotten."""

from datetime import datetime, timedelta
from typing import Any

from apps.billing.services import (
    Bill,
    hold_expire,
    hold_extend,
    hold_place,
    hold_release,
    hold_settle,
    hold_settle_many,
)
from tests.simulation.world import CREDIT, Held, Operation, World


def placed(world: World) -> Operation:
    """Return a new hold."""
    place, chance, source = world.place(), world.chance, world.name("job")
    network = chance.choice([chance.randrange(1, CREDIT), chance.randrange(CREDIT, 60 * CREDIT)])
    parts = {
        "network_micro": network,
        "network_fee_micro": chance.choice([0, 0, 11]),
        "platform_fee_micro": network // 20,
    }
    project, member = chance.choice([None, *place.projects]), chance.choice([None, place.owner, place.member])
    expires_at = world.now + timedelta(hours=chance.randrange(1, 100))
    held = world.holds[source] = Held(place, sum(parts.values()))

    def run(now: datetime) -> Any:
        return hold_place(
            organisation_id=place.organisation.id,
            source=source,
            label="Train",
            now=now,
            project_id=project and project.id,
            member_id=member and member.user_id,
            expires_at=expires_at,
            **parts,
        )

    def done(result: Any) -> None:
        held.placed = True

    return Operation("hold_place", run, place, done)


def some(world: World, count: int = 1) -> list[str]:
    """Return sources of holds, mostly open ones."""
    placed_ones = [source for source, held in world.holds.items() if held.placed]
    live = [source for source in placed_ones if not world.holds[source].ended]
    pool = live if live and world.chance.random() < 0.9 else placed_ones
    return world.chance.sample(pool, min(count, len(pool)))


def extended(world: World) -> Operation | None:
    """Return more credits for a hold."""
    sources = some(world)
    if not sources:
        return None
    (source,), key, micro = sources, world.name("more"), world.chance.randrange(1, 20 * CREDIT)
    held = world.holds[source]

    def run(now: datetime) -> Any:
        return hold_extend(source=source, key=key, network_micro=micro, now=now)

    return Operation("hold_extend", run, held.place)


def bill(world: World, source: str) -> Bill:
    """Return what a source came to: the same for the same source, at times more than was held."""
    held, chance = world.holds[source], world.chance
    if not held.bill:
        most = held.amount_micro * chance.choice([1, 1, 1, 2])
        held.bill = {"network_micro": chance.randrange(most + 1), "seconds": chance.randrange(10_000)}
    return Bill(source=source, **held.bill)


def settled(world: World) -> Operation | None:
    """Return the settlement of a hold."""
    sources = some(world)
    if not sources:
        return None
    wanted = bill(world, sources[0])
    held = world.holds[wanted.source]

    def run(now: datetime) -> Any:
        return hold_settle(
            source=wanted.source, network_micro=wanted.network_micro, seconds=wanted.seconds, now=now
        )

    def done(result: Any) -> None:
        held.ended = "settled"

    return Operation("hold_settle", run, held.place, done)


def settled_together(world: World) -> Operation | None:
    """Return the settlement of several holds at once, of several organisations."""
    wanted = [bill(world, source) for source in some(world, world.chance.choice([2, 3, 5, 8, 20]))]
    if not wanted:
        return None

    def done(result: Any) -> None:
        for one in wanted:
            world.holds[one.source].ended = "settled"

    return Operation("hold_settle_many", lambda now: hold_settle_many(wanted, now=now), None, done, len(wanted))


def released(world: World) -> Operation | None:
    """Return the release of a hold."""
    sources = some(world)
    if not sources:
        return None
    held = world.holds[sources[0]]

    def done(result: Any) -> None:
        held.ended = "released"

    def run(now: datetime) -> Any:
        return hold_release(source=sources[0], reason="never ran", now=now)

    return Operation("hold_release", run, held.place, done)


def forgotten(world: World) -> Operation | None:
    """Return the question whether a hold was forgotten."""
    sources = some(world)
    if not sources:
        return None
    held = world.holds[sources[0]]

    def done(result: Any) -> None:
        held.ended = "released" if result else held.ended

    return Operation("hold_expire", lambda now: hold_expire(source=sources[0], now=now), held.place, done)


OFFERS = [(30, placed), (5, extended), (16, settled), (3, settled_together), (8, released), (3, forgotten)]
