"""What the floor of people asks about organisations' sign-ins: who they are, for whom they vouch, and who joins."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Denied
from apps.core.wiring import announce
from apps.organisations.models import Domain, Invitation, Membership, Organisation, Provider
from apps.organisations.services.audit import Actor, audit_record
from apps.users.models import User
from apps.users.social import ProviderFacts
from apps.users.ways import ORGANISATION_PREFIX


class NotVouched(Denied):
    """The organisation's sign-in names somebody it cannot vouch for, or whom the organisation does not know."""

    code = "not_vouched"


def provider_facts(*, key: str) -> list[ProviderFacts]:
    """Return the provider of that key as allauth needs it; nothing for a key of none."""
    provider = _provider(key)
    if provider is None:
        return []
    if provider.kind == Provider.Kind.OIDC:
        settings = {"server_url": provider.issuer, "oauth_pkce_enabled": True, "fetch_userinfo": True}
        client_id = provider.client_id
    else:
        client_id = key
        settings = {
            "idp": {
                "entity_id": provider.issuer,
                "sso_url": provider.sso_url,
                "x509cert": provider.certificate,
            },
            "use_nameid_for_email": True,
            "advanced": {
                "want_assertion_signed": True,
                "want_attribute_statement": False,
                "want_name_id": True,
                "reject_idp_initiated_sso": True,
                "strict": True,
                "reject_deprecated_algorithm": True,
            },
        }
    return [
        ProviderFacts(
            key=key,
            kind=provider.kind,
            name=provider.organisation.name,
            client_id=client_id,
            secret=provider.secret,
            settings=settings,
        )
    ]


def provider_vouches(*, key: str, email: str, user: User | None, now: datetime) -> None:
    """Pass if the organisation's provider may name this address, and the organisation knows the person or lets them in.

    Raises NotVouched with a sentence. An address outside of the proven domains is nobody the provider may speak for,
    whatever it says.
    """
    provider = _provider(key)
    if provider is None:
        raise NotVouched(_("This sign-in no longer exists; ask in your organisation."))
    organisation, name = provider.organisation, email.rpartition("@")[2]
    domain = Domain.objects.filter(organisation=organisation, name=name, verified_at__isnull=False).first()
    if domain is None:
        raise NotVouched(
            _("The sign-in of %(name)s may not speak for %(domain)s: the organisation has not proven that domain.")
            % {"name": organisation.name, "domain": name}
        )
    member = user is not None and Membership.objects.filter(organisation=organisation, user=user).exists()
    invited = Invitation.objects.filter(organisation=organisation, email__iexact=email)
    waiting = invited.filter(accepted_at=None, revoked_at=None)
    shut = organisation.keeps is not None or not (domain.join_role or waiting.exists())
    if not member and shut:
        raise NotVouched(
            _("You are no member of %(name)s; ask an owner or admin there to invite you.")
            % {"name": organisation.name}
        )


def address_joins(*, user: User, email: str, now: datetime) -> None:
    """Make the person a member of the organisation that has proven their address's domain, if it lets people join.

    Members stay as they are; whoever was removed and confirms nothing anew stays out.
    """
    name = email.rpartition("@")[2].lower()
    found = Domain.objects.filter(name=name, verified_at__isnull=False).exclude(join_role="").first()
    if found is None or Membership.objects.filter(organisation=found.organisation_id, user=user).exists():
        return
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=found.organisation_id)
        domain = organisation.domains.filter(pk=found.pk).exclude(join_role="").first()
        if organisation.keeps is not None or domain is None:
            return
        member, made = Membership.objects.get_or_create(
            organisation=organisation, user=user, defaults={"role": domain.join_role, "visited_at": now}
        )
        if made:
            event = audit_record(
                organisation_id=organisation.pk,
                actor=Actor.person(user),
                act="member.joined",
                subject=f"member:{member.pk}",
                after={"role": member.role, "email": user.email, "domain": domain.name},
                now=now,
            )
            announce("organisations.sign_in_moved", event_id=event.pk)


def _provider(key: str) -> Provider | None:
    try:
        found = UUID(hex=key.removeprefix(ORGANISATION_PREFIX))
    except ValueError:
        return None
    return Provider.objects.select_related("organisation").filter(pk=found).first()
