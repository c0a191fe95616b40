"""Signing up and in by e-mail."""

import re
from collections.abc import Callable

from django.core import mail as outbox
from django.test import Client

from apps.users.models import User
from tests.world import PASSWORD, World

SIGN_UP = {"email": "Nora@Example.org", "password1": PASSWORD}


def test_a_newcomer_signs_up_and_confirms_with_the_code_from_the_mail(db: None, drain: Callable[[], int]) -> None:
    browser = Client()
    browser.post("/accounts/signup/", SIGN_UP)
    drain()
    sent = outbox.outbox[0]
    code = re.search(r"\n([A-Z0-9]{4}-[A-Z0-9]{4})\n", str(sent.body))
    assert code is not None
    assert sent.to == ["nora@example.org"]
    assert sent.subject == f"{code[1]} is your code for Nosana Web"
    assert browser.get("/organisations/new/").status_code == 302  # not signed in yet
    browser.post("/accounts/confirm-email/", {"code": code[1]})
    assert User.objects.get().email == "nora@example.org"
    assert browser.get("/organisations/new/").status_code == 200


def test_a_wrong_code_confirms_nothing_and_says_so(db: None) -> None:
    browser = Client()
    browser.post("/accounts/signup/", SIGN_UP)
    answer = browser.post("/accounts/confirm-email/", {"code": "WRNG-CODE"})
    assert "Incorrect code" in answer.content.decode()
    assert browser.get("/organisations/new/").status_code == 302


def test_signing_up_twice_looks_the_same_and_only_the_mail_tells(world: World, drain: Callable[[], int]) -> None:
    first, second = Client(), Client()
    new = first.post("/accounts/signup/", SIGN_UP)
    known = second.post("/accounts/signup/", {**SIGN_UP, "email": world.olga.email})
    assert (new.status_code, new.url) == (known.status_code, known.url)  # type: ignore[attr-defined]
    drain()
    subjects = {message.to[0]: message.subject for message in outbox.outbox}
    assert subjects[world.olga.email] == "You already have an account at Nosana Web"


def test_an_e_mail_address_belongs_to_one_person_in_any_case(world: World) -> None:
    assert User.objects.filter(email="olga@acme.example").count() == 1
    Client().post("/accounts/signup/", {**SIGN_UP, "email": "OLGA@acme.example"})
    assert User.objects.filter(email__iexact="olga@acme.example").count() == 1
