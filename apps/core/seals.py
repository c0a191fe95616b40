"""Texts kept so that whoever reads the table, or a copy of it, learns nothing: encrypted under the platform's key."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Model, QuerySet


def seal(text: str, *, purpose: str) -> str:
    """Return the text encrypted; only `unseal` with the same purpose reads it. An empty text stays empty."""
    return _cipher(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what was sealed, by any key of settings.SECRET_KEY_FALLBACKS too. Raises InvalidToken for other text."""
    return _cipher(purpose).decrypt(sealed.encode()).decode() if sealed else ""


def seal_renewed(sealed: str, *, purpose: str) -> str:
    """Return the text sealed with settings.SECRET_KEY; one that is so already comes as it is. Raises InvalidToken."""
    if not sealed:
        return sealed
    newest, *_ = ciphers = _ciphers(purpose)
    try:
        newest.decrypt(sealed.encode())
    except InvalidToken:
        return MultiFernet(ciphers).rotate(sealed.encode()).decode()
    return sealed


@dataclass(frozen=True)
class Renewed:
    """How many texts were sealed anew, and how many no key opens."""

    done: int = 0
    lost: int = 0

    def __add__(self, other: "Renewed") -> "Renewed":
        return Renewed(self.done + other.done, self.lost + other.lost)


def seals_renew(rows: QuerySet[Model], *fields: str, purpose: str) -> Renewed:
    """Seal these fields of the rows with settings.SECRET_KEY, each where it still is what was read; safe to repeat."""
    done = lost = 0
    for pk, *texts in rows.values_list("pk", *fields).iterator(chunk_size=500):
        for field, text in zip(fields, texts, strict=True):
            try:
                renewed = seal_renewed(text, purpose=purpose)
            except InvalidToken:
                lost += 1
                continue
            if renewed != text:
                done += rows.filter(**{"pk": pk, field: text}).update(**{field: renewed})
    return Renewed(done, lost)


def _cipher(purpose: str) -> MultiFernet:
    return MultiFernet(_ciphers(purpose))


def _ciphers(purpose: str) -> list[Fernet]:
    """Return the cipher of each key, the newest first."""
    keys: list[str] = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys]
    return [Fernet(base64.urlsafe_b64encode(digest)) for digest in digests]
