"""Acts on API keys: make, rotate, revoke, and note their use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.addresses import network_read
from apps.core.errors import AppError, Conflict, Denied
from apps.organisations.models import ApiKey, Grant, Membership, Project
from apps.organisations.reach import LIMITED_KEEPS, PROJECT_PERMISSIONS
from apps.organisations.roles import Permission
from apps.organisations.selectors.keys import api_key_get
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.grants import grant_lock
from apps.organisations.services.projects import project_lock
from apps.organisations.tokens import token_make

LIVE_KEYS_MAXIMUM = 500  # of one organisation
NETWORKS_MAXIMUM = 50  # of one key
LIFE_MAXIMUM = timedelta(days=3653)
OVERLAP_MAXIMUM = timedelta(days=30)
USE_NOTED_EVERY = timedelta(minutes=1)
# To give the organisation away or close it takes a person.
SCOPES = tuple(permission for permission in Permission if permission != Permission.ORGANISATION_CLOSE)


@dataclass(frozen=True)
class NewKey:
    """A key that was just made, and its text, which nobody can see again."""

    key: ApiKey
    token: str


def api_key_create(
    *,
    grant: Grant,
    name: str,
    scopes: Collection[str],
    kind: str = ApiKey.Kind.PERSONAL,
    project: Project | None = None,
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> NewKey:
    """Make a key that may at most what its maker may, and return it with its text, once.

    Raises Denied for a maker without the permission or without one of the scopes, Conflict for an archived project
    or too many keys, and AppError, with the field, for a bad name, scope, network or expiry.
    """
    name = _name_read(name)
    networks = _networks_read(networks)
    _expiry_check(expires_at, now)
    with transaction.atomic():
        grant = grant_lock(grant)
        if project is not None:
            project = project_lock(grant, project.pk)
        grant.require(Permission.KEYS_MANAGE, project.pk if project else None)
        member = _member_for(grant, kind)
        granted = _scopes_read(grant, scopes, project)
        _room_check(grant, now)
        new = _key_write(
            organisation=grant.organisation,
            kind=kind,
            member=member,
            made_by=grant.membership.user if grant.membership else None,
            project=project,
            name=name,
            scopes=granted,
            allowed_networks=networks,
            expires_at=expires_at,
            created_at=now,
        )
        _told(grant, actor, "key.created", new.key, after=_facts(new.key), now=now)
    return new


def api_key_rotate(*, grant: Grant, key_id: UUID | str, overlap: timedelta, actor: Actor, now: datetime) -> NewKey:
    """Make a key that takes the place of another; the old one works until `overlap` (0 to 30 days) has passed.

    A personal key can be rotated by its member alone: whoever sees the new text could act as that member. Raises
    NotFound, Denied, Conflict for a key of another member or one that is dead or rotated, AppError for the overlap.
    """
    if not timedelta() <= overlap <= OVERLAP_MAXIMUM:
        sentence = _("The old key can go on working for 0 to %(days)s days.") % {"days": OVERLAP_MAXIMUM.days}
        raise AppError(sentence, code="overlap_out_of_range", fields={"overlap": [sentence]})
    with transaction.atomic():
        grant = grant_lock(grant)
        old = _key_lock(grant, key_id)
        _rotation_check(grant, old, now)
        _scopes_read(grant, old.scopes, old.project)
        life = old.expires_at - old.created_at if old.expires_at else None
        new = _key_write(
            organisation=grant.organisation,
            kind=old.kind,
            member=old.member,
            made_by=grant.membership.user if grant.membership else None,
            project=old.project,
            name=old.name,
            scopes=old.scopes,
            allowed_networks=old.allowed_networks,
            expires_at=now + life if life else None,
            created_at=now,
        )
        old.successor = new.key
        old.expires_at = min(now + overlap, old.expires_at or now + overlap)
        old.save(update_fields=["successor", "expires_at"])
        after = {"successor": str(new.key.pk), "expires_at": old.expires_at.isoformat()}
        _told(grant, actor, "key.rotated", old, after=after, now=now)
    return new


def api_key_revoke(*, grant: Grant, key_id: UUID | str, actor: Actor, now: datetime) -> ApiKey:
    """End a key; its next request is refused. A repeat changes nothing. Raises NotFound and Denied."""
    with transaction.atomic():
        key = _key_lock(grant, key_id)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            _told(grant, actor, "key.revoked", key, before={"name": key.name, "prefix": key.prefix}, now=now)
    return key


def keys_of_member_revoke(*, membership: Membership, actor: Actor, now: datetime) -> int:
    """End every personal key of the member, as the membership ends; return how many. Call it in that transaction."""
    grant = Grant.of_member(membership)
    with transaction.atomic():
        keys = list(ApiKey.objects.select_for_update().filter(member=membership, revoked_at=None).order_by("id"))
        for key in keys:
            key.revoked_at = now
            _told(grant, actor, "key.revoked", key, before={"name": key.name, "prefix": key.prefix}, now=now)
        ApiKey.objects.bulk_update(keys, ["revoked_at"])
    return len(keys)


def api_key_used(*, key: ApiKey, now: datetime) -> bool:
    """Note that the key was used, at most once a minute; return whether this call wrote."""
    if key.last_used_at is not None and key.last_used_at > now - USE_NOTED_EVERY:
        return False
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    return ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now) == 1


def _key_write(**fields: object) -> NewKey:
    token = token_make()
    return NewKey(ApiKey.objects.create(prefix=token.prefix, digest=token.digest, **fields), token.text)


def _key_lock(grant: Grant, key_id: UUID | str) -> ApiKey:
    key = api_key_get(grant, key_id)
    ApiKey.objects.select_for_update().get(pk=key.pk)
    key.refresh_from_db(fields=["revoked_at", "expires_at", "successor", "scopes"])
    return key


def _rotation_check(grant: Grant, key: ApiKey, now: datetime) -> None:
    grant.require(Permission.KEYS_MANAGE, key.project_id)
    if key.personal and (grant.membership is None or key.member_id != grant.membership.pk):
        raise Conflict(
            _("Only its own member can rotate a personal key; you can revoke it, and they make a new one."),
            code="key_of_another",
        )
    if key.successor_id is not None:
        raise Conflict(
            _("The key “%(key)s” was rotated already; rotate the one that took its place.") % {"key": key.name}
        )
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise Conflict(
            _("The key “%(key)s” no longer works, so there is nothing to rotate; make a new one.")
            % {"key": key.name}
        )
    if key.project is not None and key.project.archived_at is not None:
        raise Conflict(
            _("The project “%(project)s” is archived and takes no new keys.") % {"project": key.project.name}
        )


def _member_for(grant: Grant, kind: str) -> Membership | None:
    if kind == ApiKey.Kind.SERVICE:
        grant.require(Permission.KEYS_MANAGE_ALL)
        return None
    if kind != ApiKey.Kind.PERSONAL:
        sentence = _("A key is personal or service; “%(kind)s” is neither.") % {"kind": kind[:20]}
        raise AppError(sentence, code="kind_unknown", fields={"kind": [sentence]})
    if grant.membership is None:
        raise Denied(_("A service key has no member, so it cannot make personal keys; make a service key."))
    return grant.membership


def _scopes_read(grant: Grant, scopes: Collection[str], project: Project | None) -> list[str]:
    """Return the scopes in the order of the table. Raises AppError for one that the key could never use."""
    known = {scope.value: scope for scope in SCOPES}
    sentences = [
        _("“%(scope)s” is no scope of a key.") % {"scope": str(scope)[:40]}
        for scope in scopes
        if scope not in known
    ]
    wanted = [scope for scope in SCOPES if scope.value in scopes]
    for scope in wanted:
        if project is not None and scope not in PROJECT_PERMISSIONS | LIMITED_KEEPS:
            sentences.append(
                _("%(scope)s is about the whole organisation; a key of one project cannot have it.")
                % {"scope": scope.value}
            )
    if not scopes:
        sentences.append(_("Choose at least one scope; without any, the key could do nothing."))
    if sentences:
        raise AppError(" ".join(sentences[:5]), code="scopes_invalid", fields={"scopes": sentences[:50]})
    for scope in wanted:
        grant.require(scope, project.pk if project else None)
    return [scope.value for scope in wanted]


def _name_read(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80 or not name.isprintable():
        sentence = _("A key needs a name of 1 to 80 printable characters, such as what uses it.")
        raise AppError(sentence, code="name_invalid", fields={"name": [sentence]})
    return name


def _networks_read(networks: Sequence[str]) -> list[str]:
    """Return the networks in their one spelling, each once. Raises AppError with a sentence per bad one."""
    sentences, found = [], []
    for text in networks[: NETWORKS_MAXIMUM + 1]:
        try:
            found.append(str(network_read(text.strip())))
        except ValueError as error:
            sentence = (
                _("“%(text)s” is not a network: its host bits are set.")
                if "host bits" in str(error)
                else _("“%(text)s” is not a network: write 203.0.113.0/24 or 2001:db8::/32.")
            )
            sentences.append(sentence % {"text": text[:50]})
    if len(networks) > NETWORKS_MAXIMUM:
        sentences = [
            _("A key can have %(networks_maximum)s networks at most; join neighbours to larger ones.")
            % {"networks_maximum": NETWORKS_MAXIMUM}
        ]
    if sentences:
        raise AppError(" ".join(sentences[:5]), code="network_invalid", fields={"networks": sentences})
    return list(dict.fromkeys(found))


def _expiry_check(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None or now < expires_at <= now + LIFE_MAXIMUM:
        return
    sentence = _(
        "A key expires in the future, at most ten years from now; leave it empty for a key that does not."
    )
    raise AppError(sentence, code="expiry_out_of_range", fields={"expires_at": [sentence]})


def _room_check(grant: Grant, now: datetime) -> None:
    live = grant.organisation.api_keys.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    if live.count() >= LIVE_KEYS_MAXIMUM:
        raise Conflict(
            _("%(organisation)s has %(live_keys_maximum)s live keys already; revoke some that are not used.")
            % {"organisation": grant.organisation.name, "live_keys_maximum": LIVE_KEYS_MAXIMUM},
            code="keys_too_many",
        )


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "kind": key.kind,
        "scopes": key.scopes,
        "project": str(key.project_id) if key.project_id else None,
        "networks": key.allowed_networks,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def _told(
    grant: Grant,
    actor: Actor,
    act: str,
    key: ApiKey,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    audit_record(
        organisation_id=grant.organisation.pk,
        actor=actor,
        act=act,
        subject=f"key:{key.pk}",
        before=before,
        after=after,
        now=now,
    )
