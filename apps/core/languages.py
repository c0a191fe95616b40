"""The languages of the platform: which there are, which one is spoken now, and how numbers look in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo

from django.conf import settings
from django.utils import timezone, translation

PLAIN = "en_GB"  # the locale of what programs read, and of documents that are the same for everybody


def locale_now() -> str:
    """Return the locale of the language that is spoken now, as babel names it ("en_GB", "de")."""
    return translation.to_locale(translation.get_language() or settings.LANGUAGE_CODE)


def language_known(code: str) -> bool:
    """Return whether the platform speaks the language of that code."""
    return code in dict(settings.LANGUAGES)


@contextmanager
def spoken(language: str = "", zone: tzinfo | None = None) -> Iterator[None]:
    """Speak a person's language, the platform's own for "" or one it does not know, by the clock of `zone`.

    Whatever is said to somebody who did not send the request, such as a mail, is said inside.
    """
    code = language if language_known(language) else settings.LANGUAGE_CODE
    with translation.override(code), timezone.override(zone or timezone.get_default_timezone()):
        yield


@contextmanager
def plainly() -> Iterator[None]:
    """Speak as in no particular place: English, UTC. For what is kept, or is read by programs and by everybody."""
    with spoken():
        yield
