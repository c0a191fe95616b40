"""The timer: what falls due by itself, such as an open session's end or a bank's answer."""

import asyncio
from collections.abc import Callable

from sandbox.stripe.checkout import session_due
from sandbox.stripe.disputes import dispute_due
from sandbox.stripe.payouts import payout_due
from sandbox.stripe.refunds import refund_due
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

TICK_SECONDS = 0.25
DUE: dict[str, Callable[[Sandbox, Json], None]] = {
    "checkout.session": session_due,
    "dispute": dispute_due,
    "payout": payout_due,
    "refund": refund_due,
}


def expire_due(sandbox: Sandbox) -> int:
    """Do what is due of every object whose time is up; return how many."""
    due = sandbox.store.due(sandbox.now())
    for thing in due:
        with sandbox.acting(None):
            DUE[thing["object"]](sandbox, thing)
    return len(due)


async def run(sandbox: Sandbox) -> None:
    """Look at the clock until cancelled."""
    while True:
        expire_due(sandbox)
        await asyncio.sleep(TICK_SECONDS)
