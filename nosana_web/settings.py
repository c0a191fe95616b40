"""All settings, read from the environment. Data only, no rules."""

from pathlib import Path
from urllib.parse import unquote

from apps.core.environment import Environment, secret_key
from apps.core.headers import ADMIN, page_policy
from apps.core.money import CURRENCIES
from apps.payments import tiers
from nosana_web.sign_in import *  # noqa: F403 - names of settings: how people sign in

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()  # any NAME may also lie in a file that NAME_FILE names

# --- the process -----------------------------------------------------------------------------------------
ENVIRONMENT = env.str("NOSANA_ENVIRONMENT", default="sandbox")  # sandbox | staging | production
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DJANGO_DEBUG", default=False)
SECRET_KEY = secret_key(env, environment=ENVIRONMENT)
SECRET_KEY_FALLBACKS = env.list(
    "DJANGO_SECRET_KEY_FALLBACKS", default=[]
)  # still open what they sealed and signed
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "testserver"])
BASE_URL = env.str("NOSANA_BASE_URL", default="http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
PLATFORM_NAME = "Nosana Web"
# While we work on the platform: what people read instead of every page, or above pages on which nothing can be written.
MAINTENANCE, READ_ONLY = env.str("NOSANA_MAINTENANCE", default=""), env.str("NOSANA_READ_ONLY", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")  # where errors go; empty: nowhere
OTEL_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")  # where spans go by OTLP; empty: nowhere
# Whether staff pages open to a second factor only; production insists on it (support.E013).
STAFF_SECOND_FACTOR = env.bool("NOSANA_STAFF_SECOND_FACTOR", default=ENVIRONMENT != "sandbox")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # what Prometheus sends; without it there is no /metrics

INSTALLED_APPS = [
    "apps.core",
    "apps.users",
    "apps.ledger",
    "apps.organisations",
    "apps.notifications",
    "apps.billing",
    "apps.payments",
    "apps.jobs",
    "apps.bridge",
    "apps.console",
    "apps.support",
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py discovers: only the web needs the admin's pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.microsoft",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "template_partials",
    "csp",
]

MIDDLEWARE = [
    "apps.core.logs.RequestMiddleware",
    "apps.support.health.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.CompressMiddleware",
    "apps.core.headers.PrivacyMiddleware",
    "apps.core.headers.PolicyMiddleware",
    "apps.core.middleware.MaintenanceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.users.middleware.LanguageMiddleware",
    "apps.users.seen.SeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.AppErrorMiddleware",
    "apps.support.announcements.guard.ReadOnlyMiddleware",
    "apps.console.guards.OwnWayMiddleware",
    "apps.console.guards.FreshMiddleware",
    "apps.support.door.StaffFactorMiddleware",
    "apps.support.door.StaffChoiceMiddleware",
    "apps.support.visiting.VisitMiddleware",
]

ROOT_URLCONF = "nosana_web.urls"
WSGI_APPLICATION = "nosana_web.wsgi.application"
ASGI_APPLICATION = "nosana_web.asgi.application"
WIRING = "nosana_web.wiring"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "apps.console.context.shell",
                "apps.support.announcements.views.banners",
            ],
            "builtins": ["apps.core.templatetags.amounts", "apps.console.templatetags.console"],
        },
    }
]

# --- data ------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/nosana")}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])  # a Unix socket's folder comes quoted
if env.bool(
    "DATABASE_POOL", default=False
):  # for ASGI: each request has a thread, and so a connection, of its own
    most = env.int("DATABASE_POOL_SIZE", default=10)
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 2, "max_size": most, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),  # redis-py's word for a Unix socket
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- work in the background ------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
TASK_QUEUES = {"payments": "payments", "bridge": "bridge", "core.mail_deliver": "mail"}  # by app, or by task
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- people ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# --- mail ------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
STAFF_EMAIL = env.str("STAFF_EMAIL", default="operations@nosana-web.example")  # alerts about the platform itself
DEFAULT_FROM_EMAIL = env.str("NOSANA_MAIL_FROM", default="Nosana Web <billing@nosana-web.example>")

