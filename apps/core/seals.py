"""Texts kept so that whoever reads the table, or a copy of it, learns nothing: encrypted under the platform's key."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(text: str, *, purpose: str) -> str:
    """Return the text encrypted; only `unseal` with the same purpose reads it. An empty text stays empty."""
    return _cipher(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what was sealed, by any key of settings.SECRET_KEY_FALLBACKS too. Raises InvalidToken for other text."""
    return _cipher(purpose).decrypt(sealed.encode()).decode() if sealed else ""


def _cipher(purpose: str) -> MultiFernet:
    keys: list[str] = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
