"""Keys derived from the master seed, so that everything can be found again from the database and the seed alone.

Worker processes alone read the seed, here and nowhere else. A derived secret is HKDF-SHA256 (RFC 5869) of the
seed with an info text that names purpose, seed version and subject; it is the 32-byte seed of an ed25519 key.
"""

import hashlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

SALT = b"nosana-web"
SEED_VARIABLE = "CHAIN_SEED"


class SeedMissing(RuntimeError):
    """The master seed is not there or not readable; the message says how to give it."""


@dataclass(frozen=True)
class Seed:
    """One version of the master seed."""

    version: int
    secret: bytes = field(repr=False)

    def project(self, organisation_id: str) -> bytes:
        """Return the secret of an organisation's on-chain project key."""
        return self._derive(f"project/v{self.version}/{organisation_id}")

    def job(self, genesis_hash: str, program: str, job_id: str, attempt: int) -> bytes:
        """Return the secret of the key whose address is an attempt's job account."""
        return self._derive(f"job/v{self.version}/{genesis_hash}/{program}/{job_id}/{attempt}")

    def run(self, genesis_hash: str, program: str, job_id: str, attempt: int) -> bytes:
        """Return the secret of the key whose address is an attempt's run account."""
        return self._derive(f"run/v{self.version}/{genesis_hash}/{program}/{job_id}/{attempt}")

    def _derive(self, purpose: str) -> bytes:
        return hkdf_sha256(self.secret, salt=SALT, info=f"nosana-web/{purpose}".encode(), length=32)


def hkdf_sha256(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """Return `length` bytes of HKDF-SHA256 (RFC 5869)."""
    pseudo_random_key = hmac.new(salt, secret, hashlib.sha256).digest()
    block, output = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.new(pseudo_random_key, block + info + bytes([number]), hashlib.sha256).digest()
        output += block
    return output[:length]


def seed_load(version: int | None = None) -> Seed:
    """Return the seed of that version (default: the configured one). Raises SeedMissing.

    The file, or the variable CHAIN_SEED, holds JSON: {"1": "<64 hex digits>", …}.
    """
    version = settings.CHAIN_SEED_VERSION if version is None else version
    if settings.CHAIN_SEED_FILE:
        try:
            text = Path(settings.CHAIN_SEED_FILE).read_text()
        except OSError as error:
            raise SeedMissing(f"The seed file of CHAIN_SEED_FILE cannot be read: {error.strerror}.") from None
    else:
        text = os.environ.get(SEED_VARIABLE, "")
    try:
        secret = bytes.fromhex(json.loads(text)[str(version)])
    except (ValueError, KeyError, TypeError):
        secret = b""
    if len(secret) != 32:
        raise SeedMissing(
            f"There is no seed of version {version}: CHAIN_SEED_FILE, or the variable {SEED_VARIABLE}, must hold"
            f' {{"{version}": "<64 hex digits>"}}.'
        )
    return Seed(version=version, secret=secret)


def seed_make(path: Path) -> None:
    """Write a new seed of version 1, readable by its owner only, unless the file exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as out:
        json.dump({"1": secrets.token_hex(32)}, out)
