"""The ledger by itself: transfers between purses, alone, in batches, with too little, reversed."""

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.ledger.services import (
    AccountSpec,
    Leg,
    Posting,
    accounts_lock,
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
    if world.seed % 2 and world.chance.random() < 0.9:  # one purse is hot, and seldom has enough for two
        source, target = world.chance.choice([(PURSES[0], MINT), (MINT, PURSES[0])])
        third, amount = PURSES[1], 50 + amount // 10
    legs = [Leg(source, -amount - part), Leg(target, amount), Leg(third, part)]
    return [leg for leg in legs if leg.amount]


def single(world: World) -> Operation:
    """Return one transfer, often of more than there is, by itself or inside another act."""
    key, legs = world.name("t"), _legs(world)
    inside = transaction.atomic if world.chance.random() < 0.9 else nullcontext

    def run(now: datetime) -> Any:
        opened(now)
        with inside():
            return transfer_post(key=key, legs=legs, reason="purse", at=now)

    return Operation("transfer_post", run, None, lambda result: world.posted.append(key))


def _covered(world: World, count: int) -> list[list[Leg]]:
    """Return legs of transfers that the mint and each other pay for, in their order, as a busy hour's are."""
    got = dict.fromkeys(PURSES, 0)
    found = []
    for _ in range(count):
        source, target = world.chance.sample(PURSES, 2)
        amount = world.chance.randrange(1, 60)
        if got[source] < amount:
            source = MINT
        else:
            got[source] -= amount
        got[target] += amount
        found.append([Leg(source, -amount), Leg(target, amount)])
    return found


def batch(world: World) -> Operation:
    """Return a batch in which the order decides whether there is enough: a few transfers, or a hundred."""
    many = world.chance.random() < (0.01 if world.seed % 2 else 0.8)  # in worlds of many acts, or of large ones
    wanted = [(world.name("t"), legs) for legs in _covered(world, 99)] if many else []
    wanted += [(world.name("t"), _legs(world)) for _ in range(1 if many else world.chance.randrange(2, 12))]
    keys = [key for key, _ in wanted]

    def run(now: datetime) -> Any:
        opened(now)
        return transfer_post_many([Posting(key=key, legs=legs, reason="purse", at=now) for key, legs in wanted])

    return Operation("transfer_post_many", run, None, lambda result: world.posted.extend(keys), len(keys))


def there_and_back(world: World) -> Operation:
    """Return a batch that takes and gives back the same: it changes nothing, but needs the amount on the way."""
    purse, amount = world.chance.choice(PURSES), world.chance.randrange(1, 60)
    there, back = world.name("t"), world.name("t")
    wanted = [(there, [Leg(purse, -amount), Leg(MINT, amount)]), (back, [Leg(MINT, -amount), Leg(purse, amount)])]

    def run(now: datetime) -> Any:
        opened(now)
        return transfer_post_many([Posting(key=key, legs=legs, reason="purse", at=now) for key, legs in wanted])

    return Operation("transfer_post_many", run, None, lambda result: world.posted.extend([there, back]), 2)


def looked(world: World) -> Operation:
    """Return an act that looks at a purse first, and relies on what it saw: it takes it all and gives it back."""
    purse, keys = world.chance.choice([PURSES[0], *PURSES]), [world.name("t") for _ in range(4)]

    def run(now: datetime) -> Any:
        opened(now)
        with transaction.atomic():
            amount = accounts_lock([purse])[purse].balance
            if not amount:
                return None
            for there, back in (keys[:2], keys[2:]):
                transfer_post(key=there, legs=[Leg(purse, -amount), Leg(MINT, amount)], reason="purse", at=now)
                transfer_post(key=back, legs=[Leg(MINT, -amount), Leg(purse, amount)], reason="purse", at=now)
            return amount

    return Operation("accounts_lock", run)


def undone(world: World) -> Operation | None:
    """Return the reversal of a transfer, at times a second one while the first is under way."""
    if not world.posted:
        return None
    key, of = world.name("undo"), world.chance.choice([*world.posted[-4:], *world.undone[-1:] * 4])
    world.undone.append(of)

    def run(now: datetime) -> Any:
        return transfer_reverse(key, of=of, reason="mistake", at=now)

    return Operation("transfer_reverse", run)


OFFERS = [(10, single), (4, batch), (2, there_and_back), (4, looked), (3, undone)]
