"""Acts on an organisation's own sign-in: set, changed, removed."""

from datetime import datetime
from typing import NamedTuple

from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.outbound import AddressRefused, address_check
from apps.core.seals import Renewed, seals_renew
from apps.core.wiring import announce
from apps.organisations.models import Membership, Provider
from apps.organisations.models.sign_in import PURPOSE
from apps.organisations.roles import Permission
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import people_lock

PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


class ProviderWanted(NamedTuple):
    """What an owner says of the sign-in; the client secret may be empty where one is kept already."""

    kind: str
    issuer: str
    client_id: str = ""
    secret: str = ""
    sso_url: str = ""
    certificate: str = ""


def provider_set(*, membership: Membership, wanted: ProviderWanted, actor: Actor, now: datetime) -> Provider:
    """Set the organisation's own sign-in. Another issuer makes another provider, which knows nobody yet.

    Raises Denied for whoever is not the owner, AppError with a sentence per field.
    """
    wanted = _checked(wanted)
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_CLOSE)
        known = Provider.objects.filter(organisation=acting.organisation).first()
        before = _facts(known) if known else None
        if known is not None and (known.kind, known.issuer) != (wanted.kind, wanted.issuer):
            _forget(known)
            known = None
        if wanted.kind == Provider.Kind.OIDC and not wanted.secret and (known is None or not known.secret_sealed):
            raise _wrong("secret", _("Give the client secret that your provider shows once."))
        provider = known or Provider(
            organisation=acting.organisation, kind=wanted.kind, issuer=wanted.issuer, created_at=now
        )
        provider.client_id, provider.sso_url = wanted.client_id, wanted.sso_url
        provider.certificate, provider.updated_at = wanted.certificate, now
        if wanted.secret:
            provider.secret_set(wanted.secret)
        provider.save()
        after = _facts(provider) | ({"secret": "changed"} if wanted.secret else {})
        _told(provider, actor, "sign_in.provider_set", before=before, after=after, now=now)
    return provider


def provider_remove(*, membership: Membership, actor: Actor, now: datetime) -> None:
    """Remove the organisation's own sign-in; whoever came in by it is out. A repeat changes nothing.

    Raises Denied for whoever is not the owner, Conflict while it is the only way in.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_CLOSE)
        known = Provider.objects.filter(organisation=acting.organisation).first()
        if known is None:
            return
        if acting.organisation.sso_only:
            raise Conflict(
                _("Members come in by this sign-in only: lift that rule first."), code="provider_needed"
            )
        _told(known, actor, "sign_in.provider_removed", before=_facts(known), after=None, now=now)
        _forget(known)


def providers_renew() -> Renewed:
    """Seal the client secrets with the newest key."""
    return seals_renew(Provider.objects.all(), "secret_sealed", purpose=PURPOSE)


def _forget(provider: Provider) -> None:
    SocialAccount.objects.filter(provider=provider.key).delete()
    provider.delete()


def _checked(wanted: ProviderWanted) -> ProviderWanted:
    wanted = ProviderWanted(*(value.replace("\x00", "").strip() for value in wanted))
    if wanted.kind == Provider.Kind.OIDC:
        _address("issuer", wanted.issuer)
        if not wanted.client_id:
            raise _wrong("client_id", _("Give the client id that your provider shows."))
        return wanted._replace(sso_url="", certificate="", issuer=wanted.issuer.rstrip("/"))
    if wanted.kind == Provider.Kind.SAML:
        if not wanted.issuer:
            raise _wrong("issuer", _("Give the entity id that your provider shows."))
        _address("sso_url", wanted.sso_url)
        return wanted._replace(client_id="", secret="", certificate=_certificate(wanted.certificate))  # noqa: S106
    raise _wrong("kind", _("Choose OpenID Connect or SAML 2.0."))


def _address(field: str, url: str) -> None:
    try:
        address_check(url)
    except AddressRefused as refusal:
        raise _wrong(field, refusal.message) from refusal


def _certificate(text: str) -> str:
    """Return the certificate's base64 without armour. Raises AppError."""
    inner = "".join(line.strip() for line in text.splitlines() if "-----" not in line)
    try:
        x509.load_pem_x509_certificate(PEM.format(inner).encode())
    except ValueError as error:
        raise _wrong("certificate", _("This is no X.509 certificate; paste all of it, in base64.")) from error
    return inner


def _wrong(field: str, sentence: str) -> AppError:
    return AppError(sentence, code=f"{field}_invalid", status=422, fields={field: [sentence]})


def _facts(provider: Provider) -> dict[str, object]:
    return {
        "kind": provider.kind,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "sso_url": provider.sso_url,
        "certificate": provider.certificate[:40],
    }


def _told(
    provider: Provider,
    actor: Actor,
    act: str,
    *,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    now: datetime,
) -> None:
    event = audit_record(
        organisation_id=provider.organisation_id,
        actor=actor,
        act=act,
        subject=f"provider:{provider.pk}",
        before=before,
        after=after,
        now=now,
    )
    announce("organisations.sign_in_moved", event_id=event.pk)
