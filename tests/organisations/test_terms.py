"""Terms of service: accepted by version, once, before the first top-up."""

import pytest
from django.conf import settings as live
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.core.errors import Conflict, Denied
from apps.organisations.models import AuditEvent, TermsAcceptance
from apps.organisations.services import TermsNotAccepted, terms_accept, terms_require
from tests.organisations.people import by
from tests.world import World

PAGE = "/o/acme/settings/terms/"


@pytest.fixture
def world(world: World) -> World:
    """Acme before anybody has accepted the terms."""
    TermsAcceptance.objects.filter(organisation=world.acme).delete()
    return world


def test_anybody_reads_the_terms(client: Client, db: None) -> None:
    assert "Terms of service" in client.get("/terms/").content.decode()


def test_billing_accepts_and_the_page_says_who_did(world: World) -> None:
    bea = world.client(world.bea)
    assert "Accept for Acme" in bea.get(PAGE).content.decode()
    assert bea.post(PAGE, {"version": live.TERMS_VERSION}).url == PAGE
    assert "Accepted for Acme by Bea" in world.client(world.victor).get(PAGE).content.decode()


def test_a_repeat_returns_the_first_acceptance(world: World) -> None:
    first = terms_accept(**by(world.olga), version=live.TERMS_VERSION)
    assert terms_accept(**by(world.bea), version=live.TERMS_VERSION) == first
    assert AuditEvent.objects.filter(act="terms.accepted").count() == 1


@pytest.mark.parametrize("version", ["", "2020-01", "\x00"])
def test_another_version_is_refused(world: World, version: str) -> None:
    with pytest.raises(Conflict, match="is in force"):
        terms_accept(**by(world.olga), version=version)
    assert not TermsAcceptance.objects.filter(organisation=world.acme).exists()


def test_a_developer_accepts_nothing_for_the_organisation(world: World) -> None:
    with pytest.raises(Denied):
        terms_accept(**by(world.mia), version=live.TERMS_VERSION)
    assert world.client(world.mia).post(PAGE, {"version": live.TERMS_VERSION}).status_code == 403


def test_a_new_version_is_to_be_accepted_again(world: World, settings: Settings) -> None:
    terms_accept(**by(world.olga), version=live.TERMS_VERSION)
    terms_require(world.acme)
    settings.TERMS_VERSION = "2031-01"
    with pytest.raises(TermsNotAccepted, match="2031-01") as refusal:
        terms_require(world.acme)
    assert refusal.value.step == ("Read and accept the terms", PAGE)


def test_asking_whether_they_are_accepted_takes_one_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1), pytest.raises(TermsNotAccepted):
        terms_require(world.acme)
