"""What production must not be started with; `manage.py check --deploy` says it, and the web server refuses."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from apps.core.environment import DEVELOPMENT
from apps.core.money import CURRENCIES

LOCAL = {"127.0.0.1", "localhost", "testserver", "*"}


def production_fit(app_configs: Any, **more: Any) -> list[CheckMessage]:
    """Return an error for each setting with which no platform should be open to strangers."""
    return [
        Error(sentence, hint=f"Set {name}.", id=f"support.E{number:03}")
        for number, (wrong, name, sentence) in enumerate(_wrongs(), 1)
        if wrong
    ]


def refuse_unfit() -> None:
    """Stop a web server of production with settings not fit for it. Raises ImproperlyConfigured."""
    if not settings.PRODUCTION:
        return
    found = production_fit(None)
    if found:
        raise ImproperlyConfigured(" ".join(f"{message.msg} {message.hint}" for message in found))


def _wrongs() -> Iterator[tuple[bool, str, str]]:
    """Yield (whether it is wrong, the variable, why); numbers stay, so new ones go to the end."""
    stripe: str = settings.STRIPE_SECRET_KEY
    database = settings.DATABASES["default"]
    over_network = not str(database.get("HOST") or "/").startswith("/")
    yield (
        DEVELOPMENT in settings.SECRET_KEY,
        "DJANGO_SECRET_KEY",
        "The sandbox's secret key is known to everybody.",
    )
    yield not settings.BASE_URL.startswith("https://"), "NOSANA_BASE_URL", "The platform's address is not https."
    yield bool(LOCAL & set(settings.ALLOWED_HOSTS)), "DJANGO_ALLOWED_HOSTS", "Any host, or a local one, is let in."
    yield settings.DEBUG, "DJANGO_DEBUG=0", "Debug pages show settings and code."
    yield stripe.startswith(("sk_test_", "rk_test_")), "STRIPE_SECRET_KEY", "Stripe's key is one for tests."
    yield not stripe, "STRIPE_SECRET_KEY", "There is no key of Stripe: nobody could pay."
    yield not settings.STRIPE_WEBHOOK_SECRET, "STRIPE_WEBHOOK_SECRET", "Without it no news of Stripe are believed."
    yield settings.CHAIN_CLUSTER == "sandbox", "CHAIN_CLUSTER", "The sandbox's chain holds no real NOS."
    yield settings.OUTBOUND_LOOPBACK, "NOSANA_OUTBOUND_LOOPBACK=0", "Webhooks could reach this machine itself."
    yield "console" in settings.EMAIL_BACKEND, "EMAIL_URL", "Mails are printed instead of sent."
    yield over_network and not database.get("PASSWORD"), "DATABASE_URL", "The database asks for no password."
    yield not settings.REDIS_URL, "REDIS_URL", "Without Redis no task is sent, and no limit of rates is shared."
    yield (
        not settings.STAFF_SECOND_FACTOR,
        "NOSANA_STAFF_SECOND_FACTOR=1",
        "Staff pages open to a password alone.",
    )
    yield (
        settings.SELLER["currency"] not in CURRENCIES,
        "SELLER_CURRENCY",
        f"VAT could not be told in the seller's currency: NOS is priced in {', '.join(CURRENCIES)} alone.",
    )
