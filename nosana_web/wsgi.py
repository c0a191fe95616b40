"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
application = get_wsgi_application()
import_string("apps.support.checks.refuse_unfit")()
import_string("apps.core.serving.settle")()
