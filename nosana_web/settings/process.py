"""The process: where it runs, what it keeps its data in, what it works on in the background, how it speaks."""

from pathlib import Path
from urllib.parse import unquote

from apps.core.environment import Environment, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()  # any NAME may also lie in a file that NAME_FILE names

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
        "BACKEND": "apps.core.caching.SharedRedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),  # redis-py's word for a Unix socket
        # Seconds. It only counts and remembers: nobody waits long for one that says nothing.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
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
TASK_QUEUES = {  # by app, or by task; the rest is default
    "payments": "payments",
    "bridge": "bridge",
    "bridge.result_fetch": "results",  # a gateway that hangs keeps no order to the chain waiting
    "bridge.results_sweep": "results",
    "core.mail_deliver": "mail",
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- mail ------------------------------------------------------------------------------------------------
EMAIL_TIMEOUT = 20  # seconds: a server that says nothing would hold the worker for ever
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
STAFF_EMAIL = env.str("STAFF_EMAIL", default="operations@nosana-web.example")  # alerts about the platform itself
DEFAULT_FROM_EMAIL = env.str("NOSANA_MAIL_FROM", default="Nosana Web <billing@nosana-web.example>")

# --- logs ------------------------------------------------------------------------------------------------
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
