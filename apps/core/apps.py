from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell Sentry and OpenTelemetry how we do, where settings name them; their packages are loaded only then."""
        if settings.SENTRY_DSN:
            import_string("apps.core.watching.sentry.sentry_start")()
        if settings.OTEL_ENDPOINT:
            import_string("apps.core.watching.telemetry.telemetry_start")()
