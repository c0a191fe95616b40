"""What can happen in a world: a file for each family of acts, each with OFFERS of (weight, how to make one).

A maker takes the world and returns an Operation with everything fixed that chance decides, or None when there is
nothing to do such an act with. A new family is a new file and its name in FAMILIES.
"""

from collections.abc import Callable

from tests.simulation.operations import books, budgets, caps, credits, disputes, holds, purses, refunds, topups
from tests.simulation.world import Operation, World

FAMILIES = (topups, holds, credits, refunds, disputes, caps, budgets, purses, books)
OFFERS: list[tuple[float, Callable[[World], Operation | None]]] = [
    offer for family in FAMILIES for offer in family.OFFERS
]


def offer(world: World) -> Operation:
    """Return an act that can be tried now."""
    weights, makers = zip(*OFFERS, strict=True)
    while True:
        (maker,) = world.chance.choices(makers, weights)
        operation = maker(world)
        if operation is not None:
            return operation
