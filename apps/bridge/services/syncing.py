"""The full sync: all accounts the treasury paid for, held against all attempts we know.

It needs no subscription and remembers nothing, so it alone suffices. Only what differs is looked at closer; the rest
costs one question for all accounts and reads of the database a thousand accounts at a time, so it grows linearly.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from apps.bridge.chain import Gateway, JobAccount, JobState, RunAccount, ask_chain
from apps.bridge.models import Stray
from apps.bridge.services.observing import acts_told, attempts_observe
from apps.bridge.services.sights import acts_of, each
from apps.jobs.models import Attempt
from apps.jobs.selectors import attempts_seen, attempts_settled_not_gone, attempts_with_jobs
from apps.jobs.services import Act, attempt_acts_tell
from apps.jobs.state import Seen

logger = logging.getLogger(__name__)
T = TypeVar("T")

CHUNK = 1_000  # accounts compared at a time
CLOSER = 500  # attempts looked at closer at a time
FAREWELLS = 200  # closed accounts whose history is read in one sync
SETTLED_FOR = timedelta(minutes=1)  # what was settled later may be newer than the answer that is compared
STATE_AT, TIMEOUT_AT = 208, 225  # network facts §1.5


@dataclass
class Synced:
    """What a full sync found: accounts on the chain, attempts that differed, accounts nobody knows, accounts closed."""

    accounts: int = 0
    differed: int = 0
    strays: int = 0
    gone: int = 0


@dataclass
class _Found:
    addresses: set[str] = field(default_factory=set)
    differing: list[UUID] = field(default_factory=list)
    strays: dict[str, JobAccount] = field(default_factory=dict)


def chain_sync(*, now: datetime) -> Synced:
    """Compare everything once and apply what differs. Raises ChainError; what was applied until then stays."""
    lines, runs = ask_chain(_read)
    found = _compare(lines, runs)
    for attempt_id, address in attempts_seen():
        if address not in found.addresses:
            found.differing.append(attempt_id)
    for some in _chunks(found.differing, CLOSER):
        attempts_observe(list(attempts_with_jobs(some)), now=now)
    return Synced(
        accounts=len(found.addresses),
        differed=len(found.differing),
        strays=_strays_note(found.strays, now),
        gone=_farewells(found.addresses, now),
    )


async def _read(gateway: Gateway) -> tuple[Iterator[tuple[str, bytes]], dict[str, tuple[str, RunAccount]]]:
    runs = await gateway.runs_by_job()  # first: a run that ends in between leaves a job that is over
    return await gateway.jobs_ours(), runs


def _compare(lines: Iterable[tuple[str, bytes]], runs: dict[str, tuple[str, RunAccount]]) -> _Found:
    """Return which accounts there are, which attempts they show otherwise than we know them, and who nobody knows."""
    found = _Found()
    for some in _chunks(lines, CHUNK):
        accounts = dict(some)
        found.addresses.update(accounts)
        known = set()
        for row in attempts_known(list(accounts)):
            known.add(row.address)
            if row.settled_at is None and _differs(row, accounts[row.address or ""], runs):
                found.differing.append(row.pk)
        found.strays |= {a: JobAccount.decode(data) for a, data in accounts.items() if a not in known}
    return found


def attempts_known(addresses: list[str]) -> Iterable[Attempt]:
    """Return the attempts at these addresses with what a comparison needs."""
    columns = ("address", "seen", "settled_at", "ending", "job__timeout_s", "job__stop_requested_at")
    return Attempt.objects.filter(address__in=addresses).select_related("job").only(*columns)


def _differs(attempt: Attempt, data: bytes, runs: dict[str, tuple[str, RunAccount]]) -> bool:
    state = data[STATE_AT]
    if state != JobState.QUEUED:
        return True  # over, and its money is not settled yet
    seen = Seen.RUNNING if attempt.address in runs else Seen.QUEUED
    timeout = int.from_bytes(data[TIMEOUT_AT : TIMEOUT_AT + 8], "little", signed=True)
    asked = attempt.ending or attempt.job.stop_requested_at is not None
    return seen != attempt.seen or timeout != attempt.job.timeout_s or bool(asked)


def _strays_note(strays: dict[str, JobAccount], now: datetime) -> int:
    """Report to the staff the accounts that no attempt of ours knows, and which of them are gone; touch none."""
    known = set(Stray.objects.filter(address__in=strays).values_list("address", flat=True))
    for address in strays.keys() - known:
        logger.error("the treasury paid for the job %s, which no attempt of ours knows", address)
    Stray.objects.bulk_create(
        (
            Stray(
                address=address,
                project=job.project,
                market=job.market,
                state=job.state,
                deposit_micro=job.deposit,
                first_seen_at=now,
                last_seen_at=now,
            )
            for address, job in strays.items()
        ),
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["address"],
        update_fields=["state", "deposit_micro", "last_seen_at", "gone_at"],
    )
    Stray.objects.filter(gone_at=None, last_seen_at__lt=now).update(gone_at=now)
    return len(strays)


def _farewells(addresses: set[str], now: datetime) -> int:
    """Tell in their timelines how the accounts of settled attempts were closed, a few in each sync."""
    away = [a for a in attempts_settled_not_gone(before=now - SETTLED_FOR) if a.address not in addresses][
        :FAREWELLS
    ]
    return attempts_farewell(away, now=now)


def attempts_farewell(away: Sequence[Attempt], *, now: datetime) -> int:
    """Tell what happened to settled attempts' accounts since, and which are closed for good; return of how many.

    Raises ChainError.
    """
    if not away:
        return 0
    told = acts_told(away)

    async def look(gateway: Gateway) -> tuple[dict[str, JobAccount | None], dict[str, tuple[Act, ...]]]:
        places = [attempt.address or "" for attempt in away]
        acts, _ = await each(gateway, lambda place: acts_of(gateway, place, "", told.get(place, ())), places)
        return (await gateway.jobs_read(places, "finalized"))[1], acts

    jobs, acts = ask_chain(look)
    for attempt in away:
        address = attempt.address or ""
        if address not in acts:
            continue  # not answered: the next sync asks again
        attempt_acts_tell(attempt_id=attempt.pk, acts=acts[address], gone=jobs[address] is None, now=now)
    return len(away)


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
