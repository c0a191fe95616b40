"""allauth's hooks for second factors and passkeys."""

from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken
from django.conf import settings

from apps.core.seals import seal, unseal

PURPOSE = "users.factors"


class FactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps sealed, and passkeys bound to the platform's own host."""

    def encrypt(self, text: str) -> str:
        """Return the secret sealed."""
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; one from before they were sealed comes as it is."""
        try:
            return unseal(encrypted_text, purpose=PURPOSE)
        except InvalidToken:
            return encrypted_text

    def get_totp_issuer(self) -> str:
        """Return the name under which an authenticator app shows the code."""
        return settings.PLATFORM_NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whom a passkey is for: our own host, whatever host the request named."""
        host = urlsplit(settings.BASE_URL).hostname or ""
        named = (
            any(letter.isalpha() for letter in host) and ":" not in host
        )  # browsers take no bare address for one
        return {"id": host if named else "localhost", "name": settings.PLATFORM_NAME}
