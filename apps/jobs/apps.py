from django.apps import AppConfig
from django.conf import settings

from apps.jobs.vault import vault_keys


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Refuse to start in production without the key that seals secrets, before somebody gives one."""
        if settings.PRODUCTION:
            vault_keys()
