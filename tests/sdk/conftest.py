"""Clients of the platform itself, asked within the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from nosana import Nosana

from apps.organisations.roles import Permission
from apps.organisations.services.keys import SCOPES
from apps.users.models import User
from tests.organisations.keys import key_make
from tests.world import World

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide this machine's own settings."""
    for name in [name for name in os.environ if name.startswith("NOSANA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NOSANA_CONFIG", str(tmp_path / "config.ini"))


@pytest.fixture(autouse=True)
def _connection_kept() -> Iterator[None]:
    """Keep the test's connection, with its open transaction, over requests, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def transport() -> httpx.WSGITransport:
    """Return the way to the platform in this process."""
    return httpx.WSGITransport(get_wsgi_application(), remote_addr="203.0.113.9")


@pytest.fixture
def signed_in(world: World) -> Callable[..., Nosana]:
    """Return a client for a key of a person, good for everything the person may do."""

    def make(user: User, *scopes: Permission, **changes: Any) -> Nosana:
        token = key_make(user, *(scopes or SCOPES)).token
        return Nosana(url=URL, key=token, transport=transport(), **changes)

    return make
