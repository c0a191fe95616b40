"""An organisation's projects."""

from apps.core.errors import NotFound
from apps.organisations.models import Organisation, Project


def project_get(organisation: Organisation, slug: str) -> Project:
    """Return the organisation's live project. Raises NotFound."""
    project = organisation.projects.filter(slug=slug, archived_at=None).first()
    if project is None:
        raise NotFound(f"There is no project “{slug}” in {organisation.name}; choose one from the list.")
    return project


def project_default(organisation: Organisation) -> Project:
    """Return the organisation's oldest live project; each organisation starts with one."""
    return organisation.projects.filter(archived_at=None).order_by("created_at")[0]
