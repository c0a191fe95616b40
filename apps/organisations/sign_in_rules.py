"""Whether a session may open an organisation, by how it was signed in and what the organisation asks for.

A session that was signed in by an organisation's own sign-in opens that organisation and no other: its provider vouches
for its own house only. API keys are no sessions: they are made by whoever was let in, and go on.
"""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import Denied
from apps.organisations.models import Membership, Organisation, Provider
from apps.organisations.roles import Role
from apps.users.models import User
from apps.users.ways import has_second_factor, ways_of


class SignInNeeded(Denied):
    """The person is a member, but came in by a way that the organisation does not take."""

    code = "sign_in_needed"


def sign_in_require(request: HttpRequest, membership: Membership, *, rescue: bool = False) -> None:
    """Pass if the session may open the organisation. Raises SignInNeeded with the next step.

    `rescue` is for the page on which the owner mends the organisation's sign-in: with a second factor of their own they
    reach it also when that sign-in is broken. Costs no query where the organisation asks for nothing.
    """
    refusal = sign_in_refusal(request, membership, rescue=rescue)
    if refusal is not None:
        raise refusal


def on_visit(request: HttpRequest) -> bool:
    """Return whether staff looks in, as a member, with the organisation's approval (apps/support/visiting.py)."""
    return getattr(request, "visit", None) is not None


def sign_in_refusal(request: HttpRequest, membership: Membership, *, rescue: bool = False) -> SignInNeeded | None:
    """Return why the session may not open the organisation, or None."""
    if on_visit(request):  # let in by the organisation's approval, not by a sign-in of the member's
        return None
    organisation, ways = membership.organisation, ways_of(request)
    if not ways.own or organisation.sso_only:
        if provider_key(organisation) in ways.organisations:
            return None
        if not ways.own:
            return _elsewhere(organisation)
        if not (rescue and membership.role == Role.OWNER and ways.second_factor):
            return _sso_asked(organisation)
    if organisation.second_factor_required and not ways.second_factor:
        assert isinstance(request.user, User)
        return _factor_asked(organisation, has_second_factor(request.user))
    return None


def program_require(membership: Membership) -> None:
    """Pass if a program that the member signed in may open the organisation. Raises SignInNeeded.

    Its tokens do not say how the member was signed in, so organisations with a sign-in of their own take API keys only.
    """
    organisation = membership.organisation
    if organisation.sso_only:
        raise SignInNeeded(
            _("%(name)s lets people in by its own sign-in only; let the program use an API key.")
            % {"name": organisation.name}
        )
    if organisation.second_factor_required and not has_second_factor(membership.user):
        raise _factor_asked(organisation, has=False)


def provider_key(organisation: Organisation) -> str:
    """Return the key of the organisation's own sign-in, or "" where it has none."""
    found = Provider.objects.filter(organisation=organisation).first()
    return found.key if found is not None else ""


def _elsewhere(organisation: Organisation) -> SignInNeeded:
    return SignInNeeded(
        _(
            "You signed in by an organisation's own sign-in, which opens that organisation and no other. For %(name)s, "
            "sign out and sign in with your password, a passkey or the sign-in of %(name)s."
        )
        % {"name": organisation.name},
        step=(_("Sign out"), reverse("account_logout")),
    )


def _sso_asked(organisation: Organisation) -> SignInNeeded:
    return SignInNeeded(
        _("%(name)s lets people in by its own sign-in only; use that.") % {"name": organisation.name},
        step=(
            _("Sign in there"),
            reverse("organisations:sign_in") + "?" + urlencode({"organisation": organisation.slug}),
        ),
    )


def _factor_asked(organisation: Organisation, has: bool) -> SignInNeeded:
    here = {"next": reverse("console:home", args=[organisation.slug])}
    if has:
        return SignInNeeded(
            _("%(name)s asks for a second factor, and you signed in without one; confirm yours.")
            % {"name": organisation.name},
            step=(_("Confirm it"), reverse("mfa_reauthenticate") + "?" + urlencode(here)),
        )
    return SignInNeeded(
        _("%(name)s asks everybody for a second factor, and you have none; set one up, then come back.")
        % {"name": organisation.name},
        step=(_("Set it up"), reverse("mfa_index")),
    )
