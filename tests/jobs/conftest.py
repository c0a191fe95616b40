"""Acme with 100 credits and a market, without a chain."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Lot
from apps.billing.services import lot_grant, wallet_open
from apps.jobs.models import Attempt, Job, Market
from apps.jobs.policies import Policy
from apps.jobs.services import job_submit
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program
from tests.world import World

CREDITS = 100_000_000  # micro-NOS
PRICE = 43
DEFINITION = {
    "version": "0.1",
    "type": "container",
    "ops": [{"type": "container/run", "id": "hello", "args": {"image": "ubuntu", "cmd": ["echo", "hello"]}}],
}
JOBS = f"{ACME}/jobs"
WANTED = {"name": "Hello", "definition": DEFINITION, "market": "gpu", "timeout_s": 600}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def market(db: None) -> Market:
    """An open market."""
    return Market.objects.create(address="M" * 44, slug="gpu", name="GPU", price_micro=PRICE, open=True)


@pytest.fixture
def rich(world: World) -> World:
    """Acme with 100 credits."""
    wallet_open(world.acme.pk)
    lot_grant(
        organisation_id=world.acme.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=CREDITS,
        key="tests",
        now=NOW,
        expires_at=timezone.now() + timedelta(days=3650),
    )
    return world


@pytest.fixture
def mia(world: World) -> Membership:
    """The developer."""
    return membership_get(world.mia, world.acme.slug, Permission.JOBS_LAUNCH)


@pytest.fixture
def submit(rich: World, market: Market, mia: Membership) -> Callable[..., Job]:
    """Submit a job as Mia, with anything changed."""

    def run(**changes: Any) -> Job:
        given = {
            "membership": mia,
            "project": rich.project,
            "market": Market.objects.get(pk=market.pk),  # as every caller has it: just read
            "definition": DEFINITION,
            "timeout_s": 600,
            "name": "Hello",
            "submission_key": "one",
            "policy": Policy(reposts=0),
            "now": NOW,
        }
        return job_submit(**(given | changes))

    return run


def attempt_of(job: Job) -> Attempt:
    """Return the job's current attempt as it is now."""
    return Attempt.objects.get(job_id=job.pk)


@pytest.fixture
def program(rich: World, market: Market) -> Program:
    """A program of Mia's, who develops."""
    return Program(key_make(rich.mia, "jobs.view", "jobs.launch", "jobs.stop").token)


@pytest.fixture
def launched(program: Program) -> dict[str, Any]:
    """A job that the program launched, as it was answered."""
    answer = program.post(JOBS, WANTED)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())
