"""Grants, actors and keys for tests."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from apps.organisations.models import ApiKey, Grant, Membership, Organisation, Project, ProjectMembership
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import api_key_check
from apps.organisations.services import Actor, NewKey, api_key_create
from apps.users.models import User

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def member(user: User, organisation: Organisation | None = None) -> Membership:
    """Return the person's membership, in the organisation or in their only one."""
    memberships = Membership.objects.select_related("organisation", "user").filter(user=user)
    return memberships.get(organisation=organisation) if organisation else memberships.get()


def grant(user: User, organisation: Organisation | None = None) -> Grant:
    """Return what the person may do in the organisation, or in their only one."""
    return Grant.of_member(member(user, organisation))


def actor(user: User) -> Actor:
    """Return the person as the one who acts."""
    return Actor(kind="person", user=user, address="203.0.113.9")


def key_make(user: User, *scopes: str, **changes: Any) -> NewKey:
    """Make a key as the person; without scopes one that sees and launches jobs."""
    given: dict[str, Any] = {
        "grant": changes.get("grant") or grant(user),
        "name": "CI",
        "scopes": scopes or [Permission.JOBS_VIEW, Permission.JOBS_LAUNCH],
        "actor": actor(user),
        "now": timezone.now(),
    }
    return api_key_create(**(given | changes))


def check(token: str, *, address: str = "203.0.113.9", now: datetime | None = None) -> ApiKey:
    """Check the key as a request does."""
    return api_key_check(token=token, address=address, now=now or timezone.now())


def limit(user: User, **roles: Role) -> Membership:
    """Limit the person to the projects with these slugs, straight in the database."""
    found = member(user)
    found.limited = True
    found.save()
    found.project_memberships.all().delete()
    for slug, role in roles.items():
        project = Project.objects.get(organisation=found.organisation, slug=slug)
        ProjectMembership.objects.create(membership=found, project=project, role=role)
    return found
