"""Pages of a person's own account that no library brings."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import AppError
from apps.users.forms import NameForm
from apps.users.models import User
from apps.users.personal import person_erase, person_export
from apps.users.services import person_rename


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Ask how the person is called, and call them so."""
    assert isinstance(request.user, User)
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        person_rename(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("Saved. Pages and mails call you so from now on."))
        return redirect("users:name")
    return render(request, "users/name.html", {"form": form}, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Say what there is about the person, and offer to take it along or to erase the account."""
    return render(request, "users/data.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def data_export(request: HttpRequest) -> HttpResponseBase:
    """Send the person everything that there is about them, as one file; a look leads to the page that offers it."""
    assert isinstance(request.user, User)
    if request.method != "POST":  # where the question for the password leads whoever answers it twice
        return redirect("users:data")
    now = timezone.now()
    file = person_export(user=request.user, now=now)
    return FileResponse(file, as_attachment=True, filename=f"my-data-{now:%Y-%m-%d}.zip")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def account_erase(request: HttpRequest) -> HttpResponse:
    """Erase the account, and sign out; what stands against it is said beside the form. A look leads to the form."""
    assert isinstance(request.user, User)
    if request.method != "POST":
        return redirect("users:data")
    try:
        person_erase(user=request.user, confirmation=request.POST.get("confirmation", ""), now=timezone.now())
    except AppError as refusal:
        return render(request, "users/data.html", {"refusal": refusal}, status=refusal.status)
    logout(request)
    return render(request, "users/erased.html")
