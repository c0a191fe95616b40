"""The staff's own page: who belongs to it, in which roles, with which second factor."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError, Denied
from apps.support.desk.colleagues import staff_people
from apps.support.desk.forms import StaffForm
from apps.support.roles import ACTS, ROLE_WORDS, ROLES, SIGHTS
from apps.support.services import staff_set
from apps.users.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
def staff(request: HttpRequest) -> HttpResponse:
    """Show everybody of the staff, and give somebody roles; for superusers."""
    by = cast(User, request.user)
    if not by.is_superuser:
        raise Denied("Only superusers see and give the staff's roles.")
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            person = staff_set(email=given["email"], roles=given["roles"], by=by, now=timezone.now())
        except AppError as refusal:
            form.add_error(None, refusal.message)
        else:
            told = ", ".join(form.cleaned_data["roles"]) or "no staff any more"
            messages.success(request, f"{person.email}: {told}.")
            return redirect("support:staff")
    context = {
        **admin.site.each_context(request),
        "title": "Staff",
        "form": form,
        "people": staff_people(),
        "roles": ROLE_WORDS.items(),
        "rights": [
            (words, [(right.words, [role in right.roles for role in ROLES]) for right in rights])
            for words, rights in (("See", SIGHTS), ("Do", ACTS))
        ],
    }
    return render(request, "desk/staff.html", context, status=422 if request.method == "POST" else 200)
