"""The ASGI entry point: what ends streams with the process, the door that looks at bodies, then Django."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
django.setup(set_prefix=False)
handler = import_string("apps.core.serving.OneThreadHandler")()
import_string("apps.support.checks.refuse_unfit")()
import_string("apps.core.serving.settle")()
application = import_string("apps.core.leaving.StreamsEnd")(import_string("apps.core.bodies.BodyGuard")(handler))
