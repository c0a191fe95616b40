"""Which address a request comes from, and whether networks hold it."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SOCKET = "unix"  # a proxy on the same machine that comes through a Unix socket has no address


def client_address(request: HttpRequest) -> str:
    """Return the client's address, or "" where there is none that can be trusted.

    X-Forwarded-For counts only as far as the proxies of settings.TRUSTED_PROXIES wrote it: it is read from the
    right, and the first address that is not such a proxy's is the client.
    """
    address = _plain(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and _trusted(address):
        address = _plain(hops.pop())
    return address


def proxied(request: HttpRequest) -> bool:
    """Return whether the request comes through a proxy of settings.TRUSTED_PROXIES, whose headers are believed."""
    return _trusted(_plain(request.META.get("REMOTE_ADDR", "")))


def client_country(request: HttpRequest) -> str:
    """Return the country (ISO 3166 code) that a proxy we trust says the client is in, or ""."""
    header = settings.GEO_COUNTRY_HEADER
    if not header or not proxied(request):
        return ""
    country = request.headers.get(header, "").strip().upper()
    return country if len(country) == 2 and country.isascii() and country.isalpha() else ""


def network_holds(networks: Iterable[str], address: str) -> bool:
    """Return whether one of the networks (CIDR) holds the address; no network holds what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found.version == net.version and found in net for net in map(network_read, networks))


@lru_cache(maxsize=4096)
def network_read(text: str) -> Network:
    """Return the network that the text names in CIDR notation, or a single address. Raises ValueError."""
    return ipaddress.ip_network(text)


def _trusted(address: str) -> bool:
    if not address:
        return SOCKET in settings.TRUSTED_PROXIES
    return network_holds((proxy for proxy in settings.TRUSTED_PROXIES if proxy != SOCKET), address)


def _plain(text: str) -> str:
    """Return the address in its one spelling, IPv4 also where it comes dressed as IPv6; "" for what is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
