"""The door to staff pages: nobody passes without a second factor, neither by a password nor by a social sign-in.

What is posted to a list of the admin site must name rows that could exist.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core.errors import Denied
from apps.core.middleware import refusal_answer
from apps.users.models import User
from apps.users.ways import has_second_factor, ways_of

PLACE = "/admin/"
OPEN = frozenset({"admin:login", "admin:logout"})


class StaffFactorMiddleware:
    """Sends staff without a second factor to the page where they add one, and asks for it in each new session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        """Pass, or answer with the way to a second factor; who is no staff is answered by the page itself."""
        if not settings.STAFF_SECOND_FACTOR or not request.path_info.startswith(PLACE):
            return None
        user, name = request.user, request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(user, User) or not user.is_staff or name in OPEN:
            return None
        if not has_second_factor(user):
            sentence = "Staff pages ask for a second factor, and you have none: set one up, then come back."
            step = ("Set it up", reverse("mfa_index"))
        elif not ways_of(request).second_factor:
            sentence = "Staff pages ask for your second factor, and you signed in without it: confirm it."
            step = (
                "Confirm it",
                reverse("mfa_reauthenticate") + "?" + urlencode({"next": request.get_full_path()}),
            )
        else:
            return None
        return refusal_answer(request, Denied(sentence, code="second_factor_needed", step=step))


class StaffChoiceMiddleware:
    """Answers an act of the admin site on a row that cannot exist with one sentence.

    Django asks the database for the posted ids as they are, which fails for what is no id of the model.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_args: Any) -> HttpResponse | None:
        """Pass, or go back to the list with the sentence; who may not see it is answered by the page itself."""
        page = getattr(view, "model_admin", None)
        if request.method != "POST" or page is None or not page.has_view_or_change_permission(request):
            return None
        wrong = [one for one in request.POST.getlist(ACTION_CHECKBOX_NAME) if not _possible(page.model, one)]
        if not wrong:
            return None
        words = page.model._meta.verbose_name
        messages.error(
            request, f"“{wrong[0][:60]}” is no id of a {words}; nothing was done. Choose from the list."
        )
        return HttpResponseRedirect(request.get_full_path())


def _possible(model: type[Model], text: str) -> bool:
    """Return whether a row of the model could have this id."""
    key = model._meta.pk
    try:
        value = key.clean(text, None)
    except (ValidationError, ValueError, OverflowError):
        return False
    return "\x00" not in text and value is not None
