"""How an organisation's people sign in: the way in by its own sign-in, and the pages where it is set."""

from uuid import UUID

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from onelogin.saml2.errors import OneLogin_Saml2_Error
from requests import RequestException

from apps.core.errors import AppError
from apps.organisations.forms_sign_in import (
    DomainForm,
    JoinForm,
    OrganisationSignInForm,
    PolicyForm,
    ProviderForm,
)
from apps.organisations.models import Membership, Provider
from apps.organisations.roles import Permission
from apps.organisations.selectors.sign_in import domain_get, domains_of, provider_for, provider_of
from apps.organisations.services.sign_in import (
    domain_add,
    domain_check,
    domain_join_set,
    domain_remove,
    provider_remove,
    provider_set,
    sign_in_policy_set,
)
from apps.organisations.services.sign_in.providers import ProviderWanted
from apps.organisations.views.frame import actor_of, enter
from apps.users.ways import ways_of

PAGE = "organisations/sign_in_settings.html"


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the address at work, and send the person to the sign-in of the organisation it belongs to."""
    slug = request.GET.get("organisation", "")[:60]
    asked = request.method == "POST"
    error: AppError | None = None
    form = OrganisationSignInForm(request.POST if asked and not slug else None)
    if asked and (slug or form.is_valid()):
        email = "" if slug else form.cleaned_data["email"]
        provider = provider_for(email=email, slug=slug)
        answer = _sent_on(request, provider) if provider is not None else None
        if answer is not None:
            return answer
        sentence = (
            _("The sign-in of your organisation does not answer; try again, or tell whoever runs it.")
            if provider is not None
            else _(
                "No organisation has set up a sign-in for this. Sign in with your password, or ask your colleagues."
            )
        )
        error = AppError(sentence, code="sign_in_none", status=422)
    context = {"form": form, "slug": slug, "error": error, "next": get_next_redirect_url(request) or ""}
    return render(request, "organisations/sign_in.html", context, status=422 if asked else 200)


def _sent_on(request: HttpRequest, provider: Provider) -> HttpResponse | None:
    """Answer with the way to the provider; None where it does not answer.

    A page leads there, no redirect: the content security policy lets forms end at our own pages only, wherever they
    are redirected to.
    """
    saml = provider.kind == Provider.Kind.SAML
    started = get_adapter().get_provider(
        request, "saml" if saml else provider.key, client_id=provider.key if saml else None
    )
    onward = get_next_redirect_url(request) or reverse("console:home", args=[provider.organisation.slug])
    try:
        answer: HttpResponse = started.redirect(request, process=AuthProcess.LOGIN, next_url=onward)
    except (RequestException, OAuth2Error, OneLogin_Saml2_Error, KeyError, TypeError):
        return None
    if answer.status_code != 302:
        return None
    facts = {"url": answer.headers["Location"], "organisation_name": provider.organisation.name}
    return render(request, "organisations/onward.html", facts)


@login_required
@require_safe
def sign_in_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the organisation asks of a sign-in, its domains, and its own sign-in."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    return render(request, PAGE, _context(membership))


@login_required
@require_POST
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Set what the organisation asks of a sign-in."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    form = PolicyForm(request.POST)
    form.is_valid()
    sign_in_policy_set(
        membership=membership,
        second_factor_required=form.cleaned_data["second_factor_required"],
        sso_only=form.cleaned_data["sso_only"],
        ways=ways_of(request),
        actor=actor_of(request),
        now=timezone.now(),
    )
    messages.success(request, _("Saved. It holds from everybody's next request on."))
    return redirect("organisations:sign_in_settings", slug)


@login_required
@require_POST
def domain_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Name a domain."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            domain_add(
                acting=membership, name=form.cleaned_data["name"], actor=actor_of(request), now=timezone.now()
            )
        except AppError as refusal:
            form.add_error("name", refusal.message)
        else:
            return redirect("organisations:sign_in_settings", slug)
    return render(request, PAGE, {**_context(membership), "domain_form": form}, status=422)


@login_required
@require_POST
def domain_proof(request: HttpRequest, slug: str, domain_id: UUID) -> HttpResponse:
    """Look into DNS for the domain's record."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    domain = domain_get(membership.organisation, domain_id)
    try:
        domain_check(acting=membership, domain_id=domain.pk, actor=actor_of(request), now=timezone.now())
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("%(name)s is proven.") % {"name": domain.name})
    return redirect("organisations:sign_in_settings", slug)


@login_required
@require_POST
def domain_join(request: HttpRequest, slug: str, domain_id: UUID) -> HttpResponse:
    """Set with which role people of the domain become members."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    domain = domain_get(membership.organisation, domain_id)
    role = request.POST.get("role", "")[:20]
    domain_join_set(acting=membership, domain_id=domain.pk, role=role, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("Saved."))
    return redirect("organisations:sign_in_settings", slug)


@login_required
@require_POST
def domain_end(request: HttpRequest, slug: str, domain_id: UUID) -> HttpResponse:
    """Let a domain go."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT, rescue=True)
    domain = domain_get(membership.organisation, domain_id)
    domain_remove(acting=membership, domain_id=domain.pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("%(name)s is removed.") % {"name": domain.name})
    return redirect("organisations:sign_in_settings", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def provider_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for what the organisation's provider shows, and set it as its own sign-in."""
    membership = enter(request, slug, Permission.ORGANISATION_CLOSE, rescue=True)
    known = provider_of(membership.organisation)
    form = ProviderForm.of(known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            provider_set(
                membership=membership,
                wanted=ProviderWanted(**form.cleaned_data),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            for field, sentences in (refusal.fields or {"": [refusal.message]}).items():
                form.add_error(field if field in form.fields else None, list(sentences))
        else:
            messages.success(request, _("Saved. Sign in by it once, to see that it works."))
            return redirect("organisations:sign_in_settings", slug)
    context = {"organisation": membership.organisation, "form": form, "provider": known}
    return render(request, "organisations/provider.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def provider_end(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove the organisation's own sign-in."""
    membership = enter(request, slug, Permission.ORGANISATION_CLOSE, rescue=True)
    provider_remove(membership=membership, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("Your own sign-in is removed; members sign in by what they have of their own."))
    return redirect("organisations:sign_in_settings", slug)


def _context(membership: Membership) -> dict[str, object]:
    organisation = membership.organisation
    provider = provider_of(organisation)
    policies = {
        "second_factor_required": organisation.second_factor_required,
        "sso_only": organisation.sso_only,
    }
    return {
        "organisation": organisation,
        "policy_form": PolicyForm(initial=policies),
        "domain_form": DomainForm(),
        "domains": [
            (one, JoinForm(initial={"role": one.join_role}, prefix=None)) for one in domains_of(organisation)
        ],
        "provider": provider,
        "addresses": _addresses(provider) if provider else [],
        "may_own": membership.may(Permission.ORGANISATION_CLOSE),
        "sign_in_url": settings.BASE_URL + reverse("organisations:sign_in") + f"?organisation={organisation.slug}",
    }


def _addresses(provider: Provider) -> list[tuple[str, str]]:
    """Return what the provider's own settings ask for, as (name, address)."""
    if provider.kind == Provider.Kind.OIDC:
        path = reverse("openid_connect_callback", kwargs={"provider_id": provider.key})
        return [(_("Redirect address"), settings.BASE_URL + path)]
    names = ((_("Entity id, metadata"), "saml_metadata"), (_("Where answers go (ACS)"), "saml_acs"))
    return [
        (label, settings.BASE_URL + reverse(name, kwargs={"organization_slug": provider.key}))
        for label, name in names
    ]
