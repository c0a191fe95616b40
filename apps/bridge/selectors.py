"""Questions to the bridge."""

import asyncio
from dataclasses import dataclass

from apps.bridge.chain import Gateway, JobState, ask_chain, treasury_address
from apps.jobs.models import Attempt


@dataclass(frozen=True)
class Position:
    """The platform's NOS on the chain, micro-NOS, at one commitment."""

    treasury_micro: int
    deposits_micro: int
    lamports: int


def position() -> Position:
    """Return the treasury's balances and the live jobs' deposits, finalised. A network call: raises ChainError.

    A deposit is live until the job's account is done (the node was paid, the rest returned) or gone.
    """
    addresses = list(
        Attempt.objects.filter(address__isnull=False, settled_at=None).values_list("address", flat=True)
    )

    async def look(gateway: Gateway) -> Position:
        (micro, lamports), jobs = await asyncio.gather(
            gateway.treasury("finalized"), gateway.jobs_at([str(address) for address in addresses], "finalized")
        )
        live = [job for job in jobs.values() if job is not None and job.state != JobState.DONE]
        return Position(micro, sum(job.deposit for job in live), lamports)

    return ask_chain(look)


def treasury() -> dict[str, int | str]:
    """Return the treasury's address, micro-NOS and lamports. A network call: raises ChainError."""
    micro, lamports = ask_chain(lambda gateway: gateway.treasury())
    return {"address": treasury_address(), "nos_micro": micro, "lamports": lamports}
