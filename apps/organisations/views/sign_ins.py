"""Pages of programs that people sign in: confirm one, see them, end one."""

from allauth.idp.oidc import views as oidc
from allauth.idp.oidc.forms import ConfirmCodeForm
from allauth.idp.oidc.internal.oauthlib.device_codes import confirm_or_deny_device_code
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from apps.organisations.sign_ins import client_ready, scopes_asked, sign_in_end, sign_ins_of
from apps.users.models import User


@csrf_exempt
@require_POST
def device_code(request: HttpRequest) -> HttpResponse:
    """Give a program a code that a person may confirm."""
    client_ready()
    answer: HttpResponse = oidc.device_code(request)
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Ask for the code that a program shows, say what the program asks for, and let it in or not."""
    if "code" not in request.GET:
        return render(request, "organisations/device.html", {"form": ConfirmCodeForm()})
    form = ConfirmCodeForm(request.GET)
    if not form.is_valid():
        return render(request, "organisations/device.html", {"form": form}, status=422)
    if request.method == "POST":
        assert isinstance(request.user, User)
        confirm = request.POST.get("action") == "confirm"
        known = confirm_or_deny_device_code(request.user, form.device_code, confirm=confirm)
        outcome = ("confirmed" if confirm else "denied") if known else "late"
        return render(request, "organisations/device_done.html", {"outcome": outcome, "client": form.client})
    context = {
        "client": form.client,
        "code": form.cleaned_data["code"].upper(),
        "scopes": scopes_asked(form.device_code),
    }
    return render(request, "organisations/device_confirm.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def programs(request: HttpRequest) -> HttpResponse:
    """Show the programs that the person signed in, and end one."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        told = request.POST.get("sign_in", "")
        number = int(told) if told.isascii() and told.isdigit() and len(told) < 18 else 0
        if sign_in_end(user=request.user, sign_in_id=number):
            messages.success(request, _("The program is signed out; its next request is refused."))
        return redirect("organisations:programs")
    return render(request, "organisations/programs.html", {"sign_ins": sign_ins_of(request.user)})
