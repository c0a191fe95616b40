"""Pages of webhooks: the list, one endpoint with its deliveries, its secret shown once, one delivery with its tries."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.core.idempotency import once
from apps.core.pages import page_mark
from apps.notifications import services
from apps.notifications.forms import EndpointForm, ReplayForm, RotationForm
from apps.notifications.models import Delivery
from apps.notifications.selectors import deliveries_of, delivery_get, endpoint_get, endpoints_counted, webhook_get
from apps.notifications.services import NewSecret
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

PAGE = 50
P = Permission.WEBHOOKS_MANAGE
FORM, ONCE = "notifications/webhook_form.html", "notifications/webhook_secret.html"


@login_required
@require_safe
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """List the endpoints."""
    found = list(endpoints_counted(page_grant(request, slug, P)))
    context = {
        "endpoints": [endpoint for endpoint in found if not endpoint.is_chat],
        "chats": [endpoint for endpoint in found if endpoint.is_chat],
    }
    return render(request, "notifications/webhooks.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for an address, set the endpoint up, and show its secret this once."""
    grant = page_grant(request, slug, P)
    form, error = EndpointForm(request.POST or None, initial={"submission_key": uuid.uuid4()}), None

    def act() -> NewSecret:
        data = {name: form.cleaned_data[name] for name in ("url", "description", "types")}
        return services.endpoint_create(grant=grant, **data, actor=actor_of(request), now=timezone.now())

    if request.method == "POST" and form.is_valid():
        try:
            return _shown(request, grant, form.cleaned_data["submission_key"], act)
        except AppError as refusal:
            error = refusal
    return _form(request, FORM, form, error)


def _form(
    request: HttpRequest, template: str, form: object, error: AppError | None, **context: object
) -> HttpResponse:
    status = 200 if request.method != "POST" else error.status if error else 422
    return render(request, template, {"form": form, "error": error, **context}, status=status)


def _shown(
    request: HttpRequest, grant: Grant, submission: uuid.UUID, act: Callable[[], NewSecret]
) -> HttpResponse:
    """Show the new secret; a second press of the same form does nothing and leads to the endpoint."""
    made: list[NewSecret] = []

    def kept() -> str:
        made.append(act())
        return str(made[0].endpoint.pk)  # the secret is never kept readable

    scope = f"page:member:{grant.member.pk}"
    endpoint_id = once(scope=scope, key=str(submission), content="webhook_secret", act=kept, forgets=True)
    if made:
        return render(request, ONCE, {"endpoint": made[0].endpoint, "secret": made[0].secret})
    messages.info(
        request, _("This form has done its work already, and a secret is shown once. Rotate it if you lost it.")
    )
    return redirect("notifications:webhook", grant.organisation.slug, endpoint_id)


