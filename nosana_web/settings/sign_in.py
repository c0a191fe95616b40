"""How people sign in."""

from typing import Any

from nosana_web.settings.process import ENVIRONMENT, env


def social_providers() -> dict[str, Any]:
    """Return the sign-in by others that this installation offers: each appears once its client id is set."""
    kinds: dict[str, dict[str, Any]] = {
        "google": {"SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True},
        "github": {"SCOPE": ["user:email"], "OAUTH_PKCE_ENABLED": True},
        "microsoft": {"SCOPE": ["User.Read"], "OAUTH_PKCE_ENABLED": True},
    }
    found: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
    for kind, facts in kinds.items():
        client_id = env.str(f"{kind.upper()}_CLIENT_ID", default="")
        secret = env.str(f"{kind.upper()}_CLIENT_SECRET", default="")
        app: dict[str, Any] = {"client_id": client_id, "secret": secret, "key": ""}
        if kind == "microsoft":
            app["settings"] = {"tenant": env.str("MICROSOFT_TENANT", default="common")}
        found[kind] = facts | ({"APPS": [app]} if client_id and secret else {})
    return found


AUTH_USER_MODEL = "users.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
_VALIDATION = "django.contrib.auth.password_validation"
# What everybody here would think of first; the platform's own name counts, too.
PASSWORD_WORDS = ("nosana", "solana", "blockchain", "credits", "gpu", "nvidia", "password", "passwort", "kennwort")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["email", "name"]}},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
    {"NAME": "apps.users.own_words.OwnWordsValidator"},
    {"NAME": "apps.users.breaches.BreachValidator"},
]
# Which passwords are known from breaches; asked by the first five characters of a password's SHA-1. Empty: not asked.
BREACHES_API_URL = env.str(
    "BREACHES_API_URL",
    default="" if ENVIRONMENT == "sandbox" else "https://api.pwnedpasswords.com",
)

ACCOUNT_ADAPTER = "apps.users.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "apps.users.forms.SignupForm",
    "login": "apps.users.forms.LoginForm",
    "add_email": "apps.users.forms.AddEmailForm",
    "change_password": "apps.users.forms.ChangePasswordForm",
    "set_password": "apps.users.forms.SetPasswordForm",
    "reset_password": "apps.users.forms.ResetPasswordForm",
    "reset_password_from_key": "apps.users.forms.ResetPasswordKeyForm",
    "confirm_email_verification_code": "apps.users.forms.CodeForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60  # the page and the mail say so
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever changes how an account is opened, its owner reads of it
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # of the session that changes it; all others end
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
SESSION_IDLE = 3 * 86_400  # seconds since a session was last used, after which it ends: a weekend is shorter
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    # Ten wrong passwords of one address, wherever they come from, and it waits a quarter of an hour.
    "login_failed": "20/m/ip,10/15m/key",
    "reset_password": "20/m/ip,3/10m/key",
    "reauthenticate": "10/m/user",
}

MFA_ADAPTER = "apps.users.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_TOTP_TOLERANCE = 1  # a code of half a minute ago, or of a clock that is half a minute fast, still counts
MFA_RECOVERY_CODES_SHOW_ONCE = True

SOCIALACCOUNT_ADAPTER = "apps.users.social.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address that a provider names opens no account of ours
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = social_providers()
_ORIGINS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "microsoft": "https://login.microsoftonline.com",
}
SOCIAL_ORIGINS = [origin for kind, origin in _ORIGINS.items() if "APPS" in SOCIALACCOUNT_PROVIDERS[kind]]

IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 3_600  # seconds: of programs that people sign in, such as the command line
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 90 * 86_400
IDP_OIDC_DEVICE_CODE_EXPIRES_IN = 600
