"""A person who reads German: pages, forms and mails speak it, and amounts are written as German writes them."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.credit_forms import credits_field
from apps.core.catalogues import compile_stale
from apps.core.languages import spoken
from apps.core.models import Mail
from apps.organisations.models import Membership
from apps.organisations.services import Actor, ownership_transfer
from apps.users.services import language_choose
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.world import World


@pytest.fixture(autouse=True, scope="module")
def _catalogues() -> None:
    compile_stale()


@pytest.fixture
def mia(world: World) -> Client:
    """Mia's browser; she chose German, and Acme's clock is Berlin's."""
    world.acme.time_zone = "Europe/Berlin"
    world.acme.save()
    credits_give(world.acme, 1_234)
    language_choose(user=world.mia, language="de")
    return world.client(world.mia)


def test_home_launch_and_job_speak_german(world: World, mia: Client) -> None:
    home = mia.get("/o/acme/").text
    assert '<html lang="de">' in home
    assert "Guthaben" in home
    assert "Job starten" in home
    assert "1.234,00" in home
    market = markets_make()[0]
    launch = mia.get("/o/acme/jobs/new/").text
    assert "Was es kostet" in launch
    assert "Wo es ausgeführt wird" in launch
    job = job_make(Membership.objects.get(user=world.mia), market)
    job_list(job, timezone.now())
    job_run(job, timezone.now())
    page = mia.get(f"/o/acme/jobs/{job.pk}/").text
    assert "Kosten bisher" in page
    assert 'data-zone="Europe/Berlin"' in page
    assert "Zum Inhalt springen" in mia.get("/o/acme/nowhere/").text


def test_amounts_can_be_typed_with_a_comma_in_german() -> None:
    with spoken("de"):
        assert credits_field().clean("12,50") == credits_field().clean("12.50")


def test_mails_speak_the_language_of_each_whom_they_are_for(world: World) -> None:
    language_choose(user=world.adam, language="de")
    olga, adam = (Membership.objects.get(user=user) for user in (world.olga, world.adam))
    actor = Actor.person(world.olga)
    ownership_transfer(membership=olga, member_id=adam.pk, confirmation="Acme", actor=actor, now=timezone.now())
    german, english = (Mail.objects.get(to=user.email) for user in (world.adam, world.olga))
    assert german.subject == "Acme gehört jetzt Ihnen"
    assert german.text.startswith("Guten Tag,")
    assert english.subject == "Acme belongs to Adam now"
