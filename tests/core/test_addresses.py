"""Which address a request comes from: only our own proxies are believed, and only as far as they wrote."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from apps.core.addresses import client_address, network_holds


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        ([], "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (["10.0.0.0/8"], "198.51.100.7", "203.0.113.9", "198.51.100.7"),
        (["10.0.0.0/8"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "nonsense", ""),
        (["10.0.0.0/8"], "10.0.0.1", "203.0.113.9, nonsense", ""),
        (["10.0.0.0/8"], "10.0.0.1", "2001:DB8:0:0::1", "2001:db8::1"),
        (["unix"], "", "203.0.113.9", "203.0.113.9"),
        ([], "", "203.0.113.9", ""),
        ([], "::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed(
    settings: Settings, proxies: list[str], remote: str, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("address", "held"), [("203.0.113.9", True), ("2001:db8::1", True), ("203.0.114.9", False), ("", False)]
)
def test_networks_hold_addresses_of_their_own_family(address: str, held: bool) -> None:
    assert network_holds(["203.0.113.0/24", "2001:db8::/32"], address) is held
