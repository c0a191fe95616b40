"""The acts of organisations, each in the file of its noun."""

from apps.organisations.services.organisations import organisation_create, organisation_update, slug_from

__all__ = ["organisation_create", "organisation_update", "slug_from"]
