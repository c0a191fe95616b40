"""`manage.py stripe_endpoint`: Stripe knows where to send what we handle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.payments import gateway
from apps.payments.handlers import HANDLERS
from apps.payments.services.endpoints import endpoint_register
from apps.support.deployment.findings import part_findings
from apps.support.deployment.outside import of_stripe
from tests.checkout import Checkout

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _door(checkout: Checkout, settings: Any) -> Iterator[None]:
    """Have an address of our own, and leave no endpoint behind at the Stripe that all tests share."""
    settings.BASE_URL = "https://nosana.example"
    yield
    for endpoint in ours():
        checkout.delete(f"/v1/webhook_endpoints/{endpoint.id}")


def ours() -> list[gateway.Endpoint]:
    return [endpoint for endpoint in gateway.endpoints_list() if endpoint.url.startswith("https://nosana.example")]


def test_registering_makes_one_endpoint_and_tells_its_secret_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="no endpoint https://nosana.example/webhooks/stripe/"):
        call_command("stripe_endpoint")
    for _ in range(2):
        call_command("stripe_endpoint", "--register")
    assert capsys.readouterr().out.count("STRIPE_WEBHOOK_SECRET=whsec_") == 1
    [endpoint] = ours()
    assert endpoint.events == set(HANDLERS)
    call_command("stripe_endpoint")
    assert "every event it needs" in capsys.readouterr().out


def test_an_endpoint_that_is_told_too_little_is_mended() -> None:
    endpoint = endpoint_register()
    gateway.endpoint_update(endpoint.id, events=["charge.refunded"])
    with pytest.raises(CommandError, match="not told of charge.dispute.closed, "):
        call_command("stripe_endpoint")
    call_command("stripe_endpoint", "--register")
    assert ours()[0].events == set(HANDLERS)


def test_when_stripe_is_away_the_command_says_so(settings: Any) -> None:
    url, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="does not answer"):
        call_command("stripe_endpoint")
    settings.STRIPE_API_URL = url


def test_the_docs_name_every_event_we_handle() -> None:
    page = (Path(__file__).parents[2] / "docs" / "payments.md").read_text()
    assert [event for event in HANDLERS if f"`{event}`" not in page] == []


def test_a_deployment_without_endpoint_or_with_a_wrong_key_is_told_so(settings: Any) -> None:
    def told() -> list[str]:
        return [finding.sentence for finding in part_findings(of_stripe, now=timezone.now())]

    assert "no endpoint https://nosana.example/webhooks/stripe/. Mend it with" in told()[0]
    endpoint_register()
    assert told() == []
    key, settings.STRIPE_SECRET_KEY = settings.STRIPE_SECRET_KEY, "not-of-stripe"
    assert "does not accept STRIPE_SECRET_KEY" in told()[0]
    settings.STRIPE_SECRET_KEY = key
