"""Passwords that are known from breaches."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from apps.users.breaches import breaches_of
from apps.users.models import User
from sandbox.breaches.app import KNOWN, application
from tests.users.people import served
from tests.world import PASSWORD


@pytest.fixture
def register(settings: Any) -> Iterator[str]:
    """The register, where the platform looks for it."""
    with served(application()) as url:
        settings.BREACHES_API_URL = url
        yield url


def test_a_known_password_is_refused_at_sign_up_with_a_sentence(db: None, register: str) -> None:
    answer = Client().post("/accounts/signup/", {"email": "nora@example.org", "password1": KNOWN[0]})
    assert "known from a breach" in answer.content.decode()
    assert not User.objects.exists()


def test_an_unknown_one_passes_although_its_range_is_full_of_others(register: str) -> None:
    assert breaches_of(PASSWORD) == 0
    validate_password(PASSWORD)


def test_the_register_is_told_five_characters_of_a_digest_and_no_more(register: str) -> None:
    breaches_of(PASSWORD)
    digest = hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest().upper()
    assert httpx.get(f"{register}/_sandbox/asked", trust_env=False).json() == [digest[:5]]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://10.0.0.1", "nonsense"])
def test_a_register_that_does_not_answer_keeps_nobody_out(settings: Any, url: str) -> None:
    settings.BREACHES_API_URL = url
    assert breaches_of(KNOWN[0]) is None
    validate_password(KNOWN[0])


def test_it_can_be_switched_off(settings: Any) -> None:
    settings.BREACHES_API_URL = ""
    validate_password(KNOWN[0])


def test_the_other_rules_hold_without_it() -> None:
    for weak in ("short", "1234567890123", "password1234"):
        with pytest.raises(ValidationError):
            validate_password(weak)


@pytest.mark.parametrize("password", ["nosana-web-2026", "Solana.GPU.1234", "MyPassword123"])
def test_a_password_that_is_little_more_than_our_own_words_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="word of ours"):
        validate_password(password)
    validate_password(f"{password} or seven dwarfs")