# --- language, time, files -------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]  # of templates; each app has its own besides (docs/languages.md)
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 86_400  # seconds
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("NOSANA_STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
# Compressed files, kept by browsers for ever under names that say what is in them; `collectstatic` makes them.
STATIC_HASHED = env.bool("NOSANA_STATIC_HASHED", default=PRODUCTION)
WHITENOISE_USE_FINDERS = not STATIC_HASHED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "apps.core.static.HashedStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- browser safety --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": page_policy(
        forms_to=[
            *env.list("STRIPE_CHECKOUT_ORIGINS", default=["https://checkout.stripe.com"]),
            *SOCIAL_ORIGINS,  # noqa: F405 - as a sign-in by others ends
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

# --- REST ------------------------------------------------------------------------------------------------
API_KEY_ENVIRONMENT = "live" if PRODUCTION else ENVIRONMENT  # the middle of nos_live_…
API_REQUESTS_A_MINUTE = env.int("API_REQUESTS_A_MINUTE", default=600)  # of one key, or one person
REST_FRAMEWORK = {
    # Of anything that is no apps.organisations.api.frame.Endpoint, which says for itself who may come and with what.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.rest.schema.Reference",
    "EXCEPTION_HANDLER": "apps.core.rest.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Nosana Web API",
    "DESCRIPTION": "Everything the console can, for programs. Credits are whole micro-NOS, money is whole minor "
    "units (cents), moments are UTC. docs/api.md explains keys, repeats, pages, limits and refusals.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["apps.console.openapi.ours_alone"],
    "POSTPROCESSING_HOOKS": ["apps.console.openapi.completed"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
}

# --- the staff's pages -----------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Nosana Web staff",
    "SITE_HEADER": "Nosana Web",
    "SITE_SUBHEADER": "Desk of the staff",
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "apps.support.desk.views.desk",
    "COLORS": {"primary": "apps.support.desk.colours.greens"},
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}

# --- the seller (what invoices say) ----------------------------------------------------------------------
SELLER = {
    "name": env.str("SELLER_NAME", default="Nosana Web B.V. (sandbox)"),
    "address": env.str("SELLER_ADDRESS", default="Herengracht 1, 1015 BA Amsterdam"),
    "country": env.str("SELLER_COUNTRY", default="NL"),
    "vat_id": env.str("SELLER_VAT_ID", default="NL000099998B57"),
    "email": env.str("SELLER_EMAIL", default="billing@nosana-web.example"),
    "prefix": env.str("SELLER_INVOICE_PREFIX", default="NW"),
    "registration": env.str("SELLER_REGISTRATION", default="KvK 00000000"),  # number in the trade register
    "currency": env.str("SELLER_CURRENCY", default="EUR"),  # what the seller's VAT returns are in
    "oss": env.bool("SELLER_OSS", default=True),  # VAT of other EU countries goes through the one-stop shop
}

TERMS_VERSION = env.str("TERMS_VERSION", default="2026-11")  # in force: templates/terms/<version>.html

# --- money -----------------------------------------------------------------------------------------------
PLATFORM_FEE_BP = env.int("PLATFORM_FEE_BP", default=500)  # basis points of the node's price
RATE_SPREAD_BP = env.int("RATE_SPREAD_BP", default=200)  # basis points on the NOS rate of a quote
QUOTE_MINUTES = env.int("QUOTE_MINUTES", default=60)
# Where the price of NOS comes from, the most trusted first. Pyth is asked only if there is a key for it, and tells
# NOS only if its feed is named; the euro and the pound are the same feeds for everybody.
PYTH_URL = env.str("PYTH_URL", default="https://pyth.dourolabs.app/hermes")
PYTH_API_KEY = env.str("PYTH_API_KEY", default="")
PYTH_FEEDS = {
    "NOS/USD": env.str("PYTH_NOS_FEED", default=""),
    "EUR/USD": "a995d00bb36a63cef7fd2c287dc105fc8f3d93779f062f09551b0af3e81ec30b",
    "GBP/USD": "84c2dde9633d93d1bcad84e7dc41c9d56578b7ec52fabedc1f335d673df0a7c1",
}
COINGECKO_URL = env.str("COINGECKO_URL", default="https://api.coingecko.com/api/v3")
COINGECKO_API_KEY = env.str("COINGECKO_API_KEY", default="")
VIES_URL = env.str("VIES_URL", default="https://ec.europa.eu/taxation_customs/vies/rest-api")
TRIAL_CREDITS = env.int("TRIAL_CREDITS", default=0)  # whole credits for a new organisation; 0: no trial
CAP_STAFF_ALONE_CREDITS = env.int("CAP_STAFF_ALONE_CREDITS", default=1_000)  # staff raise a cap to it alone
GOODWILL_LIMIT_CREDITS = env.int("GOODWILL_LIMIT_CREDITS", default=100)  # above it a second person approves
TRIAL_STAFF_ALONE_DAYS = env.int("TRIAL_STAFF_ALONE_DAYS", default=90)  # longer, a second person approves
TRIAL_DAYS = env.int("TRIAL_DAYS", default=30)
# What a top-up may be before VAT, in minor units, and the amounts its page offers, in whole units; by currency:
# TOPUP_MINIMUM_MINOR="EUR=1000;USD=1000;GBP=1000", TOPUP_PRESETS="EUR=25,100,500;USD=25,100;GBP=25".
TOPUP_MINIMUM_MINOR = env("TOPUP_MINIMUM_MINOR", cast={"value": int}, default=dict.fromkeys(CURRENCIES, 1_000))
TOPUP_MAXIMUM_MINOR = env("TOPUP_MAXIMUM_MINOR", cast={"value": int}, default=dict.fromkeys(CURRENCIES, 1_000_000))
# What stolen cards would run into (docs/payments.md): ceilings by age and history, and how often what may happen.
TOPUP_TIERS = env.json("TOPUP_TIERS", default=tiers.TIERS)
TOPUP_VELOCITY = env.json("TOPUP_VELOCITY", default=tiers.VELOCITY)
TOPUP_STAFF_ALONE_MINOR = env.int("TOPUP_STAFF_ALONE_MINOR", default=500_000)  # a second person above; minor units
TOPUP_PRESETS = env(
    "TOPUP_PRESETS", cast={"value": [int]}, default=dict.fromkeys(CURRENCIES, [25, 100, 500, 1_000])
)

# --- Stripe ----------------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
STRIPE_API_VERSION = "2026-10-28.endive"
# The bank method offered beside cards, by currency; it must be switched on in the Stripe account:
# STRIPE_BANK_METHODS="EUR=sepa_debit;GBP=bacs_debit;USD=us_bank_account".
STRIPE_BANK_METHODS = env("STRIPE_BANK_METHODS", cast={"value": str}, default={})
# The header in which a proxy in front of us says the visitor's country (ISO 3166 code), e.g. CF-IPCountry.
GEO_COUNTRY_HEADER = env.str("GEO_COUNTRY_HEADER", default="")

# --- chain -----------------------------------------------------------------------------------------------
CHAIN_CLUSTER = env.str("CHAIN_CLUSTER", default="sandbox")  # a profile of nosana.chain
# Where people look at what is on the chain; {kind} is tx or address, {name} the signature or address. "" for no links.
CHAIN_EXPLORER = env.str(
    "CHAIN_EXPLORER",
    default={
        "mainnet": "https://explorer.solana.com/{kind}/{name}",
        "devnet": "https://explorer.solana.com/{kind}/{name}?cluster=devnet",
    }.get(CHAIN_CLUSTER, ""),
)
CHAIN_RPC_URL = env.str("CHAIN_RPC_URL", default="")
CHAIN_WS_URL = env.str("CHAIN_WS_URL", default="")
CHAIN_GENESIS_HASH = env.str("CHAIN_GENESIS_HASH", default="")
CHAIN_FEE_DIVISOR = env.int("CHAIN_FEE_DIVISOR", default=0)
# What a unit of computation is offered beyond the base fee, micro-lamports: more in times when blocks are full.
CHAIN_PRIORITY_FEE = env.int("CHAIN_PRIORITY_FEE", default=0)
# The master seed is read by worker processes only (bridge), from a file or, where files are unwelcome, a variable.
CHAIN_SEED_FILE = env.str("CHAIN_SEED_FILE", default="")
CHAIN_SEED_VERSION = env.int("CHAIN_SEED_VERSION", default=1)
CHAIN_TREASURY_FILE = env.str("CHAIN_TREASURY_FILE", default="")
TREASURY_LAMPORTS_FLOOR = env.int("TREASURY_LAMPORTS_FLOOR", default=100_000_000)  # a day takes that at least
MARKETS_FILE = env.str("MARKETS_FILE", default="")  # catalogue of the markets we trust: address, name, GPU, VRAM
# The network's own list of markets (names, GPUs, prices in dollars); empty: it is not asked. Its markets are offered
# besides those of the catalogue only if their authority on the chain is named here.
MARKETS_API_URL = env.str(
    "MARKETS_API_URL",
    default={
        "mainnet": "https://dashboard.k8s.prd.nos.ci/api",
        "devnet": "https://dashboard.k8s.dev.nos.ci/api",
    }.get(CHAIN_CLUSTER, ""),
)
MARKETS_AUTHORITIES = env.list("MARKETS_AUTHORITIES", default=[])
IPFS_API_URL = env.str("IPFS_API_URL", default="https://api.pinata.cloud")
IPFS_GATEWAY_URL = env.str("IPFS_GATEWAY_URL", default="https://nosana.mypinata.cloud")
IPFS_TOKEN = env.str("IPFS_TOKEN", default="")
NODE_URL_TEMPLATE = env.str("NODE_URL_TEMPLATE", default="https://{node}.node.k8s.prd.nos.ci")
NODE_DIRECTORY_FILE = env.str("NODE_DIRECTORY_FILE", default="")  # sandbox: where nodes without a domain listen

# --- private jobs ----------------------------------------------------------------------------------------
# Keys for the secrets of jobs: this file, or the variable JOB_SECRETS_KEYS (apps/jobs/vault.py).
JOB_SECRETS_KEY_FILE = env.str("JOB_SECRETS_KEY_FILE", default="")
# Where nodes fetch private definitions and deliver results; https outside the sandbox.
NODE_EXCHANGE_URL = env.str("NODE_EXCHANGE_URL", default=BASE_URL)

# --- logs of jobs ----------------------------------------------------------------------------------------
JOB_LOG_BYTES = env.int("JOB_LOG_BYTES", default=1_000_000_000)  # kept of one job at most
JOB_LOG_DAYS = env.int("JOB_LOG_DAYS", default=90)  # kept after a job's end, where its organisation says nothing

LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "line")  # json for machines, line for people
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "apps.core.logs.LineFormatter"},
        "json": {"()": "apps.core.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        **{name: {"level": "WARNING"} for name in ("httpx", "httpx2", "httpcore", "stripe", "celery")},
        "celery.apps.worker": {"level": "INFO"},  # says when the worker is ready
        # One line for each answer, by its route.
        "nosana_web.requests": {"level": env.str("LOG_REQUESTS", default="INFO" if PRODUCTION else "WARNING")},
        # The server's own lines pass the same formatter; Django's, too, in every environment.
        **{name: {"handlers": ["stderr"], "propagate": False} for name in ("uvicorn", "django", "django.server")},
        "uvicorn.access": {"handlers": [], "propagate": False},  # it would tell addresses, which can hold secrets
    },
}
