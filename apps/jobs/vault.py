"""Seals the secrets of jobs, with keys that are never in the database (docs/private-jobs.md).

The file of JOB_SECRETS_KEY_FILE, or the variable JOB_SECRETS_KEYS, holds JSON: {"1": "<64 hex digits>", …}. The highest
number seals, all of them open, so a new key is added first and old ones are taken out once nothing is sealed with
them. AES-256-GCM, bound to the row a secret belongs to: moved to another row it opens nothing.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEYS_VARIABLE = "JOB_SECRETS_KEYS"
NONCE_BYTES, KEY_BYTES = 12, 32


class VaultLocked(RuntimeError):
    """A secret was sealed with a key that is not among those configured, or it was changed since."""


def vault_keys() -> dict[int, bytes]:
    """Return every key by its number.

    Outside production a key made of SECRET_KEY does where none is given. Raises ImproperlyConfigured.
    """
    text = os.environ.get(KEYS_VARIABLE, "")
    if settings.JOB_SECRETS_KEY_FILE:
        try:
            text = Path(settings.JOB_SECRETS_KEY_FILE).read_text()
        except OSError as error:
            raise ImproperlyConfigured(
                f"The file of JOB_SECRETS_KEY_FILE cannot be read: {error.strerror}. Without it no job has secrets."
            ) from None
    if not text:
        if settings.PRODUCTION:
            raise ImproperlyConfigured(
                f"There is no key for the secrets of jobs: set JOB_SECRETS_KEY_FILE, or {KEYS_VARIABLE}, to"
                ' {"1": "<64 hex digits>"}; `manage.py job_secrets_key --file FILE` makes such a file.'
            )
        return {0: hashlib.sha256(b"jobs.vault:" + settings.SECRET_KEY.encode()).digest()}
    try:
        keys = {int(number): bytes.fromhex(key) for number, key in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        keys = {}
    if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise ImproperlyConfigured(
            'The keys for the secrets of jobs are no such map as {"1": "<64 hex digits>"}; mend JOB_SECRETS_KEY_FILE'
            f" or {KEYS_VARIABLE}."
        )
    return keys


def vault_key_current() -> int:
    """Return the number of the key that seals. Raises ImproperlyConfigured."""
    return max(vault_keys())


def vault_seal(values: Mapping[str, str], *, bound_to: str) -> tuple[int, bytes]:
    """Return the number of the key and the values sealed with it. Raises ImproperlyConfigured."""
    keys = vault_keys()
    number, nonce = max(keys), os.urandom(NONCE_BYTES)
    sealed = AESGCM(keys[number]).encrypt(nonce, json.dumps(dict(values)).encode(), bound_to.encode())
    return number, nonce + sealed


def vault_open(number: int, sealed: bytes, *, bound_to: str) -> dict[str, str]:
    """Return the values. Raises VaultLocked, which names the key and no secret."""
    key = vault_keys().get(number)
    if key is None:
        raise VaultLocked(f"The key {number} for the secrets of jobs is not configured any more; put it back.")
    try:
        opened = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except InvalidTag:
        raise VaultLocked(f"The key {number} does not open these secrets; they were changed or moved.") from None
    return dict(json.loads(opened))
