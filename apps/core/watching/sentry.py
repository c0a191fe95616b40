"""Errors to Sentry, with everything scrubbed that the log would not say either."""

from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.argv import ArgvIntegration
from structlog.contextvars import get_contextvars

from apps.core.scrubbing import scrub_fields

UNKNOWN = "an unknown address"


def sentry_start(**more: Any) -> None:
    """Send errors to settings.SENTRY_DSN from now on; `more` goes to the library, for tests."""
    sentry_sdk.init(
        **{
            "dsn": settings.SENTRY_DSN,
            "environment": settings.ENVIRONMENT,
            "include_local_variables": False,  # they hold what no pattern knows to be a secret
            "max_request_body_size": "never",
            "disabled_integrations": [ArgvIntegration()],
            "before_send": event_scrubbed,
            "before_breadcrumb": breadcrumb_scrubbed,
            **more,
        }
    )


def event_scrubbed(event: Any, hint: Any) -> Any:
    """Return the event without addresses, headers, cookies and bodies, its texts scrubbed, with the ids of the log."""
    if request := event.get("request"):
        event["request"] = {name: request[name] for name in ("method",) if name in request}
    if event.get("transaction_info", {}).get("source") == "url":
        event["transaction"] = UNKNOWN
    event["tags"] = {**event.get("tags", {}), **get_contextvars()}
    return scrub_fields(event)


def breadcrumb_scrubbed(breadcrumb: Any, hint: Any) -> Any:
    """Return the breadcrumb scrubbed; None for calls to others, whose addresses may hold secrets."""
    return None if breadcrumb.get("type") == "http" else scrub_fields(breadcrumb)
