"""The door at Stripe's end: whether Stripe knows where to knock, and of what."""

from django.conf import settings
from django.urls import reverse

from apps.payments import gateway
from apps.payments.gateway import Endpoint
from apps.payments.handlers import HANDLERS


def endpoint_url() -> str:
    """Return the address of this platform that Stripe sends its events to."""
    return settings.BASE_URL + reverse("payments:stripe_webhook")


def endpoint_check() -> list[str]:
    """Return a sentence for each thing that is wrong with our endpoint at Stripe; none when all is right.

    Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    endpoint = _ours()
    if endpoint is None:
        return [f"Stripe has no endpoint {endpoint_url()}."]
    wrong = []
    if not endpoint.enabled:
        wrong.append(f"The endpoint {endpoint.url} is disabled.")
    if missing := sorted(_events_missing(endpoint)):
        wrong.append(f"The endpoint is not told of {', '.join(missing)}.")
    if endpoint.api_version and endpoint.api_version != settings.STRIPE_API_VERSION:
        wrong.append(
            f"The endpoint speaks API version {endpoint.api_version}, and this platform {settings.STRIPE_API_VERSION}:"
            " delete it in Stripe's dashboard and register it anew."
        )
    return wrong


def endpoint_register() -> Endpoint:
    """Make our endpoint at Stripe, or have the one there is enabled and told of every event we handle; return it.

    Its signing secret is in the answer only when it was made by this call. A repeat finds it. Raises
    gateway.StripeUnavailable or gateway.StripeRefused.
    """
    endpoint, events = _ours(), sorted(HANDLERS)
    if endpoint is None:
        return gateway.endpoint_create(url=endpoint_url(), events=events)
    if not endpoint.enabled or _events_missing(endpoint):
        gateway.endpoint_update(endpoint.id, events=events)
    return endpoint


def _ours() -> Endpoint | None:
    return next((endpoint for endpoint in gateway.endpoints_list() if endpoint.url == endpoint_url()), None)


def _events_missing(endpoint: Endpoint) -> set[str]:
    return set() if "*" in endpoint.events else set(HANDLERS) - endpoint.events
