"""The platform's web process with a bare view beside its pages: `python -m benchmarks.pages.server PORT PATH`."""

import importlib
import sys
from typing import Any


def bare(_request: Any) -> Any:
    """Answer a small page and do nothing else."""
    http = importlib.import_module("django.http")
    return http.HttpResponse("<!doctype html><html lang=en><title>Bare</title><h1>A bare page</h1></html>")


def main() -> None:
    """Serve until told to stop."""
    application = importlib.import_module("nosana_web.asgi").application
    urls = importlib.import_module("nosana_web.urls")
    urls.urlpatterns.insert(0, importlib.import_module("django.urls").path(sys.argv[2].strip("/") + "/", bare))
    uvicorn = importlib.import_module("uvicorn")
    uvicorn.run(
        application, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", timeout_graceful_shutdown=1
    )


if __name__ == "__main__":
    main()
