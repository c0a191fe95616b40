"""Organisations: their details and the terms they accepted."""

from typing import Any, cast

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.moments import moment_sent
from apps.core.rest import page_answer
from apps.core.rest.forms import form_read
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import (
    OrganisationChange,
    OrganisationNew,
    OrganisationShape,
    TermsShape,
    TermsVersion,
)
from apps.organisations.forms import DetailsForm, OrganisationForm
from apps.organisations.models import ApiKey, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import terms_acceptance
from apps.organisations.services import organisation_create, organisation_update, terms_accept, time_zone_of
from apps.organisations.sign_ins import SignIn
from apps.users.models import User


class Organisations(Endpoint):
    """The organisations of the caller."""

    @described(OrganisationShape, page=True)
    def get(self, request: Request) -> Response:
        """List the organisations of the caller: a key sees its own, a person every one they are in."""
        if isinstance(request.auth, ApiKey):
            rows = Organisation.objects.filter(pk=request.auth.organisation_id)
            if Permission.ORGANISATION_VIEW not in request.auth.scopes:
                rows = rows.none()
        else:
            rows = Organisation.objects.filter(memberships__user=cast(User, request.user))
            if isinstance(request.auth, SignIn) and Permission.ORGANISATION_VIEW not in request.auth.scopes:
                rows = rows.none()
        return page_answer(request, rows, lambda row: OrganisationShape(row).data)

    @described(OrganisationShape, body=OrganisationNew, status=201)
    def post(self, request: Request) -> Response:
        """Create an organisation, which the person owns; one of this name that is theirs is answered as it is."""
        person = self.person(Permission.ORGANISATION_EDIT)
        wanted = form_read(OrganisationForm(OrganisationNew(data=request.data).read()))

        def act() -> Any:
            made = organisation_create(
                user=person,
                time_zone=time_zone_of(wanted["country"]),
                **wanted,
                actor=self.actor,
                now=timezone.now(),
            )
            return OrganisationShape(made).data

        return self.once(person, act)


class OneOrganisation(Endpoint):
    """One organisation."""

    @described(OrganisationShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read an organisation."""
        return Response(OrganisationShape(self.grant(Permission.ORGANISATION_VIEW).organisation).data)

    @described(OrganisationShape, body=OrganisationChange)
    def patch(self, request: Request, slug: str) -> Response:
        """Change an organisation's name and what its invoices show; the slug never changes."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        details = _details_read(grant.organisation, OrganisationChange(data=request.data).read())
        organisation = organisation_update(membership=grant, details=details, actor=self.actor, now=timezone.now())
        return Response(OrganisationShape(organisation).data)


def _details_read(organisation: Organisation, changes: dict[str, str]) -> dict[str, str]:
    """Return the changes as the form of the page would take them. Raises ValidationError, field by field."""
    found = form_read(DetailsForm({**DetailsForm(instance=organisation).initial, **changes}))
    return {field: found[field] for field in changes}


class Terms(Endpoint):
    """The terms of service, and whether they are accepted for the organisation."""

    @described(TermsShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read the terms of service: the version in force, and who accepted it, if anybody did."""
        return Response(_terms(self.grant(Permission.ORGANISATION_VIEW).organisation))

    @described(TermsShape, body=TermsVersion)
    def post(self, request: Request, slug: str) -> Response:
        """Accept the terms of service in force; a repeat changes nothing."""
        grant = self.grant(Permission.BILLING_MANAGE)
        version = TermsVersion(data=request.data).read()["version"]
        member = grant.member

        def act() -> Any:
            terms_accept(membership=member, version=version, actor=self.actor, now=timezone.now())
            return _terms(grant.organisation)

        return self.once(grant, act, status=200)


def _terms(organisation: Organisation) -> dict[str, Any]:
    found = terms_acceptance(organisation)
    return {
        "version": settings.TERMS_VERSION,
        "accepted_by": found.user.email if found else None,
        "accepted_at": moment_sent(found.accepted_at) if found else None,
    }
