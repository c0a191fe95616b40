"""An organisation's own sign-in by SAML: answers are signed, for us, for this browser, fresh, and count once."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.organisations.models import Provider
from apps.organisations.services.sign_in import provider_set
from apps.organisations.services.sign_in.providers import ProviderWanted
from tests.organisations.people import by
from tests.organisations.saml import ISSUER, Idp, asked, brought, browser
from tests.organisations.sso import proven
from tests.users.people import person
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def idp() -> Idp:
    """Acme's provider."""
    return Idp()


@pytest.fixture
def provider(world: World, idp: Idp) -> Provider:
    """Acme's own sign-in by SAML, for acme.example; Mia has an account."""
    person(world.mia.email)
    proven(world.acme)
    wanted = ProviderWanted(
        kind="saml", issuer=ISSUER, sso_url="https://idp.acme.example/sso", certificate=idp.certificate
    )
    return provider_set(**by(world.olga), wanted=wanted)


def inside(client: Client) -> bool:
    """Return whether the browser is in Acme."""
    return client.get("/o/acme/").status_code == 200


def test_a_member_comes_in(world: World, provider: Provider, idp: Idp) -> None:
    client = browser()
    answer = brought(client, provider.key, idp.answer(provider.key, asked(client), world.mia.email))
    assert answer.redirect_chain[-1][0] == "/o/acme/"
    assert answer.context["user"] == world.mia
    assert inside(client)


def test_an_answer_counts_once(world: World, provider: Provider, idp: Idp) -> None:
    client = browser()
    answer = idp.answer(provider.key, asked(client), world.mia.email)
    brought(client, provider.key, answer)
    client.post("/accounts/logout/")
    brought(client, provider.key, answer)
    assert not inside(client)


def test_it_counts_in_the_browser_that_asked_and_in_no_other(world: World, provider: Provider, idp: Idp) -> None:
    client, thief = browser(), browser()
    answer = idp.answer(provider.key, asked(client), world.mia.email)
    asked(thief)
    brought(thief, provider.key, answer)
    assert not inside(thief)


@pytest.mark.parametrize(
    "lie",
    [
        {"audience": "https://another.example/metadata"},
        {"recipient": "https://another.example/acs/"},
        {"destination": "https://another.example/acs/"},
        {"issuer": "https://idp.evil.example/"},
        {"until": "2020-01-01T00:00:00Z"},
        {"before": "2999-01-01T00:00:00Z"},
        {"email": "xena@xenon.example"},
        {"email": ""},
        {"sign": False},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing(
    world: World, provider: Provider, idp: Idp, lie: dict[str, Any]
) -> None:
    client = browser()
    facts = {"email": world.mia.email} | lie
    answer = brought(client, provider.key, idp.answer(provider.key, asked(client), **facts))
    assert answer.status_code < 500
    assert not inside(client)
    assert not SocialAccount.objects.exists()


def test_another_key_signs_nothing(world: World, provider: Provider) -> None:
    client = browser()
    brought(client, provider.key, Idp().answer(provider.key, asked(client), world.mia.email))
    assert not inside(client)


@pytest.mark.parametrize("question", ["_made_up_request_1", ""])
def test_nobody_is_let_in_who_did_not_ask(world: World, provider: Provider, idp: Idp, question: str) -> None:
    client = browser()
    brought(client, provider.key, idp.answer(provider.key, question, world.mia.email))
    assert not inside(client)


def test_nonsense_is_answered_with_a_page(provider: Provider) -> None:
    for nonsense in ("", "x", "PHhtbC8+", "%%%"):
        answer = brought(browser(), provider.key, nonsense)
        assert answer.status_code < 500


def test_metadata_name_our_addresses(provider: Provider) -> None:
    text = browser().get(f"/accounts/saml/{provider.key}/metadata/").content.decode()
    assert f"/accounts/saml/{provider.key}/acs/" in text


@pytest.mark.parametrize(
    "certificate", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_certificate_that_is_none_is_refused(world: World, certificate: str) -> None:
    body = {
        "kind": "saml",
        "issuer": ISSUER,
        "sso_url": "https://idp.acme.example/sso",
        "certificate": certificate,
    }
    answer = world.client(world.olga).post("/o/acme/settings/sign-in/provider/", body)
    assert answer.status_code == 422
    assert not Provider.objects.exists()
