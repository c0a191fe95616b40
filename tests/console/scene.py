"""Rows to look at: markets, credits, and Acme's jobs in every state, made by the services the platform uses."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.billing.models import Lot, Rate
from apps.billing.services import (
    Purse,
    balance_alert_set,
    budget_set,
    cap_set,
    credits_move,
    lot_grant,
    quote_create,
    topup_credit,
    voucher_make,
    voucher_redeem,
)
from apps.jobs import sentences as said
from apps.jobs import services
from apps.jobs.gallery import starters
from apps.jobs.models import Job, Market
from apps.jobs.services import LogEntry, Observation, Seen
from apps.jobs.state import Reason
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import Actor, organisation_create
from apps.users.models import User

MICRO = 1_000_000
NODE = "9tWv3hXrM8sDqkF2yLbZcA7eNfUjPg4mRxQpKd5oHnSa"


def markets_make() -> list[Market]:
    """Make three open markets, cheapest first, and one that is closed."""
    rows = [
        ("nvidia-3060", "NVIDIA RTX 3060", 12, 43, 1, 2, True),
        ("nvidia-4090", "NVIDIA RTX 4090", 24, 115, 0, 3, True),
        ("nvidia-a100-80gb", "NVIDIA A100", 80, 390, 255, 0, True),
        ("nvidia-h100", "NVIDIA H100", 80, 720, 255, 0, False),
    ]
    return [
        Market.objects.create(
            address=f"{slug.replace('-', '')}Market".ljust(44, "x")[:44],
            slug=slug,
            name=name,
            gpu=name,
            vram_gb=vram,
            price_micro=price,
            queue_type=queue_type,
            queue_len=queue,
            nodes_waiting=queue if queue_type == 1 else 0,
            open=is_open,
        )
        for slug, name, vram, price, queue_type, queue, is_open in rows
    ]


def credits_give(organisation: Organisation, credits: int = 100) -> None:
    """Give promotional credits."""
    lot_grant(
        organisation_id=organisation.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=credits * MICRO,
        key=f"scene:{uuid.uuid4()}",
        now=timezone.now(),
        expires_at=None,
    )


def lots_make(membership: Membership) -> None:
    """Give lots of every kind, one of them in a pot, and choose warnings."""
    organisation, now = membership.organisation, timezone.now()
    actor = Actor.person(membership.user)
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=25_000, now=now)
    topup_credit(
        organisation_id=organisation.pk, topup_id="scene", quote=quote, payment_reference="pi_scene", now=now
    )
    _, code = voucher_make(
        staff_id=membership.user.pk,
        micro=25 * MICRO,
        limit=1,
        expires_at=now + timedelta(days=9),
        credit_days=30,
        reason="scene",
        now=now,
    )
    voucher_redeem(membership=membership, code=code, actor=actor, now=now)
    organisation_create(user=membership.user, name="Acme Research", actor=actor, now=now)
    pot = Purse(organisation, organisation.projects.get(slug="default"))
    credits_move(
        source=Purse(organisation),
        target=pot,
        membership=membership,
        micro=40 * MICRO,
        key="scene",
        actor=actor,
        now=now,
    )
    balance_alert_set(
        membership=membership,
        below_micro=50 * MICRO,
        hours=48,
        addresses=["cfo@acme.example"],
        actor=actor,
        now=now,
    )


def job_make(membership: Membership, market: Market, *, name: str = "Prime numbers", **fields: Any) -> Job:
    """Launch a job as the member would."""
    return services.job_submit(
        membership=membership,
        project=membership.organisation.projects.get(slug="default"),
        market=market,
        definition=fields.get("definition", starters()[0].definition),
        timeout_s=fields.get("timeout_s", 600),
        name=name,
        submission_key=fields.get("submission_key", str(uuid.uuid4())),
        now=fields.get("now", timezone.now()),
    )


def signature(text: str) -> str:
    """Return something as long as a signature."""
    return (text + uuid.uuid4().hex * 3).translate(str.maketrans("0lIO", "zzzz"))[:87]


def address(text: str) -> str:
    """Return something as long as an address."""
    return (text + uuid.uuid4().hex * 2).translate(str.maketrans("0lIO", "zzzz"))[:44]


def job_list(job: Job, now: datetime) -> None:
    """Let the chain confirm the listing."""
    assert job.attempt
    place = services.Place(
        attempt=job.attempt,
        address=address("Job"),
        run_address=address("Run"),
        seed_version=1,
        genesis_hash="scene",
        definition_cid="QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
        price_micro=job.price_micro,
    )
    services.attempts_addressed(places=[place], now=now)
    services.attempts_listed(landed=[services.Landed(job.attempt.pk, signature("List"), 4211)], now=now)


def job_run(job: Job, now: datetime) -> None:
    """Let a node take it."""
    assert job.attempt
    seen = Observation(seen=Seen.RUNNING, slot=4218, node=NODE, started_at=now, signature=signature("Work"))
    services.job_observe(attempt_id=job.attempt.pk, observation=seen, now=now)


def job_log(job: Job, texts: list[str], *, start: int = 0, now: datetime | None = None) -> None:
    """Let the node send log lines."""
    assert job.attempt
    now = now or timezone.now()
    entries = [
        LogEntry(op_id="primes", position=start + n, stream="stdout", at=now + timedelta(seconds=n / 2), text=text)
        for n, text in enumerate(texts)
    ]
    services.loglines_add(job.attempt.pk, entries)


def job_finish(job: Job, *, started: datetime, ended: datetime) -> None:
    """Let the node finish it and the chain make it final; store its result."""
    assert job.attempt
    job.attempt.refresh_from_db()
    done = Observation(
        seen=Seen.DONE,
        slot=4290,
        node=NODE,
        started_at=started,
        ended_at=ended,
        result_cid="QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        signature=signature("Finish"),
    )
    services.job_observe(attempt_id=job.attempt.pk, observation=done, now=ended)
    services.attempt_settle(
        attempt_id=job.attempt.pk,
        seconds=int((ended - started).total_seconds()),
        price_micro=job.attempt.price_micro,
        node=NODE,
        result_cid=done.result_cid,
        signature=signature("Settle"),
        slot=4330,
        now=ended + timedelta(seconds=13),
    )
    op = {"operationId": "primes", "status": "success", "exitCode": 0, "results": {"primes": ["148933"]}}
    services.result_store(
        attempt_id=job.attempt.pk,
        cid=done.result_cid,
        result={"status": "success", "opStates": [op]},
        now=ended + timedelta(seconds=14),
    )


def limits_make(membership: Membership) -> None:
    """Set caps and budgets, one of them nearly used up."""
    organisation, now = membership.organisation, timezone.now()
    actor, project = Actor.person(membership.user), organisation.projects.all()[0]
    for level, subject, period, credits in (
        ("organisation", "", "month", 250),
        ("project", project.pk, "week", 2),
        ("member", membership.user_id, "day", 5),
        ("member", membership.user_id, "job", 10),
        ("topup", "", "month", 500),
    ):
        cap_set(
            membership=membership,
            actor=actor,
            level=level,
            subject_id=str(subject),
            period=period,
            limit_micro=credits * MICRO,
            now=now,
        )
    budget_set(
        membership=membership,
        actor=actor,
        level="organisation",
        subject_id="",
        period="month",
        limit_micro=2 * MICRO,
        marks=[50, 80, 100],
        forecast=True,
        people=[membership.user_id],
        now=now,
    )


def scene_make(organisation: Organisation, user: User) -> dict[str, Job]:
    """Give the organisation credits and a job in every state; return them by state."""
    small, middle, _, _ = markets_make()
    for currency, price in (("EUR", 420_000), ("USD", 455_000), ("GBP", 365_000)):
        Rate.objects.create(
            currency=currency, price_micro=price, at=timezone.now(), source="scene", read_at=timezone.now()
        )
    credits_give(organisation)
    membership = Membership.objects.get(organisation=organisation, user=user)
    now = timezone.now()
    jobs: dict[str, Job] = {}
    for n in range(30):
        jobs["completed"] = job = job_make(membership, small, name=f"Nightly embeddings {n + 1}", timeout_s=1800)
        began = now - timedelta(hours=40 - n)
        Job.objects.filter(pk=job.pk).update(created_at=began)
        job_list(job, began + timedelta(seconds=2))
        job_run(job, began + timedelta(seconds=4))
        if n == 29:
            lines = [f"below {k * 200_000:>9,}: {k * 14_893:,} primes" for k in range(1, 11)]
            job_log(job, ["counting primes below 2,000,000 on x86_64", *lines, "primes: 148933"], now=began)
        job_finish(job, started=began + timedelta(seconds=4), ended=began + timedelta(seconds=904 + n))
    jobs["failed"] = job = job_make(membership, middle, name="Fine-tune, run 7")
    job_list(job, now)
    services.attempt_failed(
        attempt_id=job.attempt.pk,
        reason=Reason.CHAIN_REFUSED,
        sentence=said.REFUSED % {"why": said.NO_ROOM},
        now=now,
    )
    jobs["pending"] = job_make(membership, small, name="Prime numbers")
    jobs["queued"] = job_make(membership, middle, name="Llama 3 evaluation, all 14 tasks", timeout_s=7200)
    job_list(jobs["queued"], now)
    jobs["running"] = job = job_make(membership, small, name="Transcribe interviews", timeout_s=3600)
    job_list(job, now - timedelta(seconds=130))
    job_run(job, now - timedelta(seconds=125))
    job_log(job, [f"segment {n:>3}: transcribed, {n * 7 % 19 + 4} words" for n in range(1, 61)])
    return {state: Job.objects.select_related("attempt").get(pk=job.pk) for state, job in jobs.items()}
