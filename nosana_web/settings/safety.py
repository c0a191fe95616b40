"""Safety: what browsers are told, how much a request may bring, whom we believe and call."""

from apps.core.headers import ADMIN, page_policy
from nosana_web.settings.process import BASE_URL, ENVIRONMENT, PRODUCTION, env
from nosana_web.settings.sign_in import SOCIAL_ORIGINS

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": page_policy(
        forms_to=[
            *env.list("STRIPE_CHECKOUT_ORIGINS", default=["https://checkout.stripe.com"]),
            *SOCIAL_ORIGINS,  # as a sign-in by others ends
        ]
    ),
}
CONTENT_SECURITY_POLICY_ADMIN = ADMIN
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 86_400  # since the session last changed
SESSION_LONGEST = 30 * 86_400  # since its sign-in, whatever happened in between
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# Browsers take a cookie of such a name from this very host and over TLS alone.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("__Host-session", "__Host-csrf") if HTTPS else ("sessionid", "csrftoken")
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Of a request's body: bytes at most (apps/core/bodies.py looks before Django reads), also under certain addresses;
# seconds in which it must have come (for each 10 MB its address allows), and of silence on the way.
BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
BODY_BYTES_UNDER = {"/nodes/": 64_000_000}  # results of private jobs
BODY_SECONDS = env.int("BODY_SECONDS", default=30)
BODY_PAUSE_SECONDS = env.int("BODY_PAUSE_SECONDS", default=10)
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1_000, 10
# Networks (CIDR) of the proxies in front of us, whose X-Forwarded-For is believed; "unix" for one on a Unix socket.
TRUSTED_PROXIES = env.list("NOSANA_TRUSTED_PROXIES", default=[])

# Customers' webhooks may go to this machine itself: never where strangers choose the addresses.
OUTBOUND_LOOPBACK = env.bool("NOSANA_OUTBOUND_LOOPBACK", default=ENVIRONMENT == "sandbox")
