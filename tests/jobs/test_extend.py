"""More time for a job: who may ask, what is held, what the page says."""

import pytest
from django.utils import timezone

from apps.billing.models import Hold, HoldExtension
from apps.billing.selectors import wallet
from apps.billing.services import hold_shorten
from apps.core.errors import AppError, Conflict, Denied
from apps.jobs.models import Extension, Job, Want
from apps.jobs.services import (
    ApprovalNeeded,
    extension_landed,
    extension_refused,
    job_extend,
    job_stop,
)
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_list, job_make, markets_make
from tests.world import World

PRICE = 43


@pytest.fixture
def job(world: World) -> Job:
    """A queued job of Mia's with a time limit of 10 minutes."""
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.mia), markets_make()[0])
    job_list(made, timezone.now())
    return Job.objects.get(pk=made.pk)


def extend(world: World, job: Job, timeout_s: int = 1200, *, who: str = "mia") -> Job:
    """Ask for more time."""
    membership = Membership.objects.select_related("organisation", "user").get(user=getattr(world, who))
    return job_extend(membership=membership, job=job, timeout_s=timeout_s, now=timezone.now())


def test_more_time_is_held_and_wanted_once(world: World, job: Job) -> None:
    before = wallet(world.acme.pk)
    extend(world, job)
    extend(world, job)
    held = PRICE * 600 * 105 // 100
    assert wallet(world.acme.pk).available_micro == before.available_micro - held
    assert Want.objects.filter(kind="extend").count() == 1
    job.refresh_from_db()
    assert (job.timeout_s, job.attempt.network_micro) == (600, PRICE * 1200)


def test_it_arrives_once(world: World, job: Job) -> None:
    extend(world, job)
    want = Want.objects.get(kind="extend")
    for _ in range(2):
        extension_landed(want_id=want.pk, signature="s", slot=1, now=timezone.now())
    extension_refused(want_id=want.pk, sentence="No.", now=timezone.now())
    job.refresh_from_db()
    assert job.timeout_s == 1200
    assert [event.kind for event in job.events.order_by("seq")][-2:] == ["extend_requested", "extended"]
    assert HoldExtension.objects.get().released_at is None


def test_a_refusal_gives_the_extra_hold_back_once_and_another_may_be_asked_for(world: World, job: Job) -> None:
    before = wallet(world.acme.pk)
    for number in (1, 2):
        extend(world, job)
        want = Want.objects.filter(kind="extend").latest("pk")
        for _ in range(2):
            extension_refused(want_id=want.pk, sentence="The network said no.", now=timezone.now())
        assert wallet(world.acme.pk) == before
        assert Extension.objects.filter(state="refused").count() == number
    assert Hold.objects.get().amount_micro == PRICE * 600 * 105 // 100
    assert not hold_shorten(source=Hold.objects.get().source, key="unknown", reason="-", now=timezone.now())


def test_who_may_not_launch_may_not_extend(world: World, job: Job) -> None:
    with pytest.raises(Denied):
        extend(world, job, who="victor")
    assert not Extension.objects.exists()


@pytest.mark.parametrize(
    ("timeout_s", "sentence"), [(600, "must be longer"), (60, "must be longer"), (9_999_999, "7 days at most")]
)
def test_a_time_that_is_not_longer_or_too_long_is_refused(
    world: World, job: Job, timeout_s: int, sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        extend(world, job, timeout_s)
    assert not Extension.objects.exists()


def test_a_job_that_is_to_stop_gets_no_more_time(world: World, job: Job) -> None:
    job_stop(membership=Membership.objects.get(user=world.mia), job=job, now=timezone.now())
    with pytest.raises(Conflict, match="A stop was asked for"):
        extend(world, job)


def test_beyond_what_needs_an_approval_it_is_refused(world: World, job: Job) -> None:
    world.acme.approval_job_micro = PRICE * 700
    world.acme.save()
    with pytest.raises(ApprovalNeeded, match="allowed without an approval"):
        extend(world, job)


def test_the_page_says_what_it_costs_and_asks(world: World, job: Job) -> None:
    client = world.client(world.mia)
    url = f"/o/acme/jobs/{job.pk}/extend/"
    assert "More time" in client.get(f"/o/acme/jobs/{job.pk}/").content.decode()
    page = client.get(url, {"timeout_minutes": "20"}).content.decode()
    assert "0.027090" in page
    assert "0.054180" in page
    assert client.post(url, {"timeout_minutes": "20"}).status_code == 302
    assert Extension.objects.get().to_s == 1200
    assert client.post(url, {"timeout_minutes": "x"}).status_code == 422
    refused = client.post(url, {"timeout_minutes": "5"})
    assert (refused.status_code, "moment ago" in refused.content.decode()) == (409, True)


def test_the_page_is_for_those_who_may_launch(world: World, job: Job) -> None:
    url = f"/o/acme/jobs/{job.pk}/extend/"
    assert world.client(world.victor).get(url).status_code == 403
    assert world.client(world.xena).post(url, {"timeout_minutes": "20"}).status_code == 404


def test_a_page_of_more_time_takes_few_queries(
    world: World, job: Job, django_assert_max_num_queries: object
) -> None:
    client = world.client(world.mia)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get(f"/o/acme/jobs/{job.pk}/extend/")
