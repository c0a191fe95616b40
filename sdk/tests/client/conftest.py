"""Asynchronous tests run on asyncio; no test sees the profiles or keys of whoever runs it."""

import os
from pathlib import Path

import pytest
from nosana import Nosana
from nosana.cli import frame
from nosana.cli.root import app
from typer.testing import CliRunner, Result

from sdk.tests.client.told import Platform, Run, connected


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


@pytest.fixture
def nosana(platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command of the platform, in an empty folder."""
    monkeypatch.setattr(
        frame,
        "Nosana",
        lambda **given: connected(platform, **{name: v for name, v in given.items() if v is not None}),
    )
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, words, input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run
