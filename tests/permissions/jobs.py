"""What addresses of jobs name."""

from typing import Any

from django.utils import timezone

from apps.jobs.gallery import starters
from apps.jobs.models import Job, Market, Note
from apps.organisations.models import Membership, Organisation, Project
from tests.console.scene import credits_give, job_make, markets_make


def owner_of(organisation: Organisation) -> Membership:
    """Return the owner's membership."""
    return organisation.memberships.select_related("user", "organisation").get(role="owner")


def project_of(organisation: Organisation) -> Project:
    """Return a project whose address no other organisation has."""
    slug = f"lab-{organisation.slug}"
    return organisation.projects.filter(slug=slug).first() or organisation.projects.create(name="Lab", slug=slug)


def job_of(organisation: Organisation) -> Job:
    """Return the organisation's job, which has a result."""
    if not Market.objects.exists():
        markets_make()
    found = organisation.jobs.order_by("id").first()
    if found is None:
        credits_give(organisation)
        found = job_make(owner_of(organisation), Market.objects.get(slug="nvidia-4090"))
        op = {"operationId": "a", "results": {"loss": ["0.25"]}}
        Job.objects.filter(pk=found.pk).update(result={"opStates": [op]})
    return found


def note_of(organisation: Organisation) -> Note:
    """Return a note of the owner's on the organisation's job."""
    facts = {"job": job_of(organisation), "author": owner_of(organisation).user, "created_at": timezone.now()}
    return Note.objects.create(text="Mine", **facts)


def launch_json(organisation: Organisation) -> dict[str, Any]:
    """Return a body that launches a job in a project of the organisation."""
    facts = {"name": "Hello", "market": "nvidia-4090", "timeout_s": 600, "definition": starters()[0].definition}
    return {**facts, "project": project_of(organisation).slug}
