"""Attempts on their way to the chain, many at once: where they will be found, and that they are listed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, JobEvent
from apps.jobs.services.moves import Line, acts_known, events_write, jobs_lock, jobs_move
from apps.jobs.state import Seen, State


@dataclass(frozen=True)
class Place:
    """Where an attempt will be found on the chain, and the price (micro-NOS a second) read right before signing."""

    attempt: Attempt
    address: str
    run_address: str
    seed_version: int
    genesis_hash: str
    definition_cid: str
    price_micro: int


@dataclass(frozen=True)
class Landed:
    """A listing that a confirmed block shows."""

    attempt_id: uuid.UUID
    signature: str
    slot: int
    act: str = "list"


PLACE = """
UPDATE jobs_attempt AS attempt
SET address = coalesce(attempt.address, place.address),
    run_address = coalesce(attempt.run_address, place.run_address),
    seed_version = coalesce(attempt.seed_version, place.seed_version),
    genesis_hash = CASE attempt.genesis_hash WHEN '' THEN place.genesis_hash ELSE attempt.genesis_hash END,
    definition_cid = CASE attempt.definition_cid WHEN '' THEN place.cid ELSE attempt.definition_cid END,
    listing_price_micro = place.price
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s::bigint[])
    AS place(id, address, run_address, seed_version, genesis_hash, cid, price)
WHERE attempt.id = place.id
"""
LISTED = """
UPDATE jobs_attempt AS attempt
SET list_signature = landed.signature, listed_at = coalesce(attempt.listed_at, %s),
    seen = CASE attempt.seen WHEN '' THEN 'queued' ELSE attempt.seen END,
    seen_slot = CASE attempt.seen WHEN '' THEN landed.slot ELSE attempt.seen_slot END
FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS landed(id, signature, slot) WHERE attempt.id = landed.id
"""


def attempts_addressed(*, places: Sequence[Place], now: datetime) -> None:
    """Store where attempts will be found, before anything is sent; the first address stays."""
    if not places:
        return
    columns: list[list[Any]] = [
        [place.attempt.pk for place in places],
        [place.address for place in places],
        [place.run_address for place in places],
        [place.seed_version for place in places],
        [place.genesis_hash for place in places],
        [place.definition_cid for place in places],
        [place.price_micro for place in places],
    ]
    with transaction.atomic():
        jobs = jobs_lock([place.attempt.job_id for place in places])
        with connection.cursor() as cursor:
            cursor.execute(PLACE, columns)
        fresh = [
            Line(jobs[one.attempt.job_id], "pinned", _pinned_words(jobs[one.attempt.job_id], one.definition_cid))
            for one in places
            if one.attempt.address is None
        ]
        events_write(lines=fresh, now=now)


def _pinned_words(job: Job, cid: str) -> str:
    return (said.SHELL_PINNED if job.private else said.DEFINITION_PINNED) % {"cid": cid}


def attempts_wait_for_room(*, attempt_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Tell once in their jobs' timelines that attempts wait for room in their markets' queues."""
    if not attempt_ids:
        return
    with transaction.atomic():
        jobs = jobs_lock(list(Attempt.objects.filter(pk__in=attempt_ids).values_list("job_id", flat=True)))
        told = set(JobEvent.objects.filter(job__in=jobs, kind="full").values_list("job", flat=True))
        lines = [
            Line(job, "full", said.QUEUE_FULL % {"market": job.market.name})
            for job in jobs.values()
            if job.pk not in told and job.state == State.PENDING
        ]
        events_write(lines=lines, now=now)


def attempts_listed(*, landed: Sequence[Landed], now: datetime) -> None:
    """Note that listings are confirmed; pending jobs become queued. A repeat changes nothing."""
    with transaction.atomic():
        ids = [one.attempt_id for one in landed]
        jobs = jobs_lock(list(Attempt.objects.filter(pk__in=ids).values_list("job_id", flat=True)))
        attempts = {attempt.pk: attempt for attempt in Attempt.objects.filter(pk__in=ids)}
        news = [one for one in landed if attempts[one.attempt_id].list_signature != one.signature]
        if not news:
            return
        with connection.cursor() as cursor:
            columns = [one.attempt_id for one in news], [one.signature for one in news], [one.slot for one in news]
            cursor.execute(LISTED, [now, *columns])
        # one attempt of a job at most
        lines = [_line(jobs[attempts[one.attempt_id].job_id], attempts[one.attempt_id], one) for one in news]
        waiting = [line for line in lines if line.kind == State.QUEUED]
        others = [line for line in lines if line.kind != State.QUEUED]
        known = acts_known(others)
        others = [line for line in others if (line.job.pk, line.signature, line.act) not in known]
        if waiting:
            jobs_move(lines=waiting, to=State.QUEUED, now=now, queued_at=now)
        if others:
            events_write(lines=others, now=now)


def _line(job: Job, attempt: Attempt, one: Landed) -> Line:
    sentence = said.LISTED % {"market": job.market.name}
    current = job.attempt_id == one.attempt_id and job.state == State.PENDING and attempt.seen in ("", Seen.QUEUED)
    kind = State.QUEUED if current else "listed"
    return Line(job, kind, sentence, one.signature, one.slot, one.act)
