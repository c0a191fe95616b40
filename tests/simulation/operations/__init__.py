"""What can happen in a world: a file for each family of acts, each with OFFERS of (weight, how to make one).

A maker takes the world and returns an Operation with everything fixed that chance decides, or None when there is
nothing to do such an act with. A new family is a new file and its name in FAMILIES.
"""

from collections.abc import Callable

from tests.simulation.operations import (
    books,
    budgets,
    caps,
    credits,
    disputes,
    holds,
    purses,
    refunds,
    topups,
    vat,
)
from tests.simulation.world import Operation, World

FAMILIES = (topups, holds, credits, refunds, disputes, caps, budgets, purses, vat, books)
OFFERS: list[tuple[float, Callable[[World], Operation | None]]] = [
    offer for family in FAMILIES for offer in family.OFFERS
]
CALM = 5  # of how many worlds one has a bit of everything; each other is busy with one family
BUSY = 30  # how much more often its acts come there


def _offers(seed: int) -> list[tuple[float, Callable[[World], Operation | None]]]:
    """Return what a seed's world offers, so that acts of one kind also meet each other often."""
    if seed % CALM == 0:
        return OFFERS
    busy = FAMILIES[seed // 2 % len(FAMILIES)]
    return [
        (weight * BUSY if family is busy else weight, maker)
        for family in FAMILIES
        for weight, maker in family.OFFERS
    ]


def offer(world: World) -> Operation:
    """Return an act that can be tried now."""
    weights, makers = zip(*_offers(world.seed), strict=True)
    while True:
        (maker,) = world.chance.choices(makers, weights)
        operation = maker(world)
        if operation is not None:
            return operation
