from django.apps import AppConfig


class RivalsConfig(AppConfig):
    name = "benchmarks.rivals"
    label = "rivals"
    default_auto_field = "django.db.models.BigAutoField"
