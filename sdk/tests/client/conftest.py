"""Asynchronous tests run on asyncio; no test sees the profiles or keys of whoever runs it."""

import os
from pathlib import Path

import pytest
from nosana import Nosana

from sdk.tests.client.told import Platform, connected


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Choose asyncio alone."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide this machine's own settings."""
    for name in [name for name in os.environ if name.startswith("NOSANA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NOSANA_CONFIG", str(tmp_path / "config.ini"))


@pytest.fixture
def platform() -> Platform:
    """A platform that says what the test wants."""
    return Platform()


@pytest.fixture
def client(platform: Platform) -> Nosana:
    """A client of it, in organisation acme."""
    return connected(platform)
