"""The acts of organisations, each in the file of its noun."""

from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.audit_days import (
    audit_days_close,
    audit_days_empty,
    audit_erase,
    audit_retention_set,
    organisation_lock,
)
from apps.organisations.services.keys import (
    NewKey,
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    api_key_used,
    keys_of_member_revoke,
)
from apps.organisations.services.organisations import organisation_create, organisation_update, slug_from
from apps.organisations.services.projects import (
    member_limit,
    project_archive,
    project_create,
    project_lock,
    project_unarchive,
    project_update,
)

__all__ = [
    "Actor",
    "NewKey",
    "api_key_create",
    "api_key_revoke",
    "api_key_rotate",
    "api_key_used",
    "audit_days_close",
    "audit_days_empty",
    "audit_erase",
    "audit_record",
    "audit_retention_set",
    "keys_of_member_revoke",
    "member_limit",
    "organisation_create",
    "organisation_lock",
    "organisation_update",
    "project_archive",
    "project_create",
    "project_lock",
    "project_unarchive",
    "project_update",
    "slug_from",
]
