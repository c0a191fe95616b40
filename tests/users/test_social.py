"""Sign-in by others: offered where it is configured, and never a way into an account that exists."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.users.models import User
from sandbox.oidc.app import CLIENT_ID, CLIENT_SECRET
from tests.organisations.sso import came_back, lies, oidc, proven
from tests.users.people import person, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/elsewhere/login/"


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[str]:
    """Another house's sign-in, configured as Google would be."""
    with oidc() as url:
        app = {"provider_id": "elsewhere", "name": "Elsewhere", "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
        app["settings"] = {"server_url": url}  # type: ignore[assignment]
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        yield url


def came_in(browser: Client, email: str) -> Any:
    """Sign in there as somebody; return the last answer here."""
    sent = browser.post(LOGIN)
    return browser.get(came_back(sent.headers["Location"], email), follow=True)


def inside(browser: Client) -> bool:
    """Return whether the browser is signed in."""
    return browser.get("/organisations/new/").status_code == 200


def test_nothing_is_offered_until_it_is_configured(db: None, elsewhere: str, settings: Any) -> None:
    assert "Continue with Elsewhere" in Client().get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Continue with" not in Client().get("/accounts/login/").content.decode()


def test_somebody_new_gets_an_account_and_joins_an_open_domain(world: World, elsewhere: str) -> None:
    proven(world.acme, join_role="viewer")
    browser = Client()
    came_in(browser, "nina@acme.example")
    assert inside(browser)
    assert User.objects.get(email="nina@acme.example").memberships.get().role == "viewer"


def test_an_address_that_it_names_opens_no_account_that_exists(world: World, elsewhere: str) -> None:
    person(world.mia.email)
    browser = Client()
    came_in(browser, world.mia.email)
    assert not inside(browser)
    assert not SocialAccount.objects.exists()


def test_an_address_that_it_does_not_vouch_for_is_confirmed_first(world: World, elsewhere: str) -> None:
    proven(world.acme, join_role="viewer")
    lies(elsewhere, userinfo={"email_verified": False})
    browser = Client()
    came_in(browser, "nina@acme.example")
    assert not inside(browser)
    assert not User.objects.get(email="nina@acme.example").memberships.exists()


def test_connected_from_inside_it_opens_the_account(world: World, elsewhere: str) -> None:
    browser = signed_in(person(world.mia.email))
    sent = browser.post(f"{LOGIN}?process=connect")
    browser.get(came_back(sent.headers["Location"], "mia@private.example"), follow=True)
    fresh = Client()
    came_in(fresh, "mia@private.example")
    assert fresh.get("/o/acme/").status_code == 200


@pytest.mark.parametrize("path", ["login/", "login/token/", "login/callback/"])
@pytest.mark.parametrize("provider", ["google", "github", "microsoft"])
def test_a_provider_that_is_not_configured_is_no_door(provider: str, path: str) -> None:
    browser = Client()
    answer = browser.post(f"/accounts/{provider}/{path}", {"credential": "x"})
    assert answer.status_code in (200, 302, 400, 404), answer.content
    assert not inside(browser)
