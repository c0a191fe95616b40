"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from apps.organisations.selectors.memberships import members_of, membership_get, memberships_of
from apps.organisations.selectors.projects import project_default, project_get

__all__ = ["members_of", "membership_get", "memberships_of", "project_default", "project_get"]
