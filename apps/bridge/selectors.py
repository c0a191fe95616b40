"""Questions to the bridge."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from apps.bridge.chain import Gateway, JobAccount, JobState, ask_chain, treasury_address
from apps.bridge.models import Order, TreasuryReading
from apps.jobs.models import Attempt
from apps.jobs.services.fees import network_fee

DAY = timedelta(days=1)
PAYOUTS_AT_ONCE = 8  # job accounts that are gone, whose transactions are read at a time


@dataclass(frozen=True)
class Escrow:
    """What the chain holds of one attempt that is not settled here, finalised; amounts in micro-NOS.

    `state` is that of the job's account, or "absent". Of a job that is done nothing is held any more: its node
    `earned` what it ran, the rest came back.
    """

    job_id: UUID
    attempt_id: UUID
    address: str
    state: str
    held_micro: int
    earned_micro: int
    expected_micro: int  # what was set aside for the node here

    @property
    def differs(self) -> bool:
        """Whether the chain holds more than was set aside."""
        return self.held_micro > self.expected_micro


@dataclass(frozen=True)
class Position:
    """The platform's NOS on the chain, micro-NOS, at one commitment."""

    treasury_micro: int
    deposits_micro: int
    lamports: int
    escrows: tuple[Escrow, ...] = ()

    @property
    def earned_micro(self) -> int:
        """What nodes earned of jobs that are not settled here yet."""
        return sum(escrow.earned_micro for escrow in self.escrows)


def position() -> Position:
    """Return the treasury's balances and the live jobs' deposits, finalised. A network call: raises ChainError.

    A deposit is live until the job's account is done (the node was paid, the rest returned) or gone.
    """
    rows = Attempt.objects.filter(address__isnull=False, settled_at=None).order_by("id")
    attempts = {str(row.address): row for row in rows.only("id", "job_id", "address", "network_micro")}

    async def look(gateway: Gateway) -> Position:
        (micro, lamports), jobs = await asyncio.gather(
            gateway.treasury("finalized"), gateway.jobs_at(list(attempts), "finalized")
        )
        escrows = tuple(_escrow(attempt, jobs.get(address)) for address, attempt in attempts.items())
        return Position(micro, sum(escrow.held_micro for escrow in escrows), lamports, escrows)

    return ask_chain(look)


def _escrow(attempt: Attempt, job: JobAccount | None) -> Escrow:
    done = job is not None and job.state == JobState.DONE
    return Escrow(
        job_id=attempt.job_id,
        attempt_id=attempt.pk,
        address=str(attempt.address),
        state="absent" if job is None else JobState(job.state).name.lower(),
        held_micro=0 if job is None or done else job.deposit,
        earned_micro=job.cost() if job is not None and done else 0,
        expected_micro=attempt.network_micro,
    )


@dataclass(frozen=True)
class Payout:
    """What left for good for one attempt, finalised on the chain: to its node, and to the network; micro-NOS."""

    node_micro: int
    fee_micro: int

    @property
    def micro(self) -> int:
        """All of it."""
        return self.node_micro + self.fee_micro


def payouts(attempts: Sequence[Attempt]) -> dict[UUID, Payout | None]:
    """Return by id what the chain paid out for each attempt that has an address; None where it knows nothing of it.

    Read from the job's account while there is one, else from the transactions that named it. Raises ChainError;
    never call it inside a transaction.
    """
    rows = {str(attempt.address): attempt for attempt in attempts if attempt.address}

    async def look(gateway: Gateway) -> dict[UUID, Payout | None]:
        few, found = asyncio.Semaphore(PAYOUTS_AT_ONCE), await gateway.jobs_at(list(rows), "finalized")

        async def one(address: str) -> Payout | None:
            job, held = found[address], rows[address].network_micro
            if job is not None:
                return Payout(job.cost() if job.state == JobState.DONE else 0, network_fee(job.deposit))
            async with few:
                paid = await gateway.paid_of(address)
            return None if paid is None else Payout(paid, network_fee(held))

        answers = await asyncio.gather(*map(one, rows))
        return {rows[address].pk: answer for address, answer in zip(rows, answers, strict=True)}

    return ask_chain(look) if rows else {}


def treasury_reading() -> TreasuryReading | None:
    """Return the newest reading of the treasury, if there is one."""
    return TreasuryReading.objects.order_by("-at").first()


def parked() -> tuple[int, int]:
    """Return how many attempts and how many orders wait for a person of the staff."""
    attempts = Attempt.objects.filter(parked_at__isnull=False, settled_at=None).count()
    return attempts, Order.objects.filter(parked_at__isnull=False, closed_at=None).count()


def lamports_needed(*, now: datetime) -> int:
    """Return what a day takes of SOL: all that left the treasury within 24 hours, at least the configured floor.

    What came back of rent is not counted against it, so it rather overstates.
    """
    seen = TreasuryReading.objects.filter(at__gt=now - DAY).order_by("at").values_list("lamports", flat=True)
    amounts = list(seen)
    left = sum(max(before - after, 0) for before, after in zip(amounts, amounts[1:], strict=False))
    return max(left, settings.TREASURY_LAMPORTS_FLOOR)


def treasury() -> dict[str, int | str]:
    """Return the treasury's address, micro-NOS and lamports. A network call: raises ChainError."""
    micro, lamports = ask_chain(lambda gateway: gateway.treasury())
    return {"address": treasury_address(), "nos_micro": micro, "lamports": lamports}
