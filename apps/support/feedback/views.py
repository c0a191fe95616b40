"""The page of feedback."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.support.feedback.forms import FeedbackForm
from apps.support.feedback.services import feedback_send


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what somebody wants to tell about `?page=`, send it to staff, and lead back to the page."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    initial = {"page": request.GET.get("page", ""), "key": uuid.uuid4()}
    form, error = FeedbackForm(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            feedback_send(grant=grant, text=data["text"], page=data["page"], key=data["key"], now=timezone.now())
        except AppError as refusal:
            error = refusal
        else:
            messages.success(
                request, _("Thank you, our people read it. If it needs an answer, it comes by e-mail.")
            )
            return redirect(data["page"] or "console:home", *([] if data["page"] else [slug]))
    status = error.status if error else 422 if form.is_bound else 200
    return render(request, "support/feedback.html", {"form": form, "error": error}, status=status)
