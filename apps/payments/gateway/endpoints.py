"""Webhook endpoints: where Stripe sends its events."""

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as Stripe has it now; `secret` is told only by the call that makes it."""

    id: str
    url: str
    enabled: bool
    api_version: str
    events: frozenset[str]
    secret: str = ""


def endpoints_list() -> list[Endpoint]:
    """Return the account's endpoints. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        return [
            Endpoint(
                id=endpoint.id,
                url=endpoint.url,
                enabled=endpoint.status == "enabled",
                api_version=endpoint.api_version or "",
                events=frozenset(endpoint.enabled_events),
            )
            for endpoint in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
        ]


def endpoint_create(*, url: str, events: list[str]) -> Endpoint:
    """Make an endpoint of our API version; return it with its signing secret.

    It takes no key of ours: under one, an endpoint that was deleted would come back as an answer, not as an endpoint.
    Raises StripeUnavailable or StripeRefused.
    """
    with stripe_client() as client:
        made = client.v1.webhook_endpoints.create(
            {
                "url": url,
                "enabled_events": cast(Any, events),
                "api_version": cast(Any, settings.STRIPE_API_VERSION),
            }
        )
        return Endpoint(
            id=made.id,
            url=made.url,
            enabled=True,
            api_version=made.api_version or "",
            events=frozenset(made.enabled_events),
            secret=made.secret or "",
        )


def endpoint_update(endpoint_id: str, *, events: list[str]) -> None:
    """Have the endpoint enabled and told of these events. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        client.v1.webhook_endpoints.update(endpoint_id, {"enabled_events": cast(Any, events), "disabled": False})
