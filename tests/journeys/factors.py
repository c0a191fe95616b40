"""Pages of sign-in that somebody with a second factor sees, and what a browser holds on the way to them."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.test import Client

from tests.users.people import person
from tests.world import PASSWORD, World

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
)
SECURED_PAGES = {
    "secured-factors": "/accounts/2fa/",
    "secured-app-off": "/accounts/2fa/totp/deactivate/",
    "secured-codes": "/accounts/2fa/recovery-codes/",
    "secured-codes-new": "/accounts/2fa/recovery-codes/generate/",
}
KEY_PAGES = {
    "keyed-factors": "/accounts/2fa/",
    "keyed-keys": "/accounts/2fa/webauthn/",
    "keyed-key-name": "/accounts/2fa/webauthn/keys/{key}/edit/",
    "keyed-key-remove": "/accounts/2fa/webauthn/keys/{key}/remove/",
    "keyed-sessions": "/accounts/sessions/",
}
HALFWAY_PAGES = {"login-second-factor": "/accounts/2fa/authenticate/"}


def secured_make(world: World) -> dict[str, dict[str, str]]:
    """Give Adam an app and recovery codes, Bea a security key and two browsers; return what they see, by e-mail."""
    person(world.adam.email)
    TOTP.activate(world.adam, generate_totp_secret())
    RecoveryCodes.activate(world.adam)
    key = Authenticator.objects.create(
        user=world.bea,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Key on the key ring", "passwordless": True},
    )
    for agent in AGENTS:
        client = Client()
        client.force_login(world.bea)
        UserSession.objects.create(
            user=world.bea, session_key=client.session.session_key, ip="198.51.100.7", user_agent=agent
        )
    keyed = {name: path.format(key=key.pk) for name, path in KEY_PAGES.items()}
    return {world.adam.email: SECURED_PAGES, world.bea.email: keyed}


def halfway_session(email: str) -> str:
    """Return the session cookie of somebody who gave their password and is asked for the second factor."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    return client.cookies["sessionid"].value
