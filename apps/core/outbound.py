"""Requests to addresses that customers chose: they reach the public internet and nothing else.

The name is resolved once, every address it has must be public, and the connection goes to the address that was checked,
so that a name which answers differently the second time (DNS rebinding) gains nothing. Redirects are not followed and
proxies of the environment are not used.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core.errors import AppError

NO_ANSWER = gettext_noop("No answer within %(seconds)s seconds.")  # kept with what was sent
ANSWER_BYTES = 4_096  # of an answer that are read
AGENT = {"User-Agent": "nosana-web"}
# Public by their number, but a way to an inner IPv4 address: 6to4, Teredo, NAT64.
TUNNELS = tuple(
    ipaddress.ip_network(text) for text in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")
)


class AddressRefused(AppError):
    """The address is none that this platform sends to."""

    code = "address_refused"


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or why there is none, and how long it took."""

    status: int | None
    text: str
    error: str
    milliseconds: int


def address_check(url: str) -> None:
    """Pass an address to which requests may go as far as its text tells. Raises AddressRefused with a sentence."""
    try:
        parts = urlsplit(url)
        port = parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise AddressRefused(_("This is not an address such as https://example.com/hook.")) from error
    schemes = ("https", "http") if settings.OUTBOUND_LOOPBACK else ("https",)
    host = parts.hostname or ""
    if parts.scheme not in schemes or not host:
        raise AddressRefused(_("The address must begin with https:// and name a host."))
    if any(not "!" <= letter <= "~" for letter in url) or "\\" in url:
        raise AddressRefused(
            _("The address has a space or a letter that addresses do not have; write it encoded.")
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused(_("The address must hold no user name, password or #fragment."))
    if port is not None and port not in (80, 443) and not 1024 <= port <= 65535:
        raise AddressRefused(
            _("Port %(port)s is not one for web addresses; use 443, or 1024 and above.") % {"port": port}
        )
    if _is_address(host):
        public_check(host)
    elif "." not in host and not (settings.OUTBOUND_LOOPBACK and host == "localhost"):
        raise AddressRefused(_("“%(host)s” is not a name on the public internet.") % {"host": host})


async def post(url: str, *, content: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
    """Send the content there and return the answer, at most after `seconds`; nothing that goes wrong is raised."""
    return await _ask("POST", url, content, headers, seconds)


async def get(url: str, *, seconds: float, headers: Mapping[str, str] = AGENT, most: int = ANSWER_BYTES) -> Answer:
    """Ask there and return the answer, at most after `seconds` and of at most `most` bytes; nothing is raised."""
    return await _ask("GET", url, b"", headers, seconds, most)


async def _ask(
    method: str, url: str, content: bytes, headers: Mapping[str, str], seconds: float, most: int = ANSWER_BYTES
) -> Answer:
    began, status, text, error = perf_counter(), None, "", ""
    try:
        async with asyncio.timeout(seconds):
            status, text = await _send(method, url, content, headers, seconds, most)
    except AddressRefused as refusal:
        error = refusal.message
    except TimeoutError:
        error = NO_ANSWER % {"seconds": f"{seconds:g}"}
    except (httpx.HTTPError, OSError, UnicodeError) as failure:
        error = f"{type(failure).__name__}: {failure}".strip(": ")[:300]
    return Answer(status, text, error, round((perf_counter() - began) * 1000))


async def _send(
    method: str, url: str, content: bytes, headers: Mapping[str, str], seconds: float, most: int
) -> tuple[int, str]:
    address_check(url)
    parts = httpx.URL(url)
    target = parts.copy_with(
        host=await _resolved(parts.host, parts.port or (443 if parts.scheme == "https" else 80))
    )
    sent = {**headers, "Host": parts.netloc.decode("ascii")}
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=seconds) as client,
        client.stream(
            method, target, content=content, headers=sent, extensions={"sni_hostname": parts.host}
        ) as answer,
    ):
        read = b""
        async for piece in answer.aiter_raw(ANSWER_BYTES):
            read += piece
            if len(read) >= most:
                break
        return answer.status_code, read[:most].decode("utf-8", "replace").replace("\x00", "")


async def _resolved(host: str, port: int) -> str:
    """Return an address of the host, all of whose addresses are public. Raises AddressRefused and OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        public_check(address)
    return addresses[0]


def public_check(text: str) -> None:
    """Pass an address (a number, no name) on the public internet. Raises AddressRefused."""
    address = ipaddress.ip_address(text)
    inner = getattr(address, "ipv4_mapped", None) or address
    if settings.OUTBOUND_LOOPBACK and inner.is_loopback:
        return
    tunnel = any(inner.version == net.version and inner in net for net in TUNNELS)
    if not inner.is_global or inner.is_multicast or inner.is_reserved or tunnel:
        raise AddressRefused(_("%(text)s is not an address on the public internet.") % {"text": text})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
