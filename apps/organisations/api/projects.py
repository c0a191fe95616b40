"""Projects: listed, read, made, renamed, labelled, archived and brought back."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import ProjectChange, ProjectNew, ProjectShape, ProjectsQuestion
from apps.organisations.models import Project
from apps.organisations.roles import Permission
from apps.organisations.selectors import project_get, projects_of
from apps.organisations.services import project_create, project_update


class Projects(Endpoint):
    """The projects of an organisation."""

    @described(ProjectShape, page=True, question=ProjectsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the projects the caller may see, oldest first."""
        rows = projects_of(self.grant(Permission.ORGANISATION_VIEW))
        return page_answer(
            request, rows, lambda row: ProjectShape(row).data, question=ProjectsQuestion, narrow=_archived
        )

    @described(ProjectShape, body=ProjectNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Make a project."""
        grant = self.grant(Permission.PROJECTS_MANAGE)
        wanted = ProjectNew(data=request.data).read()

        def act() -> Any:
            return ProjectShape(project_create(grant=grant, **wanted, actor=self.actor, now=timezone.now())).data

        return self.once(grant, act, forgets=True)


def _archived(rows: QuerySet[Project], asked: dict[str, Any]) -> QuerySet[Project]:
    return rows.filter(archived_at__isnull=asked["archived"] == "false") if "archived" in asked else rows


class OneProject(Endpoint):
    """One project."""

    @described(ProjectShape)
    def get(self, request: Request, slug: str, project: str) -> Response:
        """Read a project."""
        return Response(ProjectShape(project_get(self.grant(Permission.ORGANISATION_VIEW), project)).data)

    @described(ProjectShape, body=ProjectChange)
    def patch(self, request: Request, slug: str, project: str) -> Response:
        """Rename a project, set its labels, archive it or bring it back: all that is sent, or nothing."""
        grant = self.grant(Permission.PROJECTS_MANAGE)
        changes = ProjectChange(data=request.data).read()
        found = project_update(
            grant=grant, project=project_get(grant, project), **changes, actor=self.actor, now=timezone.now()
        )
        return Response(ProjectShape(found).data)
