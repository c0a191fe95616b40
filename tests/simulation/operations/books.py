"""The platform's own books: the treasury, losses, and the close of a day."""

from datetime import datetime
from typing import Any

from apps.billing.services import loss_post, treasury_fund
from apps.ledger.services import digests_close
from tests.simulation.world import CREDIT, Operation, World


def funded(world: World) -> Operation:
    """Return NOS that the owner puts in."""
    reference, micro = world.name("signature"), world.chance.randrange(1, 1_000 * CREDIT)

    def run(now: datetime) -> Any:
        return treasury_fund(micro=micro, reference=reference, now=now)

    return Operation("treasury_fund", run, None, lambda result: world.funded.update({reference: micro}))


def lost(world: World) -> Operation:
    """Return a network fee that no customer pays."""
    key, micro = world.name("loss"), world.chance.randrange(1, CREDIT)

    def run(now: datetime) -> Any:
        return loss_post(key=key, network_micro=micro, reason="it never ran", now=now)

    return Operation("loss_post", run, None, lambda result: world.lost.update({key: micro}))


def closed(world: World) -> Operation:
    """Return the close of the days that are over."""
    return Operation("digests_close", lambda now: digests_close(now=now))


OFFERS = [(0.7, funded), (0.7, lost), (0.5, closed)]
