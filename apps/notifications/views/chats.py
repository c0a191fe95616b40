"""Pages of channels of chats: set one up, change it. The rest is as for endpoints."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError
from apps.core.idempotency import once
from apps.notifications import services
from apps.notifications.forms import ChatForm
from apps.notifications.models import Endpoint
from apps.notifications.selectors import chat_get
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

P = Permission.WEBHOOKS_MANAGE


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a channel, and let it hear of notices."""
    grant = page_grant(request, slug, P)
    form, error = _form(request, grant, {"submission_key": uuid.uuid4()}), None

    def act() -> str:
        kind = form.cleaned_data["kind"]
        made = services.chat_create(
            grant=grant, kind=kind, **form.given(), actor=actor_of(request), now=timezone.now()
        )
        return str(made.pk)

    if request.method == "POST" and form.is_valid():
        try:
            key, scope = str(form.cleaned_data["submission_key"]), f"page:member:{grant.member.pk}"
            made = once(scope=scope, key=key, content="chat", act=act, forgets=True)
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("The channel is set up; send a test event to see it there."))
            return redirect("notifications:webhook", slug, made)
    return _answer(request, form, error, None)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat_edit(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Change what a channel hears of; an empty address stays as it is."""
    grant = page_grant(request, slug, P)
    endpoint = chat_get(grant, webhook_id)
    initial = {**ChatForm.of(endpoint), "submission_key": uuid.uuid4()}
    form, error = _form(request, grant, initial), None
    if request.method == "POST" and form.is_valid():
        given = form.given()
        changes = given if given["url"] else {name: value for name, value in given.items() if name != "url"}
        try:
            services.chat_change(
                grant=grant, endpoint_id=webhook_id, **changes, actor=actor_of(request), now=timezone.now()
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("notifications:webhook", slug, webhook_id)
    return _answer(request, form, error, endpoint)


def _form(request: HttpRequest, grant: Grant, initial: dict[str, object]) -> ChatForm:
    projects = list(grant.organisation.projects.order_by("name").values_list("slug", "name"))
    return ChatForm(request.POST or None, initial=initial, projects=projects)


def _answer(
    request: HttpRequest, form: ChatForm, error: AppError | None, endpoint: Endpoint | None
) -> HttpResponse:
    status = 200 if request.method != "POST" else error.status if error else 422
    context = {"form": form, "error": error, "endpoint": endpoint}
    return render(request, "notifications/chat_form.html", context, status=status)
