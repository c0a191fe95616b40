"""Stripe for the contract: the sandbox always, and the real one when a test key is in the environment."""

import os
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.checkout import KEY, SECRET, Checkout, stripe_process

REAL_KEY = os.environ.get("STRIPE_CONTRACT_KEY", "")  # sk_test_… of an account one may fill with rubbish
REAL_URL = "https://api.stripe.com"


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with stripe_process() as url:
        yield url


@pytest.fixture(params=["sandbox", "real"] if REAL_KEY else ["sandbox"])
def checkout(request: pytest.FixtureRequest, settings: Settings) -> Checkout:
    """One of the two, as the settings of this platform."""
    url = REAL_URL if request.param == "real" else request.getfixturevalue("sandbox_url")
    settings.STRIPE_API_URL, settings.STRIPE_WEBHOOK_SECRET = url, SECRET
    settings.STRIPE_SECRET_KEY = REAL_KEY if request.param == "real" else KEY
    return Checkout(url, settings.STRIPE_SECRET_KEY)


@pytest.fixture
def hosted(checkout: Checkout) -> Checkout:
    """Only the sandbox's payment page may be filled in by a program."""
    if checkout.url == REAL_URL:
        pytest.skip("the real payment page is for people")
    return checkout
