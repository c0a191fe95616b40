from celery import current_app
from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules, import_string


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Every process must know every task by name: the web process to route a message, the worker to run it,
        # the beat to call the periodic ones. They import models, so they load only now.
        autodiscover_modules("tasks")
        current_app.conf.beat_schedule = import_string("apps.core.queue.beat_schedule")()
