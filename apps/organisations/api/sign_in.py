"""How an organisation's people sign in: its rules, to be read; its domains, to be named, proven and opened.

The rules and the organisation's own sign-in are set on the page alone: whoever sets them must be inside by them, which
only a browser's session can show.
"""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import Body, Text
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.models import Domain
from apps.organisations.roles import Permission
from apps.organisations.selectors.sign_in import domain_get, domains_of, provider_of
from apps.organisations.services.sign_in import domain_add, domain_check, domain_join_set, domain_remove


class SignInRulesShape(serializers.Serializer[Any]):
    """What the organisation asks of a sign-in; kind and issuer of its own one, null for none."""

    second_factor_required = serializers.BooleanField()
    sso_only = serializers.BooleanField()
    provider = serializers.CharField(allow_null=True)
    issuer = serializers.CharField(allow_null=True)


class DomainShape(serializers.ModelSerializer[Domain]):
    """A domain of mail addresses, the TXT record that proves it, and the role by which its people join ("": none)."""

    record_name = serializers.CharField()
    record_text = serializers.CharField()

    class Meta:
        model = Domain
        fields = (
            "id",
            "name",
            "record_name",
            "record_text",
            "verified_at",
            "verified_by",
            "missing_since",
            "join_role",
            "created_at",
        )


class DomainNew(Body):
    """A domain to name."""

    name = Text(max_length=260)


class DomainChange(Body):
    """With which role people of a proven domain join; empty: they do not."""

    join_role = Text(max_length=20, allow_blank=True)


class SignInRules(Endpoint):
    """The rules of an organisation's sign-in."""

    @described(SignInRulesShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read the rules of an organisation's sign-in. They are set on the page alone, by whoever is inside by them."""
        organisation = self.grant(Permission.ORGANISATION_EDIT).organisation
        provider = provider_of(organisation)
        facts = {
            "second_factor_required": organisation.second_factor_required,
            "sso_only": organisation.sso_only,
            "provider": provider.kind if provider else None,
            "issuer": provider.issuer if provider else None,
        }
        return Response(SignInRulesShape(facts).data)


class Domains(Endpoint):
    """The domains of an organisation."""

    @described(DomainShape, many=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the domains of an organisation, by name."""
        organisation = self.grant(Permission.ORGANISATION_EDIT).organisation
        return Response({"items": [DomainShape(one).data for one in domains_of(organisation)]})

    @described(DomainShape, body=DomainNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Name a domain; it counts for nothing until it is proven. One that is named already is answered as it is."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        name = DomainNew(data=request.data).read()["name"]

        def act() -> Any:
            return DomainShape(domain_add(acting=grant, name=name, actor=self.actor, now=timezone.now())).data

        return self.once(grant, act, forgets=True)


class OneDomain(Endpoint):
    """One domain."""

    @described(DomainShape)
    def get(self, request: Request, slug: str, domain_id: UUID) -> Response:
        """Read a domain."""
        return Response(
            DomainShape(domain_get(self.grant(Permission.ORGANISATION_EDIT).organisation, domain_id)).data
        )

    @described(DomainShape, body=DomainChange)
    def patch(self, request: Request, slug: str, domain_id: UUID) -> Response:
        """Set with which role people of a proven domain join, or that they do not."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        domain = domain_get(grant.organisation, domain_id)
        role = DomainChange(data=request.data).read()["join_role"]
        now = timezone.now()
        changed = domain_join_set(acting=grant, domain_id=domain.pk, role=role, actor=self.actor, now=now)
        return Response(DomainShape(changed).data)


class DomainCheck(Endpoint):
    """The proof of a domain."""

    @described(DomainShape, body=Nothing)
    def post(self, request: Request, slug: str, domain_id: UUID) -> Response:
        """Ask DNS for the record, and mark the domain proven; 409 says what DNS has instead."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        domain = domain_get(grant.organisation, domain_id)
        Nothing(data=request.data).read()
        checked = domain_check(acting=grant, domain_id=domain.pk, actor=self.actor, now=timezone.now())
        return Response(DomainShape(checked).data)


class DomainRemove(Endpoint):
    """The end of a domain."""

    @described(DomainShape, body=Nothing)
    def post(self, request: Request, slug: str, domain_id: UUID) -> Response:
        """Let a domain go: the organisation's sign-in no longer speaks for it, nobody joins by it, members stay."""
        grant = self.grant(Permission.ORGANISATION_EDIT)
        domain = domain_get(grant.organisation, domain_id)
        Nothing(data=request.data).read()
        shown = DomainShape(domain).data

        def act() -> Any:
            domain_remove(acting=grant, domain_id=domain.pk, actor=self.actor, now=timezone.now())
            return shown

        return self.once(grant, act, status=200, forgets=True)
