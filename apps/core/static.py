"""Where static files lie in production: compressed, under names that say what is in them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Also follows what scripts import, so that no script runs twice, once under each of its names."""

    support_js_module_import_aggregation = True
