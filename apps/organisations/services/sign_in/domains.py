"""Acts on domains: named, proven by DNS or by staff, opened for joining, let go."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.wiring import announce, ask
from apps.organisations.models import Domain, Grant, Membership, Organisation
from apps.organisations.models.sign_in import JOIN_ROLES
from apps.organisations.roles import Permission
from apps.organisations.selectors.sign_in import domain_get
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import acting_lock

DOMAINS_LIMIT = 20
TOLD = frozenset({"domain.join_set", "domain.missing", "domain.lost"})
LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class DomainUnproven(Conflict):
    """DNS does not say yet that the domain is the organisation's."""

    code = "domain_unproven"


def domain_add(*, acting: Membership | Grant, name: str, actor: Actor, now: datetime) -> Domain:
    """Name a domain of the organisation's; it counts for nothing until it is proven. The same again is returned.

    Raises AppError for what is no domain, Conflict for one too many.
    """
    plain = domain_read(name)
    with transaction.atomic():
        organisation = acting_lock(acting=acting, permission=Permission.ORGANISATION_EDIT)
        known = organisation.domains.filter(name=plain).first()
        if known is not None:
            return known
        if organisation.domains.count() >= DOMAINS_LIMIT:
            raise Conflict(
                _("You have named %(limit)s domains; remove one first.") % {"limit": DOMAINS_LIMIT},
                code="domain_limit",
            )
        domain = Domain.objects.create(
            organisation=organisation, name=plain, token=secrets.token_hex(16), created_at=now
        )
        domain_told(domain, actor, "domain.added", now=now, after={"name": domain.name})
    return domain


def domain_check(*, acting: Membership | Grant, domain_id: UUID, actor: Actor, now: datetime) -> Domain:
    """Ask DNS for the domain's record and mark it proven. A repeat changes nothing.

    Raises NotFound, DomainUnproven with what we saw, Conflict when another organisation has proven it.
    """
    acting.require(Permission.ORGANISATION_EDIT)
    domain = domain_get(acting.organisation, domain_id)
    if domain.verified_at is not None:
        return domain
    found = txt_found(domain)
    if domain.record_text not in (found or ()):
        seen = _("we found no TXT record there") if not found else _("the TXT records there say something else")
        raise DomainUnproven(
            _("%(name)s is not proven yet: %(seen)s. New records take up to an hour to be seen.")
            % {"name": domain.record_name, "seen": seen}
        )
    with transaction.atomic():
        organisation = acting_lock(acting=acting, permission=Permission.ORGANISATION_EDIT)
        return domain_prove(organisation=organisation, domain_id=domain_id, by=Domain.By.DNS, actor=actor, now=now)


def txt_found(domain: Domain) -> set[str] | None:
    """Return what the TXT records under the domain's name say; None where DNS does not answer."""
    answers = [one for one in ask("organisations.txt_records", name=domain.record_name) if one is not None]
    return {text.strip() for answer in answers for text in answer} if answers else None


def domain_prove(
    *, organisation: Organisation, domain_id: UUID, by: Domain.By, actor: Actor, now: datetime
) -> Domain:
    """Mark the domain proven, by DNS or by a member of staff who saw other proof. A repeat changes nothing.

    Raises NotFound, Conflict when another organisation has proven it.
    """
    try:
        with transaction.atomic():
            domain = domain_get(organisation, domain_id, lock=True)
            if domain.verified_at is not None:
                return domain
            domain.verified_at, domain.verified_by = now, by
            domain.looked_at, domain.missing_since = now, None
            domain.save(update_fields=["verified_at", "verified_by", "looked_at", "missing_since"])
            domain_told(domain, actor, "domain.proven", now=now, after={"name": domain.name, "by": by})
    except IntegrityError as error:
        raise Conflict(
            _("Another organisation has proven this domain; write to us if it is yours."), code="domain_taken"
        ) from error
    return domain


def domain_join_set(
    *, acting: Membership | Grant, domain_id: UUID, role: str, actor: Actor, now: datetime
) -> Domain:
    """Set with which role people of the domain become members by themselves; empty: they do not.

    Raises NotFound, DomainUnproven, AppError for a role that is not given so.
    """
    if role and role not in JOIN_ROLES:
        known = ", ".join(one.value for one in JOIN_ROLES)
        raise AppError(_("Choose one of %(known)s.") % {"known": known}, code="role_unknown", status=422)
    with transaction.atomic():
        organisation = acting_lock(acting=acting, permission=Permission.ORGANISATION_EDIT)
        domain = domain_get(organisation, domain_id, lock=True)
        if role and domain.verified_at is None:
            raise DomainUnproven(_("Prove the domain first: until then anybody could name it."))
        if domain.join_role != role:
            before, domain.join_role = domain.join_role, role
            domain.save(update_fields=["join_role"])
            domain_told(domain, actor, "domain.join_set", now=now, before={"role": before}, after={"role": role})
    return domain


def domain_remove(*, acting: Membership | Grant, domain_id: UUID, actor: Actor, now: datetime) -> None:
    """Let a domain go: the organisation's sign-in no longer vouches for it.

    Raises NotFound, Conflict for the last proven one while only the organisation's sign-in lets people in.
    """
    with transaction.atomic():
        organisation = acting_lock(acting=acting, permission=Permission.ORGANISATION_EDIT)
        domain = domain_get(organisation, domain_id, lock=True)
        others = organisation.domains.exclude(pk=domain.pk).filter(verified_at__isnull=False)
        if organisation.sso_only and domain.verified_at is not None and not others.exists():
            raise Conflict(
                _("Members come in by your own sign-in only, and this is its last domain: lift that rule first."),
                code="domain_last",
            )
        domain_told(domain, actor, "domain.removed", now=now, before={"name": domain.name})
        domain.delete()


def domain_read(text: str) -> str:
    """Return the domain as DNS writes it. Raises AppError with a sentence for what is none."""
    name = text.strip().lower().removeprefix("@").rstrip(".")
    try:
        plain = name.encode("idna").decode("ascii") if name and len(name) <= 253 else ""
    except UnicodeError:
        plain = ""
    labels = plain.split(".")
    sound = all(0 < len(one) <= 63 and set(one) <= LABEL and one.strip("-") == one for one in labels)
    if len(labels) < 2 or not sound or labels[-1].isdigit():
        sentence = _("“%(name)s” is no domain such as example.com.") % {"name": text.strip()[:80]}
        raise AppError(sentence, code="domain_invalid", status=422, fields={"name": [sentence]})
    return plain


def domain_told(
    domain: Domain,
    actor: Actor,
    act: str,
    *,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write into the trail what became of the domain, and tell whoever manages sign-ins where it matters."""
    event = audit_record(
        organisation_id=domain.organisation_id,
        actor=actor,
        act=act,
        subject=f"domain:{domain.pk}",
        before=before,
        after=after,
        now=now,
    )
    if act in TOLD:
        announce("organisations.sign_in_moved", event_id=event.pk)
