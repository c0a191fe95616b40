"""Launches at once, and launches whose process dies in the middle: real threads, real commits, real processes."""

import pytest
from django.utils import timezone

from apps.billing.models import Cap, Hold
from apps.billing.selectors import wallet
from apps.core.errors import KeyReused
from apps.jobs.models import Job, JobEvent, Market, Want
from apps.organisations.models import Membership
from tests.billing.dying import killed_at
from tests.console.scene import credits_give, job_make, markets_make
from tests.ledger.threads import at_once
from tests.organisations.people import member
from tests.permissions.tables import changed, contents
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER = 6


@pytest.fixture
def world(transactional_db: None) -> World:
    return World.build()


@pytest.fixture
def mia(world: World) -> Membership:
    credits_give(world.acme)
    return member(world.mia)


@pytest.fixture
def market(mia: Membership) -> Market:
    return markets_make()[0]


def test_launches_with_one_key_at_once_make_one_job_and_one_hold(mia: Membership, market: Market) -> None:
    jobs = at_once(TOGETHER, lambda _number: job_make(mia, market, submission_key="one"))
    assert {job.pk for job in jobs} == {Job.objects.get().pk}
    assert [Hold.objects.count(), JobEvent.objects.count(), Want.objects.count()] == [1, 1, 1]


def test_of_two_jobs_with_one_key_at_once_one_is_launched_and_the_other_refused(
    mia: Membership, market: Market
) -> None:
    found = at_once(2, lambda number: job_make(mia, market, submission_key="one", name=f"Job {number}"))
    assert {type(one) for one in found} == {Job, KeyReused}
    assert Hold.objects.get().label == Job.objects.get().name


def test_launches_at_once_never_pass_a_cap_together(mia: Membership, market: Market) -> None:
    first = Hold.objects.get(source=job_make(mia, market).attempt.hold_source)
    now = timezone.now()
    Cap.objects.create(
        organisation=mia.organisation, level="organisation", period="month", limit_micro=4 * first.amount_micro,
        created_at=now, updated_at=now,
    )  # fmt: skip
    found = at_once(TOGETHER, lambda _number: job_make(mia, market))
    assert sorted(type(one).__name__ for one in found) == ["CapReached"] * (TOGETHER - 3) + ["Job"] * 3
    assert wallet(mia.organisation_id).held_micro == 4 * first.amount_micro
    assert Job.objects.count() == Want.objects.count() == Hold.objects.count() == 4


def launch(market_id: int, key: str) -> None:
    mia = Membership.objects.get(user__email="mia@acme.example")
    job_make(mia, Market.objects.get(pk=market_id), submission_key=key)


def test_a_launch_whose_process_dies_leaves_nothing_and_its_repeat_launches_it_once(market: Market) -> None:
    before = contents()
    for statement in (4, 7, 10, 13, 16, 19, 20, 21, 22, 23, 30):
        if killed_at(statement, launch, market.pk, "one"):
            break
        assert changed(before) == [], f"killed before statement {statement}"
    assert statement > 20
    assert Job.objects.count() == Hold.objects.count() == Want.objects.count() == 1
    launch(market.pk, "one")
    assert Job.objects.count() == 1
