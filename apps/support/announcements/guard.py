"""While the platform is read-only: whatever would write is answered 503 with a sentence, and when to come again.

What passes all the same changes nothing of an organisation's, or was begun by others who send it once: signing in and
out, Stripe's news, results of running private jobs, and the staff's own pages, whose acts mend things.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.errors import AppError
from apps.core.middleware import refusal_answer
from apps.support.announcements.models import Announcement
from apps.support.announcements.services import read_only_now

READS = ("GET", "HEAD", "OPTIONS")
RETRY_S = (120, 3600)  # at least and at most; programs of ours do not wait that long, but say why
PASS = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "account_confirm_login_code",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "google_login",
        "github_login",
        "microsoft_login",
        "openid_connect_login",
        "saml_login",
        "saml_acs",
        "saml_finish_acs",
        "saml_sls",
        "idp:oidc:token",
        "organisations:sign_in",
        "console:language",
        "jobs:estimate",
        "notifications:unsubscribe",
        "payments:stripe_webhook",
        "bridge:result",
    }
)
STAFF = "/admin/"


class ReadOnlyMiddleware:
    """Refuses what writes while an announcement says that nothing can be written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        """Pass, or answer with the announcement's sentence."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method in READS or name in PASS or request.path_info.startswith(STAFF):
            return None
        now = timezone.now()
        announcement = read_only_now(now=now)
        if announcement is None:
            return None
        error = AppError(announcement.text, code="read_only", status=503)
        response = refusal_answer(request, error)
        response["Retry-After"] = str(retry_s(announcement, now))
        return response


def retry_s(announcement: Announcement, now: datetime) -> int:
    """Return after how many seconds it is worth to try again."""
    least, most = RETRY_S
    return max(least, min(most, int((announcement.ends_at - now).total_seconds()) + 1))
