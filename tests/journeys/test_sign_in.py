"""At the door in a real browser: a passkey that the browser keeps, and an organisation's own sign-in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect, sync_playwright

from apps.organisations.models import Membership
from tests.console.serve import chromium_path, launch_arguments, web
from tests.organisations.sso import oidc, proven, provider_of
from tests.users.people import person
from tests.world import PASSWORD, World

CHROMIUM = chromium_path()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> World:
    """The cast, for a server in another process, which knows the hashers of the settings alone."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in this thread
    return World.build()


@pytest.fixture
def database(world: World) -> str:
    """The address of the tests' own database."""
    settings = connection.settings_dict
    return f"postgres://postgres@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}"


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that may break no rule of the content security policy and no script."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=launch_arguments())
        fresh = browser.new_page(viewport={"width": 1280, "height": 900})
        fresh.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        fresh.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        yield fresh
        browser.close()
    assert [text for text in complaints if "Content Security Policy" in text or text.startswith("script")] == []


def test_a_passkey_is_added_and_opens_the_account_alone(world: World, database: str, page: Page) -> None:
    person(world.mia.email)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    with web(database, host="localhost") as base:
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


def test_somebody_new_comes_in_by_the_sign_in_of_their_organisation(
    world: World, database: str, page: Page
) -> None:
    proven(world.acme, join_role="developer")
    with oidc() as issuer, web(database) as base:
        provider_of(world.olga, issuer)
        page.goto(f"{base}/accounts/login/")
        page.get_by_role("link", name="Use your organisation's sign-in").click()
        page.locator("input[name=email]").fill("nina@acme.example")
        page.get_by_role("button", name="Continue").click()
        page.locator("#email").fill("nina@acme.example")
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{base}/o/acme/")
    assert Membership.objects.get(user__email="nina@acme.example").role == "developer"
