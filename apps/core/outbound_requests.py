"""The same promise as core.outbound, for libraries that speak through `requests`: the public internet and no more."""

import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from apps.core.outbound import AddressRefused, address_check, public_check

SECONDS = 5
REDIRECTS = 3


class PublicAdapter(HTTPAdapter):
    """Connects to the address that was checked, also after a redirect, and speaks TLS with the name that was asked."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request. Raises requests.ConnectionError for an address that is refused."""
        try:
            address_check(request.url or "")
        except AddressRefused as refusal:
            raise requests.ConnectionError(refusal.message) from refusal
        request.headers["Host"] = urlsplit(request.url or "").netloc
        kwargs["timeout"], kwargs["proxies"] = SECONDS, {}
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: bool | str, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Name the checked address as the host, and the asked name as the one of the certificate."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        name = str(host["host"])
        host["host"] = _resolved(name, int(host["port"] or (443 if host["scheme"] == "https" else 80)))
        if host["scheme"] == "https":
            pool["server_hostname"] = pool["assert_hostname"] = name
        return host, pool


def session_make() -> requests.Session:
    """Return a session that takes no proxies of the environment and follows a few redirects, each checked anew."""
    session = requests.Session()
    session.trust_env, session.max_redirects = False, REDIRECTS
    adapter = PublicAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _resolved(name: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
        for address in addresses:
            public_check(address)
    except (OSError, UnicodeError) as failure:
        raise requests.ConnectionError(str(failure)) from failure
    except AddressRefused as refusal:
        raise requests.ConnectionError(refusal.message) from refusal
    return addresses[0]
