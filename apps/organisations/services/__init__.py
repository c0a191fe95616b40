"""The acts of organisations, each in the file of its noun."""

from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.organisations import organisation_create, organisation_update, slug_from

__all__ = ["Actor", "audit_record", "organisation_create", "organisation_update", "slug_from"]
