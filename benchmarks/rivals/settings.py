"""The platform's settings with the rivals' tables beside its own."""

from nosana_web.settings import *  # noqa: F403
from nosana_web.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "mptt", "djmoney", "hordak", "benchmarks.rivals.apps.RivalsConfig"]
DATABASES["default"]["CONN_MAX_AGE"] = None
CURRENCIES = ["EUR"]
