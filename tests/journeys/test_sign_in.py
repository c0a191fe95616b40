"""At the door in a real browser: a passkey that the browser keeps, and an organisation's own sign-in."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.organisations.models import Membership
from tests.journeys import stage
from tests.organisations.sso import oidc, proven, provider_of
from tests.users.people import person
from tests.world import PASSWORD, World

pytestmark = stage.IN_A_BROWSER
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    """The cast, for a server in another process, which knows the hashers of the settings alone."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    return World.build()


def test_a_passkey_is_added_and_opens_the_account_alone(world: World, page: Page) -> None:
    person(world.mia.email)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    with stage.served(host="localhost") as base:
        page.goto(f"{base}/accounts/login/")
        page.locator("input[name=login]").fill(world.mia.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_url(f"{base}/o/acme/")
        page.goto(f"{base}/accounts/2fa/webauthn/add/")
        page.locator("#id_name").fill("Laptop")
        page.locator("#id_passwordless").check()
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        page.goto(f"{base}/accounts/logout/")
        page.locator("main").get_by_role("button", name="Sign out").click()
        page.goto(f"{base}/accounts/login/")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_url(f"{base}/o/acme/")
        page.goto("about:blank")  # the server is its own and goes now; a page that polls would complain


def test_somebody_new_comes_in_by_the_sign_in_of_their_organisation(world: World, page: Page) -> None:
    proven(world.acme, join_role="developer")
    with oidc() as issuer, stage.served() as base:
        provider_of(world.olga, issuer)
        page.goto(f"{base}/accounts/login/")
        page.get_by_role("link", name="Use your organisation's sign-in").click()
        page.locator("input[name=email]").fill("nina@acme.example")
        page.get_by_role("button", name="Continue").click()
        page.locator("#email").fill("nina@acme.example")
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{base}/o/acme/")
    assert Membership.objects.get(user__email="nina@acme.example").role == "developer"
