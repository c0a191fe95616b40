"""No page lets foreign code run: none holds inline scripts, and each says so to the browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.template import engines
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.core.headers import ADMIN, BASE
from apps.users.models import User
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/docs/api/",
    "/nothing/",
    "/o/acme/",
)
# What a policy without 'unsafe-inline' would block: scripts and handlers in the page, styles in attributes or tags.
INLINE = {
    "script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>", re.IGNORECASE),
    "handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "address": re.compile(r"(?:href|action|src)\s*=\s*[\"']?\s*javascript:", re.IGNORECASE),
    "style": re.compile(r"<style\b|<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
}


def templates() -> Iterator[Path]:
    """Yield every page of ours; mails have their styles within, as mails must."""
    return (
        path
        for path in (ROOT / "templates").rglob("*.html")
        if "emails" not in path.parts and "email" not in path.parts
    )


@pytest.mark.parametrize("kind", INLINE)
def test_no_page_of_ours_has_code_or_style_within(kind: str) -> None:
    tags = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
    found = [path.name for path in templates() if INLINE[kind].search(tags.sub("", path.read_text()))]
    assert found == []


@pytest.mark.parametrize("app", ["allauth", "unfold"])
@pytest.mark.parametrize("kind", ["handler", "address"])
def test_no_page_of_a_library_has_a_handler_within(app: str, kind: str) -> None:
    folder = Path(__import__(app).__file__ or "").parent / "templates"
    pages = list(folder.rglob("*.html"))
    assert pages
    assert [page for page in pages if INLINE[kind].search(page.read_text())] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_the_strict_policy(path: str, world: World) -> None:
    for client in (Client(), world.client(world.olga)):
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self';" in policy + ";"
        assert "style-src 'self';" in policy + ";"
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert not INLINE["script"].search(answer.content.decode())
        assert not INLINE["handler"].search(answer.content.decode())


@pytest.mark.django_db
def test_the_admin_site_has_a_policy_of_its_own() -> None:
    sam = User.objects.create_superuser("sam@nosana-web.example", "correct horse battery")
    client = Client()
    client.force_login(sam)
    for path in ("/admin/login/", "/admin/", reverse("admin:payments_topup_changelist"), "/admin/nothing/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self';" in policy + ";"
    page = client.get("/admin/").content.decode()
    assert not INLINE["script"].search(page)
    assert not INLINE["handler"].search(page)


def test_the_policies_differ_in_what_the_admin_needs_alone() -> None:
    assert {name for name in BASE if BASE[name] != ADMIN[name]} == {"script-src", "style-src"}


@pytest.mark.django_db
def test_a_broken_page_and_maintenance_have_the_policy_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    client = world.client(world.olga)
    client.raise_request_exception = False

    def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("apps.console.views.page_grant", broken)
    answer = client.get("/o/acme/")
    assert answer.status_code == 500
    assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"
    settings.MAINTENANCE = "We are moving house."
    answer = Client().get("/")
    assert answer.status_code == 503
    assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"


@pytest.mark.django_db
def test_nothing_of_somebodys_own_pages_stays_in_a_browser(world: World) -> None:
    client = world.client(world.olga)
    assert client.get("/o/acme/")["Cache-Control"] == "private, no-store"
    for address in ("/api/v1/whoami", "/api"):
        assert client.get(address)["Cache-Control"] == "private, no-cache"
    assert "no-store" not in Client().get("/docs/api/").headers.get("Cache-Control", "")


@pytest.mark.django_db
def test_over_tls_cookies_and_addresses_stay_there(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    answer = Client().get("/accounts/login/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/accounts/login/")
    answer = Client().get("/accounts/login/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_session_is_no_scripts_and_no_other_sites() -> None:
    assert configured.SESSION_COOKIE_HTTPONLY
    assert configured.SESSION_COOKIE_SAMESITE == configured.CSRF_COOKIE_SAMESITE == "Lax"
    assert engines["django"].engine.autoescape  # type: ignore[attr-defined]
