"""Acts of staff on a job: each with a reason, once per key, in the organisation's trail and in the staff's.

What a click asks for is decided below, in jobs and bridge; here stands who may, and that it is written down. The
trail's line is written in the act's own transaction, or, where the act asks the network, before it is asked.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.bridge import services as bridge
from apps.bridge.accounts import Standing
from apps.bridge.models import Order
from apps.bridge.services import Collected, Observed
from apps.core.errors import AppError, Denied, NotFound
from apps.core.idempotency import once
from apps.jobs.models import Attempt, Job, Market
from apps.jobs.services import job_end, job_shift
from apps.organisations.services import Actor, audit_record

LONGEST = 300
RIGHTS = {
    "look": "jobs.observe_job",
    "collect": "jobs.observe_job",
    "end": "jobs.end_job",
    "move": "jobs.move_job",
    "recover": "jobs.recover_job",
    "retry": "bridge.change_order",
}
TRAIL = {
    "look": "job.read_again",
    "collect": "job.collected_again",
    "end": "job.ended_by_staff",
    "move": "job.moved_by_staff",
    "recover": "job.recovered",
    "retry": "job.order_tried_again",
}


TOLD = frozenset({"end", "move"})  # what changes the customer's job: they read why


@dataclass(frozen=True)
class Pressed:
    """A press of a button on a job's page: on which job, why, with which key, by whom and when."""

    job_id: uuid.UUID
    reason: str
    key: uuid.UUID
    actor: Actor
    now: datetime


def job_read_again(pressed: Pressed) -> Observed:
    """Ask the chain about the job and apply what it shows. Raises OutOfReach, and as every act here does.

    That is Denied for whose role has not the right, NotFound for no such job, AppError without a reason, KeyReused
    for a key that came with something else.
    """
    _once(pressed, "look", lambda: True)
    return bridge.job_reobserve(job_id=pressed.job_id, now=pressed.now)


def job_collect_again(pressed: Pressed) -> Collected:
    """Fetch the job's result and what is missing of its log. Raises Conflict, OutOfReach."""
    _once(pressed, "collect", lambda: True)
    return bridge.job_recollect(job_id=pressed.job_id, now=pressed.now)


def job_end_now(pressed: Pressed) -> bool:
    """Want the job ended; return whether that was to do. Raises Conflict when it is over."""
    return bool(
        _once(
            pressed,
            "end",
            lambda: job_end(job_id=pressed.job_id, reason=_tidy(pressed.reason), now=pressed.now),
        )
    )


def job_move_now(pressed: Pressed, *, market: str, agreed_micro: int) -> bool:
    """Want a waiting job listed in another market; return whether that was to do. Raises as job_shift does."""
    target = Market.objects.filter(slug=market).first()
    if target is None:
        raise AppError("Choose a market of the list.", fields={"market": ["Choose a market of the list."]})

    def act() -> bool:
        return job_shift(
            job_id=pressed.job_id,
            market_id=target.pk,
            agreed_micro=agreed_micro,
            reason=_tidy(pressed.reason),
            now=pressed.now,
        )

    return bool(_once(pressed, "move", act, market=market, agreed_micro=agreed_micro or None))


def attempt_recover_now(pressed: Pressed, *, number: int) -> tuple[Standing, str]:
    """Want back what a try left on the chain; return how it stands there and what is wanted, "" for nothing.

    Raises OutOfReach, and Conflict where a person settles the try.
    """
    job = _job(pressed, "recover")
    attempt = Attempt.objects.filter(job_id=job.pk, number=number).first()
    if attempt is None:
        raise NotFound("The job has no such try.")
    standing = bridge.attempt_rescue_look(attempt_id=attempt.pk, now=pressed.now)

    def act() -> str:
        return bridge.attempt_rescue(attempt_id=attempt.pk, standing=standing, now=pressed.now)

    return standing, str(_once(pressed, "recover", act, attempt=number))


def order_try_again(pressed: Pressed, *, order_id: uuid.UUID) -> bool:
    """Take a parked order of the job back into the work; return whether it was parked."""
    if not Order.objects.filter(pk=order_id, attempt__job_id=pressed.job_id).exists():
        _job(pressed, "retry")
        raise NotFound("The job has no such order.")

    def act() -> bool:
        return bridge.order_unpark(order_id=order_id, now=pressed.now)

    return bool(_once(pressed, "retry", act, order=str(order_id)))


def _once(pressed: Pressed, name: str, act: Callable[[], Any], **facts: object) -> Any:
    """Do the act and write it into the trail if it did something, both once per key; return what it returned."""
    job, reason = _job(pressed, name), _tidy(pressed.reason)
    if not reason or len(reason) > LONGEST:
        sentence = f"Say why in 1 to {LONGEST} characters; others will ask."
        raise AppError(sentence, code="reason_missing", fields={"reason": [sentence]})
    told = {name: value for name, value in facts.items() if value is not None}
    open_ = {"reason": reason} if name in TOLD else {}

    def recorded() -> Any:
        done = act()
        if done:
            _record(job, pressed, TRAIL[name], {**told, **open_}, why=reason)
        return done

    staff = pressed.actor.user.pk if pressed.actor.user else None
    with transaction.atomic():
        return once(
            scope=f"desk:{job.pk}",
            key=str(pressed.key),
            content=[name, staff, reason, told],
            act=recorded,
        )


def _job(pressed: Pressed, name: str) -> Job:
    staff = pressed.actor.user
    if staff is None or not (staff.is_active and staff.is_staff and staff.has_perm(RIGHTS[name])):
        raise Denied("Your role does not do this.")
    job = Job.objects.filter(pk=pressed.job_id).first()
    if job is None:
        raise NotFound("There is no job with this id.")
    return job


def _record(job: Job, pressed: Pressed, act: str, facts: Mapping[str, object], *, why: str) -> None:
    audit_record(
        organisation_id=job.organisation_id,
        actor=pressed.actor,
        act=act,
        subject=f"job:{job.pk}",
        after=facts or None,
        why=why,
        now=pressed.now,
    )


def _tidy(reason: str) -> str:
    return " ".join(reason.replace("\x00", " ").split())
