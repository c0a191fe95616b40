"""Passwords that are known from breaches, asked by k-anonymity: the register never sees a password, nor its digest.

We send the first five characters of the password's SHA-1 and get the rest of every digest that begins so. When there is
no answer in time, the password passes: a register that is down must not keep people out.
"""

import asyncio
import hashlib
import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import outbound
from apps.users.models import User

PREFIX = 5
SECONDS = 1.5
ANSWER_BYTES = 262_144  # a range has about a thousand lines of forty bytes
HEADERS = {"User-Agent": "nosana-web", "Accept-Encoding": "identity", "Add-Padding": "true"}
log = logging.getLogger(__name__)


def breaches_of(password: str) -> int | None:
    """Return in how many breached accounts the password was found; None when the register did not answer."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    url = f"{settings.BREACHES_API_URL.rstrip('/')}/range/{digest[:PREFIX]}"
    answer = asyncio.run(outbound.get(url, seconds=SECONDS, headers=HEADERS, most=ANSWER_BYTES))
    if answer.status != 200:
        log.warning("the register of breached passwords did not answer: %s", answer.error or answer.status)
        return None
    for line in answer.text.splitlines():
        suffix, _colon, count = line.strip().partition(":")
        if suffix == digest[PREFIX:]:
            return int(count) if count.isascii() and count.isdigit() else 1
    return 0


class BreachValidator:
    """Refuses a password that is known from a breach, where the register can be asked."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Pass a password that is not known. Raises ValidationError with a sentence."""
        if not settings.BREACHES_API_URL:
            return
        if breaches_of(password):
            raise ValidationError(
                _(
                    "This password is known from a breach of some other site, so strangers try it; choose one that you "
                    "use nowhere else."
                ),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """Return the rule as a sentence."""
        return str(gettext_lazy("Your password must not be known from a breach."))
