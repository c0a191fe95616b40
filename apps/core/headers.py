"""What browsers are told about every page: which code may run, who may frame it, what it may reach."""

from collections.abc import Callable, Iterable
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.core.programs import for_programs

Directives = dict[str, Any]

BASE: Directives = {
    "default-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF, "data:"],
    "connect-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-src": [NONE],
    "frame-ancestors": [NONE],
    "manifest-src": [SELF],
    "worker-src": [SELF],
}
# The admin site's frame computes attributes in the page, which takes eval and inline styles; its scripts are files too.
ADMIN: Directives = {**BASE, "script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
ADMIN_PATH = "/admin/"

# What no page of ours asks of a browser. Passkeys stay ours alone; the clipboard is written to by copy buttons.
PERMISSIONS = ", ".join(
    [
        *(
            f"{name}=()"
            for name in (
                *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
                *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
                *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
                *("serial", "usb", "xr-spatial-tracking"),
            )
        ),
        *(f"{name}=(self)" for name in ("publickey-credentials-create", "publickey-credentials-get")),
    ]
)


def page_policy(*, forms_to: Iterable[str] = ()) -> Directives:
    """Return the policy of all pages but the admin's; forms may also lead to those origins.

    Chromium applies form-action to the redirects of a form too, and the top-up form ends at Checkout.
    """
    return {**BASE, "form-action": [SELF, *forms_to]}


def policy_text(directives: Directives) -> str:
    """Return the directives as the header has them, for answers that no middleware sees."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class PolicyMiddleware(CSPMiddleware):
    """Gives each page its Content-Security-Policy: the admin site its own, all others the strict one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return what the response's policy is made of."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and request.path_info.startswith(ADMIN_PATH):
            parts.config = settings.CONTENT_SECURITY_POLICY_ADMIN
        return parts


class PrivacyMiddleware:
    """Tells browsers what no page of ours needs, and programs not to keep what is somebody's own."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "Cache-Control" not in response.headers and _somebody(request):
            # Programs hold what they have against ETags; of a person's pages nothing stays after they signed out.
            kept = for_programs(request.path_info)
            response.headers["Cache-Control"] = "private, no-cache" if kept else "private, no-store"
        return response


def _somebody(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES
