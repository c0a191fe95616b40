"""The one file that imports `stripe`: its client, its errors as ours, and the check of its signatures."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from stripe.params import PaymentIntentCreateParams as PaymentIntentCreateParams
from stripe.params.checkout import SessionCreateParams as SessionCreateParams

from apps.core.errors import AppError

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
LIVE = "https://api.stripe.com"  # it takes files at an address of its own
NO_CUSTOMER = "No such customer"  # how Stripe begins the sentence about one that was deleted
RETRIES = 2  # by the library, with the same idempotency key


class StripeUnavailable(AppError):
    """Stripe did not answer, or not usefully: nothing is known to have happened, and a repeat is safe."""

    code = "stripe_unavailable"
    status = 503


class KeyRefused(StripeUnavailable):
    """Stripe does not know our key, or it may not do this; to customers that is as if Stripe were away."""


class StripeRefused(AppError):
    """Stripe understood the request and refused it: a repeat would be refused too."""

    code = "stripe_refused"
    status = 502


class CustomerGone(StripeRefused):
    """The customer that was named was deleted at Stripe, with all its cards."""

    code = "customer_gone"


class CardDeclined(StripeRefused):
    """The bank refused the card; `intent` is the payment that failed, as Stripe has it, where there is one."""

    code = "card_declined"
    status = 402
    intent: dict[str, Any] | None = None


class SignatureRefused(AppError):
    """A delivery that Stripe did not sign with our secret, or too long ago."""

    code = "signature_refused"
    status = 400


class EventUnreadable(AppError):
    """A delivery that Stripe signed and that is no event we could keep."""

    code = "event_unreadable"
    status = 400


@contextmanager
def stripe_client() -> Iterator[stripe.StripeClient]:
    """Lend the client outside any transaction, and turn Stripe's errors into ours."""
    if not settings.STRIPE_SECRET_KEY:
        raise StripeUnavailable(_("Card payments are not set up here: STRIPE_SECRET_KEY is empty."))
    with transaction.atomic(durable=True):
        pass  # raises inside a transaction: a slow answer must never hold locks
    try:
        yield _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_URL)
    except stripe.CardError as error:
        logger.info("the bank refused: %s", error)
        declined = CardDeclined(
            _("The bank refused this: %(user_message)s") % {"user_message": error.user_message or error}
        )
        told: Any = error.json_body or {}
        declined.intent = told.get("error", {}).get("payment_intent")
        raise declined from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        if error.http_status == 409:  # a twin of ours is under way with the same key
            raise StripeUnavailable(_("The same is being done at this moment; look again in a minute.")) from error
        logger.warning("Stripe refused: %s", error)
        gone = error.code == "resource_missing" and str(error.user_message or error).startswith(NO_CUSTOMER)
        raise (CustomerGone if gone else StripeRefused)(
            f"Stripe refused this: {error.user_message or error}"
        ) from error
    except stripe.StripeError as error:
        logger.warning("Stripe did not help: %s %s", type(error).__name__, error)
        ours = isinstance(error, stripe.AuthenticationError | stripe.PermissionError)
        raise (KeyRefused if ours else StripeUnavailable)(
            _("Stripe does not answer right now, and nothing was charged; try again in a minute.")
        ) from error


@cache
def _client(key: str, url: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": url} if url == LIVE else {"api": url, "files": url},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def signature_check(raw_body: bytes, signature: str) -> None:
    """Accept a body that Stripe signed with our secret, whenever that was. Raises SignatureRefused."""
    try:
        stripe.WebhookSignature.verify_header(raw_body, signature, settings.STRIPE_WEBHOOK_SECRET)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise SignatureRefused(
            _(
                "This delivery is not signed with this endpoint's secret; compare the signing secret in "
                "Stripe's dashboard with STRIPE_WEBHOOK_SECRET."
            )
        ) from error
