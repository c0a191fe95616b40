"""Where somebody is signed in: when each browser was last used, when a sign-in ends, and what is written down of it."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.users.changes import CHANGES
from apps.users.seen import seen_at
from apps.users.templatetags.sessions import browser_words
from tests.users.people import person, signed_in
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db


def test_each_browser_shows_when_it_was_last_used() -> None:
    user = person()
    here, there = signed_in(user), signed_in(user)
    key = there.session.session_key
    assert key
    seen = seen_at(key)
    assert seen is None or timezone.now() - seen < timedelta(minutes=5)
    there.get("/account/data/")
    assert seen_at(key) is not None
    page = here.get("/accounts/sessions/").content.decode()
    assert "Last used" in page
    assert page.count("this browser") == 1


def test_a_sign_in_ends_after_thirty_days_however_busy_it_is() -> None:
    browser = signed_in(person())
    assert browser.get("/account/data/").status_code == 200
    session = browser.session
    for one in session["account_authentication_methods"]:
        one["at"] -= 31 * 86_400
    session.save()
    assert browser.get("/account/data/").status_code == 302


def test_a_sign_in_ends_that_nobody_used_for_three_days(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(person())
    browser.get("/account/data/")
    now = time.time()
    monkeypatch.setattr("apps.users.seen.time.time", lambda: now + 2.9 * 86_400)
    assert browser.get("/account/data/").status_code == 200
    monkeypatch.setattr("apps.users.seen.time.time", lambda: now + 6 * 86_400)
    assert browser.get("/account/data/").status_code == 302


def test_proving_anew_that_one_is_there_goes_on_under_another_key() -> None:
    user = person()
    browser = signed_in(user)
    browser.get("/account/data/")
    before = browser.session.session_key
    browser.post("/accounts/reauthenticate/?next=/account/data/", {"password": PASSWORD})
    after = browser.session.session_key
    assert before != after
    assert not Session.objects.filter(session_key=before).exists()
    assert list(UserSession.objects.filter(user=user).values_list("session_key", flat=True)) == [after]
    assert browser.get("/account/data/").status_code == 200


def test_staff_end_every_sign_in_of_a_person_and_of_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    nora, other = person(), person("other@acme.example")
    browsers, others = [signed_in(nora), signed_in(nora)], signed_in(other)
    call_command("sign_ins_end", "Nora@acme.example")
    assert "2 sign-ins of nora@acme.example have ended." in capsys.readouterr().out
    assert [browser.get("/account/data/").status_code for browser in browsers] == [302, 302]
    assert others.get("/account/data/").status_code == 200
    with pytest.raises(CommandError, match="Nobody here has the address"):
        call_command("sign_ins_end", "nobody@acme.example")


def test_sign_ins_are_written_down_without_what_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    user = person()
    with caplog.at_level(logging.INFO, logger="nosana_web.sign_in"):
        Client().post("/accounts/login/", {"login": user.email, "password": "wrong horse battery"})
        signed_in(user)
    said = [one.getMessage() for one in caplog.records if one.name == "nosana_web.sign_in"]
    assert said == [
        f"sign-in refused: {user.email} from 127.0.0.1",
        f"signed in: user {user.pk} by password from 127.0.0.1",
    ]


def test_what_changed_is_mailed_in_our_words_and_says_where_to_go(drain: Callable[[], int]) -> None:
    browser = signed_in(person())
    new = f"{PASSWORD} staple"
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    drain()
    sent = next(one for one in outbox.outbox if one.subject == "Your password was changed")
    assert "You now sign in by another password." in sent.body
    assert "/accounts/sessions/" in sent.body


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_can_be_said(name: str) -> None:
    facts: dict[str, Any] = dict.fromkeys(("from_email", "to_email", "deleted_email", "provider"), "x")
    subject, sentence = CHANGES[name]
    assert str(subject)
    assert "%" not in str(sentence) % facts


def test_a_browser_is_said_in_words_and_an_unknown_one_as_it_names_itself() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
    said = [browser_words(agent) for agent in (edge, phone, "curl/8.5.0", "")]
    assert said == ["Edge on Windows", "Safari on iPhone", "curl/8.5.0", "–"]
