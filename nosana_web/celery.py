"""The Celery application: one generic task runs messages, one runs periodic acts (apps/core/tasks.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")

app = Celery("nosana_web")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["apps.core"])
