"""What an API key looks like: `nos_<environment>_<prefix><secret>`, and what is kept of it."""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass

from django.conf import settings

LETTERS = string.ascii_letters + string.digits
PREFIX_LENGTH, SECRET_LENGTH = 12, 43  # 43 letters of 62 hold 256 random bits
SHAPE = re.compile(rf"nos_([a-z]{{1,12}})_([0-9A-Za-z]{{{PREFIX_LENGTH}}})[0-9A-Za-z]{{{SECRET_LENGTH}}}")


@dataclass(frozen=True)
class Token:
    """A key as it is shown, once; the database keeps its prefix and its digest."""

    text: str
    environment: str
    prefix: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole key, as hexadecimal text. It needs no salt: the secret is 256 random bits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def token_make() -> Token:
    """Return a new random key of this environment."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(PREFIX_LENGTH + SECRET_LENGTH))
    environment = settings.API_KEY_ENVIRONMENT
    return Token(f"nos_{environment}_{letters}", environment, letters[:PREFIX_LENGTH])


def token_read(text: str) -> Token | None:
    """Return the key that the text is, or None if it has not the shape of one."""
    found = SHAPE.fullmatch(text)
    return Token(text, found[1], found[2]) if found else None
