"""What home tells: first steps, the month, what to look at, and what people did, as far as the role allows."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.utils import timezone

from apps.billing.models import Lot
from apps.jobs.models import Attempt, Job
from apps.jobs.services import attempt_failed
from apps.jobs.state import Reason
from apps.organisations.models import ApiKey, Organisation
from tests.console.scene import credits_give, job_list, job_make, limits_make, markets_make, scene_make
from tests.organisations.keys import key_make
from tests.organisations.people import invited, member
from tests.world import World, organisation_make


def home(world: World, user: object, slug: str = "acme") -> str:
    """Return the home page as the person sees it."""
    return world.client(user).get(f"/o/{slug}/").content.decode()  # type: ignore[arg-type]


def done(page: str) -> int:
    """Return how many first steps are ticked."""
    return page.partition("First steps")[2].partition("</section>")[0].count('<li class="done">')


def test_first_steps_tick_themselves_and_leave(world: World) -> None:
    solo = organisation_make(world.xena, "Solo")
    EmailAddress.objects.create(user=world.xena, email=world.xena.email, primary=True, verified=False)
    assert done(home(world, world.xena, "solo")) == 0
    EmailAddress.objects.update(verified=True)
    assert done(home(world, world.xena, "solo")) == 1
    credits_give(solo)
    job_make(member(world.xena, solo), markets_make()[0])
    assert done(home(world, world.xena, "solo")) == 3
    Organisation.objects.filter(pk=solo.pk).update(created_at=timezone.now() - timedelta(days=30))
    assert "First steps" not in home(world, world.xena, "solo")


def test_an_invitation_is_the_last_step(world: World) -> None:
    solo = organisation_make(world.xena, "Solo")
    credits_give(solo)
    job_make(member(world.xena, solo), markets_make()[0])
    assert "First steps" in home(world, world.xena, "solo")
    world.client(world.xena).post("/o/solo/members/invite/", {"email": "nina@boreal.example", "role": "viewer"})
    assert "First steps" not in home(world, world.xena, "solo")


def test_the_month_is_shown_against_the_budget_to_whoever_sees_billing(world: World) -> None:
    scene_make(world.acme, world.olga)
    limits_make(member(world.olga))
    for user, sees in ((world.olga, True), (world.bea, True), (world.mia, False), (world.victor, False)):
        page = home(world, user)
        assert ("Spent this month" in page) is sees, user
        assert ("of 2.00" in page) is sees, user


def test_what_needs_a_look_is_told_with_where_to_go(world: World) -> None:
    credits_give(world.acme)
    market, now = markets_make()[0], timezone.now()
    failed, parked = (job_make(member(world.mia), market, name=name) for name in ("Broken run", "Stuck run"))
    job_list(failed, now)
    attempt_failed(attempt_id=failed.attempt.pk, reason=Reason.CHAIN_REFUSED, sentence="No.", now=now)
    Attempt.objects.filter(job=parked).update(parked_at=now)
    key, _ = key_make(world.olga, "jobs.view"), Lot.objects.update(expires_at=now + timedelta(days=3))
    ApiKey.objects.update(expires_at=now + timedelta(days=2))
    page = home(world, world.olga)
    assert "Failed in the last day" in page
    assert f'href="/o/acme/jobs/{failed.pk}/">Broken run' in page
    assert "Stuck run</a>." in page
    assert "These API keys end soon" in page
    assert "These credits expire soon" in page
    assert key is not None
    assert "These credits expire soon" not in home(world, world.victor)
    Job.objects.filter(pk=failed.pk).update(ended_at=now - timedelta(days=2))
    assert "Broken run</a>" not in home(world, world.olga).partition("Running and waiting")[0]


def test_what_people_did_is_shown_to_whoever_sees_the_trail(world: World) -> None:
    invited(world.olga)
    assert "What people did last" in home(world, world.adam)
    assert "What people did last" not in home(world, world.mia)
