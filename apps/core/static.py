"""Where static files lie in production: compressed, under names that say what is in them."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

PARTS = "django_htmx/ext/"  # extensions of htmx that no page of ours loads, and that import by names of npm


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Also follows what scripts import, so that no script runs twice, once under each of its names."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress all files but those that no page loads."""
        ours = {name: found for name, found in paths.items() if not name.startswith(PARTS)}
        yield from super().post_process(ours, dry_run=dry_run, **options)
