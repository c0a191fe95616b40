"""Guards before every view: what takes a fresh proof that the person is there, and what a sign-in opens.

Requests with an API key, or of a program that somebody signed in, are not sessions and pass.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from lxml.etree import XMLSyntaxError
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError

from apps.core.errors import Denied
from apps.core.middleware import refusal_answer
from apps.core.programs import for_programs
from apps.users.models import User
from apps.users.ways import fresh, ways_of

NO_SAML = (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, XMLSyntaxError, ValueError)
Respond = Callable[[HttpRequest], HttpResponse]
ASKED = "proof_asked"  # in a session: the form that waits for a proof, and the page it stood on
BOTH, POST = ("GET", "HEAD", "POST"), ("POST",)

# What money, keys and the doors of an organisation hang on: route to methods that take a fresh proof.
FRESH: dict[str, tuple[str, ...]] = {
    "usersessions_list": POST,
    "organisations:key_new": BOTH,
    "organisations:key_rotate": BOTH,
    "organisations_api:keys": POST,
    "organisations_api:key_rotate": POST,
    "organisations:device": POST,
    "organisations:ownership": BOTH,
    "organisations:close": BOTH,
    "organisations:sign_in_policy": POST,
    "organisations:provider": BOTH,
    "organisations:provider_remove": POST,
    "organisations:domain_join": POST,
    "notifications:webhook_rotate": BOTH,
    "payments:automatic": POST,
    "payments:card_add": POST,
    "payments:card_remove": BOTH,
    "payments:refund_ask": POST,
    "payments_api:automatic": ("PUT",),
    "payments_api:card_remove": POST,
    "payments_api:refund_ask": POST,
}
# What opens the person's own account, or is all of it: no organisation's sign-in may change, take or erase it, or it
# would open other houses too.
OWN = frozenset(
    {
        "users:data_export",
        "users:account_erase",
        "account_email",
        "account_change_password",
        "account_set_password",
        "socialaccount_connections",
        "organisations:device",
    }
)


class OwnWayMiddleware:
    """Keeps a session that only an organisation's sign-in opened away from what opens the person's own account."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        """Pass, or answer with the way out."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if (name in OWN or name.startswith("mfa_")) and _person(request) and not ways_of(request).own:
            refusal = Denied(
                _(
                    "You came in by your organisation's sign-in; what opens your own account changes only once "
                    "you signed in by a way of your own. Without one, choose a password by “Forgot your password?”."
                ),
                code="own_way_needed",
                step=(_("Sign out"), reverse("account_logout")),
            )
            return refusal_answer(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an organisation's sign-in that brings what is no SAML with a sentence; leave everything else alone."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not name.startswith("saml_") or not isinstance(error, NO_SAML):
            return None
        sentence = _("What your organisation's sign-in sent is not sound; try again, or tell whoever runs it.")
        return refusal_answer(request, Denied(sentence, code="saml_unsound"))


class FreshMiddleware:
    """Asks whoever was away for a while to prove that it is still them, before what matters most."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET":
            asked, page = request.session.get(ASKED, ("", ""))
            if asked == request.get_full_path():  # proven twice, or at a provider: there the form was not kept
                return HttpResponseRedirect(page)
        return response

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        """Pass, or lead to the question; a script in a session is refused."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method not in FRESH.get(name, ()) or not _person(request) or fresh(request):
            return None
        own = ways_of(request).own
        asked = get_adapter().get_reauthentication_methods(request.user) if own else []
        if own and not asked:
            return None  # by Google and the like alone: there is nothing of ours to ask for
        if for_programs(request.path_info):
            refusal = Denied(
                _("Sign in again, or use an API key: this takes a sign-in of the last quarter of an hour."),
                code="reauthentication_needed",
            )
            return refusal_answer(request, refusal)
        slug = str(request.resolver_match.kwargs.get("slug", "")) if request.resolver_match else ""
        if request.method == "POST":
            request.session[ASKED] = (request.get_full_path(), _came_from(request, slug))
        if own:
            return suspend_request(request, asked[0]["url"])
        back = {"organisation": slug, "next": request.get_full_path()}
        return HttpResponseRedirect(reverse("organisations:sign_in") + "?" + urlencode(back))


def _came_from(request: HttpRequest, slug: str) -> str:
    """Return the page of ours that the form stood on, else the organisation's home."""
    page = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return page
    return reverse("console:home", args=[slug]) if slug else "/"


def _person(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" not in request.META and isinstance(request.user, User)
