"""One Stripe for all tests here; each test makes its own top-ups on it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.payments.models import TopUp
from tests.checkout import KEY, SECRET, Checkout, stripe_process
from tests.payments.automatic import Automatic
from tests.payments.topups import TopUps, handled
from tests.world import World

COMPLETED, DISPUTING = "checkout.session.completed", "4000000000000259"


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    with stripe_process() as url:
        yield url


@pytest.fixture
def checkout(stripe_url: str, settings: Settings) -> Checkout:
    """Stripe, with this platform as its customer."""
    settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = stripe_url, KEY, SECRET
    return Checkout(stripe_url)


@pytest.fixture
def topups(world: World, checkout: Checkout) -> TopUps:
    """Acme's top-ups, at a rate that is fresh."""
    return TopUps(world, checkout)


@pytest.fixture
def opened(topups: TopUps) -> TopUp:
    """A top-up of €100 before VAT whose Checkout is open."""
    return topups.opened()


@pytest.fixture
def paid(topups: TopUps) -> TopUp:
    """A top-up that was paid at Stripe, of which we have heard nothing yet."""
    return topups.paid()


@pytest.fixture
def automatic(topups: TopUps) -> Automatic:
    """Acme's cards and its rule for automatic top-ups."""
    return Automatic(topups, topups.checkout)


@pytest.fixture
def credited(paid: TopUp, checkout: Checkout) -> TopUp:
    """A top-up of €121.00 that is paid and credited."""
    handled(checkout.events(paid.id)[COMPLETED])
    paid.refresh_from_db()
    return paid


@pytest.fixture
def disputed(topups: TopUps, checkout: Checkout) -> TopUp:
    """A top-up that is paid and credited, and whose holder disputed it at once; we have not heard of that."""
    topup = topups.opened()
    checkout.pay(topup.checkout_url, DISPUTING)
    handled(checkout.events(topup.id)[COMPLETED])
    topup.refresh_from_db()
    return topup
