"""Signing up, in and out, in the platform's own clothes."""

import re

import pytest
from django import forms
from django.test import Client

from apps.console.templatetags.console import control
from apps.core.mail import mail_words
from apps.core.models import Mail
from apps.users.models import User
from tests.architecture.templates import REFUSED
from tests.world import World

SIGN_UP = {"email": "nina@boreal.example", "password1": "a quiet northern light"}


def code_of(email: str) -> str:
    """Return the code that the newest mail to this address brings, on a line of its own."""
    mail = Mail.objects.filter(to=email).latest("id")
    return re.search(r"\n([A-Z0-9]{4}-[A-Z0-9]{4})\n", mail_words(mail)[0]).group(1)


def test_a_newcomer_signs_up_confirms_with_the_code_and_is_asked_for_an_organisation(
    client: Client, db: None
) -> None:
    response = client.post("/accounts/signup/", SIGN_UP)
    assert "We sent a code to" in client.get(response.url).content.decode()
    response = client.post(response.url, {"code": code_of(SIGN_UP["email"])})
    assert client.get(response.url, follow=True).redirect_chain[-1][0] == "/organisations/new/"


def test_a_wrong_code_is_told_and_may_be_tried_again(client: Client, db: None) -> None:
    url = client.post("/accounts/signup/", SIGN_UP).url
    response = client.post(url, {"code": "WRONG1"})
    assert "Incorrect code" in response.content.decode()
    assert client.post(url, {"code": code_of(SIGN_UP["email"])}).status_code == 302


def test_a_weak_password_is_told_and_the_address_is_kept(client: Client, db: None) -> None:
    page = client.post("/accounts/signup/", {**SIGN_UP, "password1": "12345"}).content.decode()
    assert "too short" in page
    assert 'value="nina@boreal.example"' in page
    assert not User.objects.exists()


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(client: Client, db: None) -> None:
    page = client.post("/accounts/login/", {"login": "nobody@boreal.example", "password": "x"}).content.decode()
    assert "not correct" in page


def test_signing_out_from_the_menu_ends_the_session(world: World) -> None:
    olga = world.client(world.olga)
    assert olga.post("/accounts/logout/").url == "/"
    assert olga.get("/o/acme/").status_code == 302


@pytest.mark.parametrize("name", ["email/", "2fa/", "logout/"])
def test_account_pages_wear_the_platforms_clothes_and_no_inline_code(world: World, name: str) -> None:
    page = world.client(world.olga).get(f"/accounts/{name}").content.decode()
    assert 'class="account-nav"' in page
    assert [what for what, pattern in REFUSED.items() if pattern.search(page)] == []


@pytest.mark.parametrize("name", ["login/", "signup/", "password/reset/"])
def test_entrance_pages_wear_the_platforms_clothes_and_no_inline_code(client: Client, db: None, name: str) -> None:
    page = client.get(f"/accounts/{name}").content.decode()
    assert 'class="entrance"' in page
    assert [what for what, pattern in REFUSED.items() if pattern.search(page)] == []


def test_a_placeholder_that_repeats_its_label_is_left_out_below_it_and_stays_where_the_label_is_hidden() -> None:
    class Asked(forms.Form):
        code = forms.CharField(label="Code", widget=forms.TextInput(attrs={"placeholder": "Code"}))

    field = Asked()["code"]
    assert "placeholder" not in control(field, "Code")
    assert 'placeholder="Code"' in control(field)
