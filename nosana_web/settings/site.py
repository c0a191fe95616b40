"""The site: which apps it is made of, how a request passes, languages, files, the API, the staff's pages."""

from pathlib import Path

from nosana_web.settings.process import BASE_DIR, ENVIRONMENT, PRODUCTION, env

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
    "apps.core.middleware.StreamMiddleware",
    "apps.core.logs.RequestMiddleware",
    "apps.core.middleware.VersionMiddleware",
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

# --- language, time, files -------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["nosana_web.formats"]
STAFF_PATH = "/admin/"  # below it everything is English
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
    "SITE_SUBHEADER": "Desk of the staff, times in UTC",
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "apps.support.desk.views.desk",
    "COLORS": {"primary": "apps.support.desk.colours.greens"},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "apps.support.desk.places.icon"}],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": True,
        "navigation": "apps.support.desk.places.navigation",
    },
}
