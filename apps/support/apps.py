from django.apps import AppConfig
from django.core.checks import Tags, register

from apps.support.checks import production_fit


class SupportConfig(AppConfig):
    name = "apps.support"
    label = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let `check --deploy` say what production must not be started with."""
        register(production_fit, Tags.security, deploy=True)
