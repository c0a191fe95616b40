"""Pages of API keys: the list, a new one shown once, a rotation, an end."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import AppError
from apps.core.idempotency import once
from apps.core.lists import Column, Listing, Table, list_csv, list_shown, utc_text
from apps.organisations.access import page_grant
from apps.organisations.forms_keys import KeyForm, RotationForm
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_key_get, api_keys_of, project_get, projects_for
from apps.organisations.services import NewKey, api_key_create, api_key_revoke, api_key_rotate
from apps.organisations.views.frame import actor_of

KEYS = Table(
    area="keys",
    sort="-made",
    page=50,
    search=_("Name or beginning of a key"),
    csv=True,
    columns=(
        Column("key", _("Key"), sort="name", always=True),
        Column("may", _("May")),
        Column("state", _("State")),
        Column("made", _("Made"), sort="id", shown=False),
        Column("used", _("Last used")),
        Column("acts", _("Actions"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[ApiKey], object]] = {
    "name": lambda key: key.name,
    "prefix": lambda key: key.prefix,
    "kind": lambda key: key.kind,
    "owner": lambda key: key.member.user.email if key.member else "",
    "scopes": lambda key: " ".join(key.scopes),
    "project": lambda key: key.project.slug if key.project else "",
    "networks": lambda key: " ".join(map(str, key.allowed_networks)),
    "made_at": lambda key: utc_text(key.created_at),
    "expires_at": lambda key: utc_text(key.expires_at),
    "last_used_at": lambda key: utc_text(key.last_used_at),
    "state": lambda key: key.state(timezone.now()),
}


@login_required
@require_safe
def keys(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the keys the person may see; what is searched for, order, columns and page are in the address."""
    grant = page_grant(request, slug, Permission.KEYS_MANAGE)
    listing = Listing(KEYS, request.GET)
    found = api_keys_of(grant)
    if listing.search:
        found = found.filter(Q(name__icontains=listing.search) | Q(prefix__icontains=listing.search))
    if listing.as_csv:
        return list_csv(f"{slug}-keys", listing, found, CSV)
    page = listing.page(found)
    context = {
        "keys": [(key, key.state(timezone.now())) for key in page.rows],
        "everybody": grant.may(Permission.KEYS_MANAGE_ALL),
    }
    return list_shown(request, "organisations/keys.html", listing, page, context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what a key shall do, make it, and show it this once."""
    grant = page_grant(request, slug, Permission.KEYS_MANAGE)
    projects = projects_for(grant, Permission.KEYS_MANAGE)
    form = KeyForm(request.POST or None, grant=grant, projects=projects, initial={"submission_key": uuid.uuid4()})
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            return _shown(
                request, grant, form.cleaned_data["submission_key"], lambda: _create(request, grant, form)
            )
        except AppError as refusal:
            error = refusal
    status = 200 if request.method != "POST" else error.status if error else 422
    return render(request, "organisations/key_form.html", {"form": form, "error": error}, status=status)


def _create(request: HttpRequest, grant: Grant, form: KeyForm) -> NewKey:
    data, now = form.cleaned_data, timezone.now()
    return api_key_create(
        grant=grant,
        name=data["name"],
        scopes=data["scopes"],
        kind=data.get("kind", ApiKey.Kind.PERSONAL),
        project=project_get(grant, data["project"]) if data["project"] else None,
        networks=form.network_lines(),
        expires_at=form.expires_at(now),
        actor=actor_of(request),
        now=now,
    )


def _shown(request: HttpRequest, grant: Grant, submission: uuid.UUID, act: Callable[[], NewKey]) -> HttpResponse:
    """Show the new key; a second press of the same form makes nothing and leads to the list."""
    made: list[NewKey] = []

    def kept() -> str:
        made.append(act())
        return str(made[0].key.pk)  # the key's text is never kept

    once(scope=f"page:member:{grant.member.pk}", key=str(submission), content="api_key", act=kept, forgets=True)
    if made:
        return render(request, "organisations/key_shown.html", {"key": made[0].key, "token": made[0].token})
    messages.info(
        request, gettext("This form has made its key already, and a key is shown once. Revoke it if you lost it.")
    )
    return redirect("organisations:keys", grant.organisation.slug)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def key_rotate(request: HttpRequest, slug: str, key_id: uuid.UUID) -> HttpResponse:
    """Ask how long the old key goes on, make the new one, and show it this once."""
    grant = page_grant(request, slug, Permission.KEYS_MANAGE)
    key = api_key_get(grant, key_id)
    form, error = RotationForm(request.POST or None, initial={"submission_key": uuid.uuid4()}), None

    def act() -> NewKey:
        overlap = timedelta(hours=int(form.cleaned_data["overlap"]))
        return api_key_rotate(
            grant=grant, key_id=key.pk, overlap=overlap, actor=actor_of(request), now=timezone.now()
        )

    if request.method == "POST" and form.is_valid():
        try:
            return _shown(request, grant, form.cleaned_data["submission_key"], act)
        except AppError as refusal:
            error = refusal
    status = 200 if request.method != "POST" else error.status if error else 422
    return render(
        request, "organisations/key_rotate.html", {"key": key, "form": form, "error": error}, status=status
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, slug: str, key_id: uuid.UUID) -> HttpResponse:
    """Ask whether to end a key, and end it."""
    grant = page_grant(request, slug, Permission.KEYS_MANAGE)
    key = api_key_get(grant, key_id)
    if request.method != "POST":
        return render(request, "organisations/key_revoke.html", {"key": key})
    api_key_revoke(grant=grant, key_id=key.pk, actor=actor_of(request), now=timezone.now())
    messages.success(
        request, gettext("The key “%(key)s” is revoked; its next request is refused.") % {"key": key.name}
    )
    return redirect("organisations:keys", slug)
