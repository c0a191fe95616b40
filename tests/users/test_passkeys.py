"""Passkeys: bound to our own host, whatever page asks for them."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.users.passkeys import Passkey
from tests.users.people import person, signed_in

pytestmark = pytest.mark.django_db
ADD, LOGIN = "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/login/"
ELSEWHERE = [
    "https://evil.example",
    "http://localhost.evil.example",
    "http://evil.example:8000",
    "http://127.0.0.1:8000",
    "null",
]


def registered(passkey: Passkey, **more: str) -> tuple[Client, str]:
    """Register a passkey; return the browser and the id by which the passkey knows the person."""
    browser = signed_in(person())
    options = browser.get(ADD).context["js_data"]["creation_options"]
    body = {"name": "Laptop", "passwordless": "on", "credential": passkey.made(options, **more)}
    browser.post(ADD, body)
    return browser, options["publicKey"]["user"]["id"]


def opened(passkey: Passkey, user_id: str, **more: Any) -> bool:
    """Sign in by the passkey alone; return whether that opens the account."""
    browser = Client()
    options = browser.get(LOGIN, headers={"x-requested-with": "XMLHttpRequest"}).json()["request_options"]
    browser.post(LOGIN, {"credential": passkey.used(options, user_id, **more)})
    return browser.get("/organisations/new/").status_code == 200


def test_a_passkey_opens_the_account_without_a_password() -> None:
    passkey = Passkey()
    _browser, user_id = registered(passkey)
    assert opened(passkey, user_id)


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_one_that_was_used_on_another_page_opens_nothing(origin: str) -> None:
    passkey = Passkey()
    _browser, user_id = registered(passkey)
    assert not opened(passkey, user_id, origin=origin)


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_nor_is_one_kept_that_was_made_on_another_page(origin: str) -> None:
    registered(Passkey(), origin=origin)
    assert not Authenticator.objects.exists()


def test_a_passkey_of_another_host_is_none_of_ours() -> None:
    registered(Passkey(host="evil.example"))
    assert not Authenticator.objects.exists()


def test_anothers_key_signs_nothing_in_ones_name() -> None:
    passkey = Passkey()
    _browser, user_id = registered(passkey)
    forged = Passkey(credential_id=passkey.credential_id)
    assert not opened(forged, user_id)


def test_an_answer_to_another_question_opens_nothing() -> None:
    passkey = Passkey()
    _browser, user_id = registered(passkey)
    first, second = Client(), Client()
    options = first.get(LOGIN, headers={"x-requested-with": "XMLHttpRequest"}).json()["request_options"]
    second.get(LOGIN, headers={"x-requested-with": "XMLHttpRequest"})
    second.post(LOGIN, {"credential": passkey.used(options, user_id)})
    assert second.get("/organisations/new/").status_code == 302
    assert json.dumps(options)
