"""What strangers try at the door: guessing who is there, guessing passwords, borrowed sessions, crooked links."""

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.users.models import User
from tests.users.people import person, signed_in
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db
EXEMPT = {
    "google_login_by_token"
}  # Google's own page posts there, with a token in cookie and body that must agree
EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "https:evil.example",
    "http://testserver@evil.example/",
    "javascript:alert(1)",
    "\thttps://evil.example",
    "https://evil.example\\@testserver/",
]


@pytest.fixture
def hashes() -> Iterator[list[str]]:
    """Every password that is hashed meanwhile, which is what a sign-in spends its time on."""
    hasher: BasePasswordHasher = get_hasher()
    made: list[str] = []
    plain = type(hasher).encode

    def encode(self: Any, password: str, *rest: Any, **more: Any) -> str:
        made.append(password)
        return plain(self, password, *rest, **more)

    with patch.object(type(hasher), "encode", encode):
        yield made


def tried(email: str, password: str = "wrong horse battery") -> tuple[int, str]:
    """Return what somebody reads who tries that password, without what is theirs anyway."""
    answer = Client().post("/accounts/login/", {"login": email, "password": password})
    text = answer.content.decode()
    return answer.status_code, " ".join(
        word for word in text.replace(email, "…").split() if "csrf" not in word.lower() and 'value="' not in word
    )


def test_an_unknown_account_reads_and_costs_what_a_wrong_password_does(hashes: list[str]) -> None:
    person("known@acme.example")
    hashes.clear()
    known, spent = tried("known@acme.example"), len(hashes)
    hashes.clear()
    unknown = tried("unknown@acme.example")
    assert (unknown, len(hashes)) == (known, spent)
    assert spent == 1


def test_so_does_an_account_that_has_no_password_or_is_switched_off(hashes: list[str]) -> None:
    nobody = tried("unknown@acme.example")
    social = person("social@acme.example")
    social.set_unusable_password()
    social.save()
    off = person("off@acme.example")
    User.objects.filter(pk=off.pk).update(is_active=False)
    hashes.clear()
    assert tried("social@acme.example") == nobody
    assert len(hashes) == 1
    assert tried("off@acme.example") == nobody


def test_a_reset_says_the_same_whoever_asks(drain: Any) -> None:
    person("known@acme.example")
    answers = [
        Client().post("/accounts/password/reset/", {"email": f"{name}@acme.example"}, follow=True)
        for name in ("known", "unknown")
    ]
    known, unknown = (re.sub(r'csrfmiddlewaretoken" value="\w+"', "", one.content.decode()) for one in answers)
    assert known == unknown
    drain()
    assert sorted((m.to[0], "no account" in m.subject.lower()) for m in outbox.outbox) == [
        ("known@acme.example", False),
        ("unknown@acme.example", True),
    ]


def test_the_link_of_a_reset_names_our_own_host_whatever_the_request_named(drain: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    person("known@acme.example")
    Client().post("/accounts/password/reset/", {"email": "known@acme.example"}, headers={"host": "evil.example"})
    drain()
    body = str(outbox.outbox[0].body)
    assert settings.BASE_URL + "/accounts/password/reset/key/" in body
    assert "evil.example" not in body


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/"])
def test_a_host_that_is_not_ours_gets_no_page(path: str) -> None:
    assert Client().get(path, headers={"host": "evil.example"}).status_code == 400
    assert Client().get(path, headers={"x-forwarded-host": "evil.example"}).status_code in (200, 302)


def test_ten_wrong_passwords_and_the_right_one_has_to_wait_for_that_account_alone() -> None:
    known, other = person("known@acme.example"), person("other@acme.example")
    for number in range(10):
        tried(known.email, f"wrong {number}")
    answer = Client().post("/accounts/login/", {"login": known.email, "password": PASSWORD})
    assert answer.status_code != 302
    assert "Too many failed login attempts" in answer.content.decode()
    signed_in(other)


def test_twenty_wrong_passwords_from_one_place_and_it_waits_whosever_they_are() -> None:
    for number in range(20):
        tried(f"nobody-{number}@acme.example")
    known = person("known@acme.example")
    answer = Client().post("/accounts/login/", {"login": known.email, "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post("/accounts/login/", {"login": known.email, "password": PASSWORD}).status_code == 302


def test_an_unknown_account_is_locked_just_the_same() -> None:
    person("known@acme.example")
    for number in range(10):
        tried("known@acme.example", f"wrong {number}")
        tried("unknown@acme.example", f"wrong {number}")
    assert tried("unknown@acme.example") == tried("known@acme.example")


def test_a_session_from_before_signing_in_is_not_the_one_after() -> None:
    browser = Client()
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    browser.cookies["sessionid"] = planted
    signed_in(person(), client=browser)
    assert browser.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize("url", EVIL)
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/logout/"])
def test_a_link_leads_nowhere_but_here(path: str, url: str) -> None:
    user = person()
    browser = signed_in(user) if "logout" in path else Client()
    body = {"login": user.email, "password": PASSWORD, "next": url}
    answer = browser.post(f"{path}?next={url}", body)
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]


def forms() -> list[str]:
    """Return every address of allauth that takes no more than its own form."""
    found: list[str] = []

    def walk(patterns: list[Any], prefix: str) -> None:
        for one in patterns:
            path = prefix + str(one.pattern)
            if isinstance(one, URLResolver):
                walk(one.url_patterns, path)
            elif isinstance(one, URLPattern) and path.startswith("accounts/") and "<" not in path and one.name:
                found.append(one.name)

    walk(get_resolver().url_patterns, "")
    return sorted(set(found) - EXEMPT)


@pytest.mark.parametrize("name", forms())
def test_a_form_without_its_token_is_refused(name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person())
    for client in (browser, Client(enforce_csrf_checks=True)):
        answer = client.post(reverse(name), {"login": "x", "password": "y"})
        assert answer.status_code in (403, 405), f"{name} answered {answer.status_code}"
