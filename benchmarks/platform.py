"""The platform's tables on a durable PostgreSQL of a benchmark's own, and its modules."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import httpx
from django.core.management import call_command
from django.db import connections

from sandbox.ports import free_port
from sandbox.services import Postgres, Redis

START_S = 60.0


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


@contextmanager
def services() -> Iterator[tuple[Path, dict[str, str]]]:
    """Run a durable PostgreSQL and Redis; yield their folder, and the environment of a platform on them."""
    data = Path(tempfile.mkdtemp(prefix="nw-bench-"))
    postgres, redis = Postgres(data), Redis(data)
    try:
        postgres.start()
        redis.start()
        yield (
            data,
            os.environ
            | {
                "DATABASE_URL": postgres.url("postgres"),
                "REDIS_URL": redis.url(),
                "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
                "PYTHONPATH": "sdk/src",
            },
        )
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)


def manage(command: str, *words: str, env: dict[str, str]) -> None:
    """Run a command of the platform, silently."""
    subprocess.run([sys.executable, "manage.py", command, *words, "--verbosity", "0"], env=env, check=True)


@contextmanager
def web(module: str, *words: str, env: dict[str, str], path: str) -> Iterator[str]:
    """Run a module that serves on the port it is given; yield the address once the path answers."""
    port = free_port()
    command = [sys.executable, "-m", module, str(port), *words]
    process = subprocess.Popen(command, env=env | {"DATABASE_POOL": "1"})
    try:
        wait_for(f"http://127.0.0.1:{port}{path}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when the address answers anything. Raises RuntimeError when the process ends or START_S does."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the web process of the benchmark did not come up")
