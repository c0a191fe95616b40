"""What must answer elsewhere: Stripe, the chain, the treasury on it, the price of NOS, the mail server."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from apps.billing.selectors import credits_owed
from apps.billing.selectors.rates import rates_health
from apps.bridge.selectors import lamports_needed, treasury
from apps.bridge.services.markets import CatalogueBroken, catalogue_read
from apps.core.mail import mail_server_greet
from apps.payments.gateway import KeyRefused
from apps.payments.services.endpoints import endpoint_check
from apps.support.deployment.findings import Finding
from apps.support.treasury import SOL


def of_stripe(now: datetime) -> Iterator[Finding]:
    """Whether the key works and Stripe knows where to send its news. Raises AppError."""
    try:
        wrong = endpoint_check()
    except KeyRefused:
        yield Finding(
            "Stripe does not accept STRIPE_SECRET_KEY for reading webhook endpoints: copy the key anew from Stripe's"
            " dashboard, or give a restricted one that right."
        )
        return
    for sentence in wrong:
        yield Finding(f"{sentence} Mend it with `manage.py stripe_endpoint --register`.")
    if not settings.STRIPE_WEBHOOK_SECRET.startswith("whsec_"):
        yield Finding("STRIPE_WEBHOOK_SECRET is no signing secret (whsec_…): copy it from Stripe's dashboard.")


def of_chain(now: datetime) -> Iterator[Finding]:
    """Whether the endpoint serves the configured cluster and the treasury has NOS and SOL. Raises ChainError."""
    found = treasury()
    address, micro, lamports = found["address"], int(found["nos_micro"]), int(found["lamports"])
    if micro == 0:
        owed = ", and customers own credits" if credits_owed() else ""
        yield Finding(
            f"The treasury {address} has no NOS for jobs{owed}: send some, and book it with `manage.py treasury_fund`."
        )
    needed = lamports_needed(now=now)
    if lamports < needed:
        yield Finding(
            f"The treasury {address} has {lamports / SOL:.3f} SOL, and a day takes {needed / SOL:.3f}: send SOL to it."
        )


def of_markets(now: datetime) -> Iterator[Finding]:
    """Whether any market is trusted."""
    try:
        listed = catalogue_read()
    except CatalogueBroken as error:
        yield Finding(f"{error} Mend MARKETS_FILE.")
        return
    if not listed and not settings.MARKETS_AUTHORITIES:
        yield Finding("No market is trusted, so no job could run: set MARKETS_FILE or MARKETS_AUTHORITIES.")


def of_rates(now: datetime) -> Iterator[Finding]:
    """Whether credits can be sold."""
    for sentence in rates_health(now=now):
        yield Finding(
            f"{sentence} `manage.py rate_read` says what the sources tell.",
            missing=not sentence.startswith("Only "),
        )


def of_mail(now: datetime) -> Iterator[Finding]:
    """Whether the mail server lets us in; sends nothing. Raises OSError."""
    try:
        mail_server_greet()
    except OSError as error:  # of smtplib, too
        told = error.strerror or type(error).__name__
        yield Finding(f"The mail server does not let us in ({told}): mend EMAIL_URL.")