@login_required
@require_safe
def webhook(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Show an endpoint and what was sent there, newest first."""
    grant = page_grant(request, slug, P)
    endpoint = endpoint_get(grant, webhook_id)
    state = request.GET.get("state", "")
    rows = deliveries_of(endpoint, state=state if state in Delivery.State.values else "")
    before = page_mark(request, uuid.UUID)
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    context = {
        "endpoint": endpoint,
        "deliveries": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "before": before,
        "state": state,
        "states": Delivery.State.choices,
        "replay": ReplayForm(),
    }
    return render(request, "notifications/webhook.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_edit(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Change an endpoint's address, description and events."""
    grant = page_grant(request, slug, P)
    endpoint = webhook_get(grant, webhook_id)
    initial = {**EndpointForm.of(endpoint), "submission_key": uuid.uuid4()}
    form, error = EndpointForm(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        data = {name: form.cleaned_data[name] for name in ("url", "description", "types")}
        try:
            services.endpoint_change(
                grant=grant, endpoint_id=webhook_id, **data, actor=actor_of(request), now=timezone.now()
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("notifications:webhook", slug, webhook_id)
    return _form(request, FORM, form, error, endpoint=endpoint)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_rotate(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask how long the old secret signs too, make a new one, and show it this once."""
    grant = page_grant(request, slug, P)
    endpoint = webhook_get(grant, webhook_id)
    form, error = RotationForm(request.POST or None, initial={"submission_key": uuid.uuid4()}), None

    def act() -> NewSecret:
        overlap = timedelta(hours=int(form.cleaned_data["overlap"]))
        return services.endpoint_rotate(
            grant=grant, endpoint_id=webhook_id, overlap=overlap, actor=actor_of(request), now=timezone.now()
        )

    if request.method == "POST" and form.is_valid():
        try:
            return _shown(request, grant, form.cleaned_data["submission_key"], act)
        except AppError as refusal:
            error = refusal
    return _form(request, "notifications/webhook_rotate.html", form, error, endpoint=endpoint)


@login_required
@require_POST
def webhook_test(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Send the endpoint a test event, and go where its answer will stand."""
    event = services.endpoint_test(grant=page_grant(request, slug, P), endpoint_id=webhook_id, now=timezone.now())
    messages.success(request, _("A test event is on its way; what the endpoint answers stands here in a moment."))
    return redirect("notifications:delivery", slug, webhook_id, event.deliveries.get().pk)


@login_required
@require_POST
def webhook_turn(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Turn the endpoint on, or without `on` off."""
    grant, on = page_grant(request, slug, P), "on" in request.POST
    services.endpoint_change(
        grant=grant, endpoint_id=webhook_id, on=on, actor=actor_of(request), now=timezone.now()
    )
    messages.success(request, _("The endpoint is on; what waited goes now.") if on else _("The endpoint is off."))
    return redirect("notifications:webhook", slug, webhook_id)


@login_required
@require_POST
def webhook_replay(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Send again what was given up, or everything, since some hours ago."""
    grant, form, now = page_grant(request, slug, P), ReplayForm(request.POST), timezone.now()
    endpoint_get(grant, webhook_id)
    if not form.is_valid():
        raise AppError(_("Choose from when on events are sent again."), code="invalid")
    count = services.deliveries_replay(
        grant=grant,
        endpoint_id=webhook_id,
        since=now - timedelta(hours=int(form.cleaned_data["hours"])),
        everything=bool(form.cleaned_data["everything"]),
        now=now,
    )
    told = ngettext("%(count)d event will be sent again.", "%(count)d events will be sent again.", count)
    told = told % {"count": count} if count else _("There was nothing to send.")
    messages.success(request, told)
    return redirect("notifications:webhook", slug, webhook_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_remove(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove the endpoint, and remove it."""
    grant = page_grant(request, slug, P)
    endpoint = endpoint_get(grant, webhook_id)
    if request.method != "POST":
        return render(request, "notifications/webhook_remove.html", {"endpoint": endpoint})
    services.endpoint_remove(grant=grant, endpoint_id=webhook_id, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("The endpoint is removed; it is told nothing more."))
    return redirect("notifications:webhooks", slug)


@login_required
@require_safe
def delivery(request: HttpRequest, slug: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Show what was sent and what the endpoint answered each time."""
    found = delivery_get(page_grant(request, slug, P), webhook_id, delivery_id)
    context = {
        "delivery": found,
        "endpoint": found.endpoint,
        "body": json.dumps(json.loads(services.delivery_body(found)), indent=2, ensure_ascii=False),
    }
    return render(request, "notifications/delivery.html", context)


@login_required
@require_POST
def delivery_resend(
    request: HttpRequest, slug: str, webhook_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    """Send a delivery once more."""
    grant = page_grant(request, slug, P)
    services.delivery_resend(grant=grant, endpoint_id=webhook_id, delivery_id=delivery_id, now=timezone.now())
    messages.success(request, _("It is sent once more; reload the page to see what the endpoint answers."))
    return redirect("notifications:delivery", slug, webhook_id, delivery_id)
