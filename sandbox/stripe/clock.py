"""The timer: open sessions whose time is up turn expired."""

import asyncio

from sandbox.stripe.checkout import session_expire
from sandbox.stripe.world import Sandbox

TICK_SECONDS = 0.25


def expire_due(sandbox: Sandbox) -> int:
    """Expire every open session whose time is up; return how many."""
    due = sandbox.store.due(sandbox.now())
    for session in due:
        with sandbox.acting(None):
            session_expire(sandbox, session)
    return len(due)


async def run(sandbox: Sandbox) -> None:
    """Look at the clock until cancelled."""
    while True:
        expire_due(sandbox)
        await asyncio.sleep(TICK_SECONDS)
