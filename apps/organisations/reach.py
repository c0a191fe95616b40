"""How far a member or a key reaches: which permissions, and in which projects. Narrowing never widens.

Some permissions are about a project's jobs and keys, all others about the organisation as a whole. Whoever is limited
to projects keeps, of the second sort, only what it takes to find the way: seeing the organisation and its balance.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role

PROJECT_PERMISSIONS = frozenset(
    {Permission.JOBS_VIEW, Permission.JOBS_LAUNCH, Permission.JOBS_STOP, Permission.KEYS_MANAGE}
)
LIMITED_KEEPS = frozenset({Permission.ORGANISATION_VIEW, Permission.BALANCE_VIEW})
READING = frozenset(
    {
        Permission.ORGANISATION_VIEW,
        Permission.AUDIT_VIEW,
        Permission.BALANCE_VIEW,
        Permission.BILLING_VIEW,
        Permission.JOBS_VIEW,
    }
)
# What staff leave to an organisation that they froze: looking, ending what runs, shutting doors, deciding.
FROZEN_KEEPS = READING | {
    Permission.JOBS_STOP,
    Permission.KEYS_MANAGE,
    Permission.KEYS_MANAGE_ALL,
    Permission.APPROVALS_DECIDE,
}
NOTHING: frozenset[Permission] = frozenset()


@dataclass(frozen=True)
class Reach:
    """Permissions that hold everywhere, and, for whoever is limited, those that hold in single projects.

    `projects` is None for whoever is not limited: then `everywhere` holds in every project.
    """

    everywhere: frozenset[Permission]
    projects: Mapping[UUID, frozenset[Permission]] | None = None

    def may(self, permission: Permission, project_id: UUID | None = None) -> bool:
        """Return whether the act is allowed in the project; without one, whether it is allowed anywhere."""
        if permission in self.everywhere:
            return True
        if self.projects is None:
            return False
        if project_id is not None:
            return permission in self.projects.get(project_id, NOTHING)
        return any(permission in allowed for allowed in self.projects.values())

    def projects_where(self, permission: Permission) -> frozenset[UUID] | None:
        """Return the projects in which the act is allowed; None means in all of them."""
        if permission in self.everywhere:
            return None
        return frozenset(pk for pk, allowed in (self.projects or {}).items() if permission in allowed)

    def narrowed(self, scopes: Collection[Permission], project_id: UUID | None = None) -> "Reach":
        """Return what is left of it with these scopes only, and in this project only."""
        kept = frozenset(scopes)
        if project_id is not None:
            inside = self.everywhere if self.projects is None else self.projects.get(project_id, NOTHING)
            return Reach(self.everywhere & kept & LIMITED_KEEPS, {project_id: inside & kept & PROJECT_PERMISSIONS})
        if self.projects is None:
            return Reach(self.everywhere & kept)
        return Reach(self.everywhere & kept, {pk: allowed & kept for pk, allowed in self.projects.items()})


def reach_of_role(role: Role, projects: Mapping[UUID, Role] | None = None) -> Reach:
    """Return the reach of a role; limited to `projects`, it is in each at most the lesser of both roles."""
    allowed = ROLE_PERMISSIONS[role]
    if projects is None:
        return Reach(allowed)
    return Reach(
        allowed & LIMITED_KEEPS,
        {pk: allowed & ROLE_PERMISSIONS[inside] & PROJECT_PERMISSIONS for pk, inside in projects.items()},
    )
