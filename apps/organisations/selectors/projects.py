"""An organisation's projects, as far as somebody may see them."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.organisations.models import Grant, Project, ProjectMembership
from apps.organisations.roles import Permission, Role


def projects_of(grant: Grant) -> QuerySet[Project]:
    """Return the projects that may be seen, archived ones too, by name."""
    projects = grant.organisation.projects.order_by("name", "id")
    return projects if grant.reach.projects is None else projects.filter(pk__in=list(grant.reach.projects))


def project_get(grant: Grant, slug: str) -> Project:
    """Return a project that may be seen, also an archived one. Raises NotFound."""
    project = projects_of(grant).filter(slug=slug).first()
    if project is None:
        raise NotFound(
            _("There is no project “%(slug)s” in %(organisation)s; choose one from the list.")
            % {"slug": slug[:60], "organisation": grant.organisation.name}
        )
    return project


def projects_for(grant: Grant, permission: Permission) -> list[Project]:
    """Return the live projects in which the act is allowed, oldest first."""
    projects = grant.organisation.projects.filter(archived_at=None).order_by("created_at", "id")
    allowed = grant.reach.projects_where(permission)
    return list(projects if allowed is None else projects.filter(pk__in=allowed))


def project_default(grant: Grant, permission: Permission) -> Project:
    """Return the oldest live project in which the act is allowed. Raises Conflict where there is none."""
    projects = projects_for(grant, permission)
    if not projects:
        raise Conflict(
            _("There is no live project here in which you may %(permission)s; ask an owner or admin.")
            % {"permission": permission.label}
        )
    return projects[0]


def project_members(project: Project) -> QuerySet[ProjectMembership]:
    """Return the limited members who see the project, with their people, oldest first."""
    return project.memberships.select_related("membership__user").order_by("id")


def projects_named(grant: Grant, roles: Mapping[str, str]) -> dict[UUID, Role]:
    """Return the role by project id for roles by project address. Raises NotFound, and AppError for unknown roles."""
    found = dict(projects_of(grant).filter(slug__in=list(roles)).values_list("slug", "pk"))
    for slug, role in roles.items():
        if slug not in found:
            raise NotFound(
                _("There is no project “%(slug)s” in %(organisation)s; choose one from the list.")
                % {"slug": slug[:60], "organisation": grant.organisation.name}
            )
        if role not in (Role.DEVELOPER, Role.VIEWER):
            sentence = _("In a project somebody is developer or viewer, not “%(role)s”.") % {"role": role[:40]}
            raise AppError(sentence, code="project_role_invalid", status=422, fields={"projects": [sentence]})
    return {found[slug]: Role(role) for slug, role in roles.items()}


def project_found(grant: Grant, project_id: UUID | str) -> Project:
    """Return a project that may be seen, by its id. Raises NotFound."""
    try:
        project = projects_of(grant).filter(pk=UUID(str(project_id))).first()
    except ValueError:
        project = None
    if project is None:
        raise NotFound(
            _("There is no such project in %(organisation)s; choose one from the list.")
            % {"organisation": grant.organisation.name}
        )
    return project
