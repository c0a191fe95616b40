"""Production starts with settings that are fit for it, or not at all, and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from apps.core.environment import DEVELOPMENT, Environment, secret_key
from apps.support.checks import production_fit, refuse_unfit

ROOT = Path(__file__).resolve().parents[2]
KEY = "k3y-0f-r4ndom-l3tters-that-nobody-guesses-in-a-hundred-years"
PRODUCTION = {
    "NOSANA_ENVIRONMENT": "production",
    "NOSANA_BASE_URL": "https://gpu.example.com",
    "DJANGO_ALLOWED_HOSTS": "gpu.example.com",
    "DATABASE_URL": "postgres://nosana:word@db.example.com:5432/nosana",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "EMAIL_URL": "smtp+tls://user:word@mail.example.com:587",
    "STRIPE_SECRET_KEY": "sk_live_" + "a1" * 20,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "b2" * 20,
    "CHAIN_CLUSTER": "mainnet",
    "JOB_SECRETS_KEYS": '{"1": "%s"}' % ("0" * 64),
}
FIT = {
    "STAFF_SECOND_FACTOR": True,
    "PRODUCTION": True,
    "SECRET_KEY": KEY,
    "BASE_URL": "https://gpu.example.com",
    "ALLOWED_HOSTS": ["gpu.example.com"],
    "DEBUG": False,
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "CHAIN_CLUSTER": "mainnet",
    "OUTBOUND_LOOPBACK": False,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "REDIS_URL": "redis://redis.example.com",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'sdk/src'}", **PRODUCTION, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_platform_that_is_set_up_as_documented_passes_every_check(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    found = manage("manage.py", "check", "--deploy", "--fail-level", "WARNING", DJANGO_SECRET_KEY_FILE=str(key))
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_web_server_of_production_does_not_start_with_settings_of_the_sandbox() -> None:
    found = manage("-c", "import nosana_web.asgi", DJANGO_SECRET_KEY=KEY, NOSANA_BASE_URL="http://gpu.example.com")
    assert found.returncode != 0
    assert "The platform's address is not https. Set NOSANA_BASE_URL." in found.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("SECRET_KEY", DEVELOPMENT * 3, "known to everybody"),
        ("BASE_URL", "http://gpu.example.com", "not https"),
        ("ALLOWED_HOSTS", ["gpu.example.com", "testserver"], "local one"),
        ("ALLOWED_HOSTS", ["*"], "Any host"),
        ("DEBUG", True, "Debug pages"),
        ("STRIPE_SECRET_KEY", "sk_test_x", "for tests"),
        ("STRIPE_SECRET_KEY", "", "nobody could pay"),
        ("STRIPE_WEBHOOK_SECRET", "", "no news"),
        ("CHAIN_CLUSTER", "sandbox", "no real NOS"),
        ("OUTBOUND_LOOPBACK", True, "this machine"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "printed"),
        ("REDIS_URL", "", "Without Redis"),
        ("STAFF_SECOND_FACTOR", False, "password alone"),
        ("SELLER", {"currency": "PLN"}, "priced in EUR, USD, GBP alone"),
    ],
)
def test_each_unfit_setting_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: str, value: object, told: str
) -> None:
    for name, fit in FIT.items():
        setattr(settings, name, fit)
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/run/postgresql")
    refuse_unfit()
    setattr(settings, setting, value)
    assert [told in message.msg for message in production_fit(None)] == [True]
    with pytest.raises(ImproperlyConfigured, match=told):
        refuse_unfit()


def test_a_database_over_the_network_needs_a_password(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fit in FIT.items():
        setattr(settings, name, fit)
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.example.com")
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "")
    assert [message.hint for message in production_fit(None)] == ["Set DATABASE_URL."]


def test_outside_production_nothing_is_refused(settings: Settings) -> None:
    settings.PRODUCTION = False
    assert production_fit(None)
    refuse_unfit()


@pytest.mark.parametrize("key", ["", "short", DEVELOPMENT * 3, "x" * 60])
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_the_sandbox_does_without_a_secret_key(
    environment: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SECRET_KEY", key)
    with pytest.raises(ImproperlyConfigured, match="DJANGO_SECRET_KEY_FILE"):
        secret_key(Environment(), environment=environment)
    assert secret_key(Environment(), environment="sandbox")


def test_a_setting_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("of the file \n")
    monkeypatch.setenv("A_TOKEN", "of the variable")
    monkeypatch.setenv("A_TOKEN_FILE", str(tmp_path / "token"))
    env = type("Fresh", (Environment,), {"ENVIRON": type(Environment.ENVIRON)()})()
    assert env.str("A_TOKEN") == "of the file "


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff\xfe", "no text")]
)
def test_a_file_that_holds_no_setting_is_said_so(
    content: bytes | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("A_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(ImproperlyConfigured, match=f"A_TOKEN_FILE.*{told}"):
        type(Environment.ENVIRON)()["A_TOKEN"]
