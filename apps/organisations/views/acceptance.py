"""The page that an invitation's link opens, for people with and without an account."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.core.words import in_sentence
from apps.organisations.forms_people import SignUpForm
from apps.organisations.models import Invitation, Membership
from apps.organisations.services import invitation_accept, invitation_find, invitation_sign_up
from apps.organisations.views.frame import actor_of
from apps.users.models import User
from apps.users.selectors import user_exists, user_has_address


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Say who offers what, and take the place: signed in by a press, without an account by signing up here.

    Opening the link alone changes nothing, so that programs which look at mails first do not use it up.
    """
    found = invitation_find(token=token, now=timezone.now())
    if isinstance(request.user, User):
        return _signed_in(request, request.user, token, found)
    known = user_exists(found.email)
    form = None if known else SignUpForm(request.POST or None)
    if request.method == "POST" and form is not None and form.is_valid():
        joined = invitation_sign_up(
            token=token,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            actor=actor_of(request),
            now=timezone.now(),
        )
        login(request, joined.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return _welcome(request, joined)
    sign_in = reverse("account_login") + "?" + urlencode({"next": request.path})
    if request.method == "POST" and known:
        return redirect(sign_in)
    context = {"invitation": found, "form": form, "sign_in": sign_in}
    return render(
        request, "organisations/invitation.html", context, status=422 if request.method == "POST" else 200
    )


def _signed_in(request: HttpRequest, user: User, token: str, found: Invitation) -> HttpResponse:
    if request.method == "POST":
        joined = invitation_accept(token=token, user=user, actor=actor_of(request), now=timezone.now())
        return _welcome(request, joined)
    context = {"invitation": found, "fits": user_has_address(user, found.email)}
    return render(request, "organisations/invitation.html", context)


def _welcome(request: HttpRequest, joined: Membership) -> HttpResponse:
    messages.success(
        request,
        _("You are %(role)s of %(organisation)s now.")
        % {"role": in_sentence(joined.get_role_display()), "organisation": joined.organisation},
    )
    return redirect("console:home", joined.organisation.slug)
