"""The secrets of a job: taken out of its definition, sealed, handed to the node alone, hidden in what it writes."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import AppError
from apps.core.numbers import number_text
from apps.jobs.definitions import (
    NAME,
    SECRET_LIMIT,
    SECRETS_LIMIT,
    DefinitionRefused,
    secret_names,
    secrets_fill,
    secrets_lift,
)
from apps.jobs.models import Job, SecretSet
from apps.jobs.selectors import secrets_reusable
from apps.jobs.state import LIVE
from apps.jobs.vault import VaultLocked, vault_key_current, vault_open, vault_seal
from apps.organisations.models import Membership

HIDDEN = "•••"
HIDDEN_FROM = 5  # characters; what is shorter would blot out half a log
KEPT_AFTER = timedelta(days=30)  # how long secrets of ended jobs are kept for "launch again"
BATCH = 500  # sets in one round


@dataclass(frozen=True)
class Privacy:
    """Who may read a job: private by default. `secrets` are values by name, `reuse` a set given for an earlier job."""

    visibility: str = Job.Visibility.PRIVATE
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    reuse: uuid.UUID | None = None


@dataclass(frozen=True)
class Prepared:
    """A definition with marks instead of secrets, and the secrets by name; `fingerprint` tells equal ones apart."""

    definition: dict[str, Any]
    visibility: str
    values: Mapping[str, str] = field(repr=False)
    reuse: SecretSet | None

    @property
    def fingerprint(self) -> list[str]:
        """What makes it the same submission, without any secret in it."""
        content = json.dumps(dict(self.values), sort_keys=True)
        return [self.visibility, salted_hmac("jobs.secrets", content, algorithm="sha256").hexdigest()]


class SecretsMissing(AppError):
    """The definition asks for secrets that were not given; `fields` has a sentence for each."""

    code = "secrets_missing"


def secrets_prepare(*, membership: Membership, definition: dict[str, Any], privacy: Privacy) -> Prepared:
    """Take the secrets out of a checked definition and see that each one it asks for is there.

    Sets of earlier jobs are used again by whoever gave them alone, and never shown. Raises DefinitionRefused for
    secrets of a public job, SecretsMissing, AppError for names and values that cannot be.
    """
    if privacy.visibility == Job.Visibility.PUBLIC:
        if privacy.secrets:
            raise DefinitionRefused(
                _(
                    "A public job can be read by anyone, so it may have no secrets: keep it private, or leave "
                    "them out."
                ),
                fields={"secrets": [_("Leave the secrets out, or keep the job private.")]},
            )
        return Prepared(definition, privacy.visibility, {}, None)
    lifted, found = secrets_lift(definition)
    given = {**dict(privacy.secrets), **found}
    names = secret_names(lifted)
    _given_check(given, names)
    reuse = secrets_reusable(membership, privacy.reuse) if privacy.reuse else None
    missing = [name for name in names if name not in given and name not in (reuse.names if reuse else [])]
    if missing:
        fields = {f"secrets.{name}": [_("Give the secret %(name)s a value.") % {"name": name}] for name in missing}
        raise SecretsMissing(
            ngettext(
                "The definition asks for the secret %(names)s: give each a value, or take its mark out.",
                "The definition asks for the secrets %(names)s: give each a value, or take its mark out.",
                len(missing),
            )
            % {"names": ", ".join(missing)},
            fields=fields,
        )
    return Prepared(lifted, privacy.visibility, given, reuse if set(names) - set(given) else None)


def _given_check(given: Mapping[str, str], names: list[str]) -> None:
    for name, value in given.items():
        sentence = ""
        if not NAME.fullmatch(name):
            sentence = _("The name of a secret has letters, digits and _, and no digit first.")
        elif name not in names:
            sentence = _(
                "The definition has no place for the secret %(name)s: write %%%%secret.%(name)s%%%% where "
                "it belongs."
            ) % {"name": name}
        elif not isinstance(value, str) or not value or len(value) > SECRET_LIMIT or "\0" in value:
            sentence = _(
                "The secret %(name)s must be a text of 1 to %(secret_limit)s characters, without NUL."
            ) % {"name": name, "secret_limit": number_text(SECRET_LIMIT)}
        if sentence:
            raise AppError(sentence, code="secret_invalid", fields={f"secrets.{name}"[:80]: [sentence]})
    if len(given) > SECRETS_LIMIT:
        raise AppError(
            _("A job has at most %(secrets_limit)s secrets.") % {"secrets_limit": SECRETS_LIMIT},
            code="secret_invalid",
        )


def secrets_seal(*, membership: Membership, prepared: Prepared, now: datetime) -> SecretSet | None:
    """Keep the secrets, sealed; None when there are none. The same set serves again where nothing in it changes."""
    names = secret_names(prepared.definition)
    if not names:
        return None
    if prepared.reuse and not prepared.values:
        return prepared.reuse
    values = {**(_opened(prepared.reuse) if prepared.reuse else {}), **prepared.values}
    kept = SecretSet(
        organisation_id=membership.organisation_id, member_id=membership.user_id, names=names, created_at=now
    )
    kept.key_number, kept.sealed = vault_seal({name: values[name] for name in names}, bound_to=str(kept.pk))
    kept.save()
    return kept


def _opened(kept: SecretSet) -> dict[str, str]:
    if kept.wiped_at is not None:
        return {}
    return vault_open(kept.key_number, bytes(kept.sealed), bound_to=str(kept.pk))


def definition_whole(job: Job) -> dict[str, Any]:
    """Return the definition with its secrets, for the node that runs it and for nobody else. Raises VaultLocked."""
    if job.secrets is None:
        return dict(job.definition)
    try:
        return secrets_fill(job.definition, _opened(job.secrets))
    except KeyError as lacking:
        raise VaultLocked(f"The secret {lacking} of job {job.pk} is not kept any more.") from None


class Mask:
    """Hides a job's secrets in what its node sends."""

    def __init__(self, values: Mapping[str, str]) -> None:
        lines = {line.strip() for value in values.values() for line in (value, *value.splitlines())}
        self.words = sorted((line for line in lines if len(line) >= HIDDEN_FROM), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return the text without the secrets."""
        for word in self.words:
            if word in text:
                text = text.replace(word, HIDDEN)
        return text

    def hide_in(self, value: Any) -> Any:
        """Return JSON without the secrets in its texts."""
        if not self.words:
            return value
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {self.hide(key): self.hide_in(item) for key, item in value.items()}
        return [self.hide_in(item) for item in value] if isinstance(value, list) else value


def mask_of(job_id: uuid.UUID) -> Mask:
    """Return what hides the job's secrets. Raises VaultLocked."""
    kept = SecretSet.objects.filter(jobs=job_id).first()
    return Mask(_opened(kept) if kept else {})


def secrets_rotate() -> int:
    """Seal up to BATCH sets anew that an older key sealed; return how many. Safe to run beside everything else."""
    current = vault_key_current()
    with transaction.atomic():
        old = SecretSet.objects.select_for_update(skip_locked=True).filter(wiped_at=None)
        rows = list(old.exclude(key_number=current).order_by("pk")[:BATCH])
        for kept in rows:
            kept.key_number, kept.sealed = vault_seal(_opened(kept), bound_to=str(kept.pk))
            kept.save(update_fields=["key_number", "sealed"])
    return len(rows)


def secrets_wipe(*, now: datetime) -> int:
    """Wipe up to BATCH sets that no job has needed for KEPT_AFTER; return how many."""
    since = now - KEPT_AFTER
    with transaction.atomic():
        rows = SecretSet.objects.select_for_update(skip_locked=True).filter(wiped_at=None, created_at__lt=since)
        used = Job.objects.filter(secrets__isnull=False)
        needed = used.filter(state__in=LIVE) | used.filter(ended_at__gte=since)
        due = list(
            rows.exclude(pk__in=needed.values("secrets_id")).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        return SecretSet.objects.filter(pk__in=due).update(sealed=b"", wiped_at=now)
