"""Where a request comes from, as far as our own proxies vouch for it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the caller's IP address in its shortest form, or "" if there is none.

    Each of our own proxies (settings.TRUSTED_PROXIES of them) adds the address it saw to the right of
    X-Forwarded-For; what stands further left was written by the caller, and is not believed.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = seen[-min(settings.TRUSTED_PROXIES, len(seen))] if seen else address
    try:
        return ipaddress.ip_address(address).compressed
    except ValueError:
        return ""
