"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from apps.organisations.selectors.keys import api_key_check, api_key_get, api_keys_of
from apps.organisations.selectors.memberships import members_of, membership_get, memberships_of
from apps.organisations.selectors.projects import (
    project_default,
    project_found,
    project_get,
    project_members,
    projects_for,
    projects_of,
)

__all__ = [
    "api_key_check",
    "api_key_get",
    "api_keys_of",
    "members_of",
    "membership_get",
    "memberships_of",
    "project_default",
    "project_found",
    "project_get",
    "project_members",
    "projects_for",
    "projects_of",
]
