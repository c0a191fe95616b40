"""Requests to addresses that customers chose reach the public internet and nothing else."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from apps.core.outbound import AddressRefused, Answer, address_check, post
from tests.notifications.receiver import receiver


def send(url: str, *, seconds: float = 5) -> Answer:
    return asyncio.run(post(url, content=b"{}", headers={}, seconds=seconds))


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = False


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "database",
    ],
)
def test_an_inner_address_is_refused_by_its_text(host: str) -> None:
    with pytest.raises(AddressRefused):
        address_check(f"https://{host}/hook")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://[::1",
        "https://example.com/\r\nHost: x",
        "//example.com",
        "",
    ],
)
def test_what_is_no_web_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"[A-Z].*\."):
        address_check(url)


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_odd_spellings_of_inner_addresses_reach_nothing(spelling: str) -> None:
    answer = send(f"https://{spelling}/hook")
    assert answer.status is None
    assert "not a" in answer.error  # name, or address, on the public internet: it was not even tried


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["93.184.216.34", "10.0.0.7"], ["::ffff:127.0.0.1"]])
def test_a_name_that_has_an_inner_address_is_refused(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "not an address on the public internet" in send("https://rebind.example/hook").error


def test_the_connection_goes_to_the_address_that_was_checked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_LOOPBACK = True
    asked: list[str] = []

    def resolve(host: str | bytes, port: int, *rest: Any, **more: Any) -> list[Any]:
        asked.append(host.decode() if isinstance(host, bytes) else host)
        address = "127.0.0.1" if asked.count("hook.example") <= 1 else "10.0.0.7"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with receiver() as hook:
        port = hook.url.rsplit(":", 1)[1].split("/")[0]
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        answer = send(f"http://hook.example:{port}/hook")
    assert answer.status == 200
    assert asked.count("hook.example") == 1
    assert hook.headers[0]["host"] == f"hook.example:{port}"


def test_an_endpoint_that_does_not_answer_is_left_in_time(settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = True
    with receiver() as hook:
        hook.wait = 2
        answer = send(hook.url, seconds=0.2)
    assert (answer.status, answer.error) == (None, "No answer within 0.2 seconds.")


def test_only_the_beginning_of_a_long_answer_is_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_LOOPBACK = True
    arrives, read = httpx.Response.aiter_raw, []

    async def counted(self: httpx.Response, size: int) -> AsyncIterator[bytes]:
        async for piece in arrives(self, size):
            read.append(piece)
            yield piece

    monkeypatch.setattr(httpx.Response, "aiter_raw", counted)
    with receiver() as hook:
        hook.text = "x\x00" * 200_000
        answer = send(hook.url)
    assert answer.status == 200
    assert len(b"".join(read)) <= 2 * 4_096
    assert len(answer.text) <= 4_096
    assert "\x00" not in answer.text
