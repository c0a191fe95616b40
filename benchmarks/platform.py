"""The platform's tables on a durable PostgreSQL of a benchmark's own, and its modules."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connections

from sandbox.services import Postgres


@contextmanager
def database() -> Iterator[None]:
    """Run a durable PostgreSQL (fsync on, every guard on) with the platform's tables and point Django at it.

    With BENCH_DATABASE=given the one of DATABASE_URL is taken, migrated and empty, and left as the benchmark left it.
    """
    if os.environ.get("BENCH_DATABASE") == "given":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
        django.setup()
        yield
        connections.close_all()
        return
    data = Path(tempfile.mkdtemp(prefix="nw-bench-"))
    postgres = Postgres(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    django.setup()
    try:
        postgres.start()
        own = {"HOST": postgres.socket_folder, "PORT": "", "USER": "postgres", "PASSWORD": "", "NAME": "postgres"}
        connections.databases["default"].update(own)
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)


def app(module: str) -> Any:
    """Return a module of the platform; its models can be imported only once Django is set up."""
    return importlib.import_module(f"apps.{module}")
