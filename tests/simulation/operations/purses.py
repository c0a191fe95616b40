"""The ledger by itself: transfers between purses, alone, in batches, with too little, reversed."""

from datetime import datetime
from typing import Any

from apps.ledger.services import (
    AccountSpec,
    Leg,
    Posting,
    accounts_open,
    transfer_post,
    transfer_post_many,
    transfer_reverse,
)
from tests.simulation.world import Operation, World

PURSES = [f"purse:{number}" for number in range(4)]
MINT = "purse:mint"


def opened(now: datetime) -> None:
    """Open the purses, as far as they are not open."""
    accounts_open([*(AccountSpec(code, "NOS", 0) for code in PURSES), AccountSpec(MINT, "NOS", None)])


def _legs(world: World) -> list[Leg]:
    source, target, third = world.chance.sample([*PURSES, MINT], 3)
    amount, part = world.chance.randrange(1, 60), world.chance.choice([0, 0, 1])
    legs = [Leg(source, -amount - part), Leg(target, amount), Leg(third, part)]
    return [leg for leg in legs if leg.amount]


def single(world: World) -> Operation:
    """Return one transfer, often of more than there is."""
    key, legs = world.name("t"), _legs(world)

    def run(now: datetime) -> Any:
        opened(now)
        return transfer_post(key=key, legs=legs, reason="purse", at=now)

    return Operation("transfer_post", run, None, lambda result: world.posted.append(key))


def batch(world: World) -> Operation:
    """Return a batch, at times with a key that is known, in which the order decides whether there is enough."""
    keys = [world.name("t") for _ in range(world.chance.randrange(2, 12))]
    wanted = [(key, _legs(world)) for key in keys]

    def run(now: datetime) -> Any:
        opened(now)
        return transfer_post_many([Posting(key=key, legs=legs, reason="purse", at=now) for key, legs in wanted])

    return Operation("transfer_post_many", run, None, lambda result: world.posted.extend(keys), len(keys))


def undone(world: World) -> Operation | None:
    """Return the reversal of a transfer, at times a second one."""
    if not world.posted:
        return None
    key, of = world.name("undo"), world.chance.choice(world.posted[-6:])

    def run(now: datetime) -> Any:
        return transfer_reverse(key, of=of, reason="mistake", at=now)

    return Operation("transfer_reverse", run)


OFFERS = [(6, single), (3, batch), (2, undone)]
