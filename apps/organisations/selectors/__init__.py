"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from apps.organisations.selectors.invitations import invitations_waiting, invited_addresses
from apps.organisations.selectors.memberships import (
    member_get,
    members_of,
    membership_get,
    memberships_of,
    organisation_last,
)
from apps.organisations.selectors.projects import project_default, project_get
from apps.organisations.selectors.terms import terms_acceptance

__all__ = [
    "invitations_waiting",
    "invited_addresses",
    "member_get",
    "members_of",
    "membership_get",
    "memberships_of",
    "organisation_last",
    "project_default",
    "project_get",
    "terms_acceptance",
]
