"""Who may call out: addresses that customers choose go through one door; all others are named by operators."""

import asyncio
import socket
from typing import Any

import pytest
import requests
from pytest_django import Settings

from apps.core.outbound import get, post
from apps.core.outbound_requests import session_make
from tests.architecture.test_floors import ROOT, imports, python_files
from tests.notifications.receiver import receiver

CALLERS = ("httpx", "requests", "urllib3", "aiohttp", "websockets", "urllib.request", "http.client", "smtplib")
# Whose address each of them calls. A new caller of an address that a customer wrote belongs to core.outbound instead.
OPERATORS_CHOOSE = {
    "apps/core/outbound.py": "the door itself",
    "apps/core/outbound_requests.py": "the same door, for providers of sign-in",
    "apps/users/social.py": "names the session that core.outbound_requests makes",
    "apps/organisations/views/sign_in.py": "names the errors of that session",
    "apps/billing/sources/coingecko.py": "COINGECKO_URL",
    "apps/billing/sources/pyth.py": "PYTH_URL",
    "apps/billing/vies.py": "VIES_URL",
    "apps/bridge/listing.py": "MARKETS_API_URL",
    "apps/bridge/collecting/follower.py": "NODE_URL_TEMPLATE; the host is the node's address on the chain",
}
SPELLINGS = [
    *(
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[::]/",
    ),
    *("https://[64:ff9b::a9fe:a9fe]/", "https://[2002:a9fe:a9fe::]/", "https://[fe80::1%25eth0]/", "https://0/"),
    *(
        "https://user@10.0.0.1/",
        "https://10.0.0.1#@example.com/",
        "https://example.com@10.0.0.1/",
        "gopher://x.example/",
    ),
    *(
        "file:///etc/passwd",
        "https://198.18.0.1/",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "https://[ff02::1]/",
    ),
    *(
        "https://metadata",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://①②⑦.0.0.1/",
        "https://example.com:25/",
    ),
]


def test_nobody_else_calls_out() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in python_files("apps")
        for name, _ in imports(path)
        if any(name == caller or name.startswith(f"{caller}.") for caller in CALLERS)
    }
    assert sorted(found - set(OPERATORS_CHOOSE)) == []


def test_every_mail_leaves_by_the_one_door_that_keeps_line_ends_out_of_its_subject() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in python_files("apps")
        for name, _ in imports(path)
        if name.startswith(("django.core.mail", "smtplib", "email.mime"))
    }
    assert found == {"apps/core/mail.py"}


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_reached(url: str, settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = False
    assert asyncio.run(get(url, seconds=5)).status is None, f"{url} was reached"


def test_a_redirect_is_an_answer_and_no_way(settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = True
    with receiver() as hook:
        hook.answers, hook.location = [302], hook.url
        assert asyncio.run(post(hook.url, content=b"{}", headers={}, seconds=5)).status == 302
        assert len(hook.headers) == 1


def knows(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let DNS say one address after the other, the last one for ever; return the names it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[min(len(asked), len(addresses)) - 1], port))
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_provider_reaches_no_inner_address_by_name_or_redirect(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_LOOPBACK = True
    with receiver() as hook:
        hook.answers, hook.location = [302], "http://inner.example/"
        port = hook.url.rsplit(":", 1)[1].split("/")[0]
        asked = knows(monkeypatch, "127.0.0.1", "10.0.0.7")
        with pytest.raises(requests.ConnectionError, match="not an address on the public internet"):
            session_make().post(f"http://idp.example:{port}/")
        with pytest.raises(requests.ConnectionError, match="not an address on the public internet"):
            session_make().get("http://inner.example/")
    assert asked == ["idp.example", "inner.example", "inner.example"]
    assert len(hook.headers) == 1


def test_a_provider_is_called_at_the_address_that_was_checked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_LOOPBACK = True
    with receiver() as hook:
        port = hook.url.rsplit(":", 1)[1].split("/")[0]
        asked = knows(monkeypatch, "127.0.0.1", "10.0.0.7")
        assert session_make().post(f"http://idp.example:{port}/", data=b"{}").status_code == 200
    assert asked == ["idp.example"]
    assert hook.headers[0]["host"] == f"idp.example:{port}"
