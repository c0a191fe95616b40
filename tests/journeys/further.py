"""Pages of projects and keys, and of the small acts that are asked about before they are done."""

from datetime import timedelta

from django.utils import timezone

from apps.billing.models import Budget, Cap
from apps.jobs.models import Job, Note
from apps.notifications.models import Endpoint
from apps.organisations.models import Project
from apps.organisations.services import api_key_revoke
from tests.organisations.keys import actor, grant, key_make
from tests.organisations.people import member
from tests.support.scene import thread_of
from tests.world import World

ACME = "/o/acme/"


def further_pages(world: World, jobs: dict[str, Job]) -> dict[str, str]:
    """Return the pages of Acme that the other lists leave out, by name."""
    research = Project.objects.create(organisation=world.acme, name="Research", slug="research")
    now = timezone.now()
    live = key_make(
        world.olga,
        grant=grant(world.olga, world.acme),
        name="Nightly evaluation",
        expires_at=now + timedelta(days=40),
    ).key
    key_make(world.mia, grant=grant(world.mia, world.acme), name="Mia's laptop", project=research)
    gone = key_make(world.olga, grant=grant(world.olga, world.acme), name="Old pipeline").key
    api_key_revoke(grant=grant(world.olga, world.acme), key_id=gone.pk, actor=actor(world.olga), now=now)
    note, hook = Note.objects.filter(job=jobs["talking"]).first(), Endpoint.objects.filter(kind="webhook").first()
    assert note is not None
    assert hook is not None
    cap = Cap.objects.get(organisation=world.acme, level="member", period="day")
    budget = Budget.objects.get(organisation=world.acme)
    chosen = "&".join(f"job={jobs[name].pk}" for name in ("running", "talking", "queued") if name in jobs)
    return {
        "keys": f"{ACME}keys/",
        "keys-none-fits": f"{ACME}keys/?q=nothing+like+it",
        "key-new": f"{ACME}keys/new/",
        "key-rotate": f"{ACME}keys/{live.pk}/rotate/",
        "key-revoke": f"{ACME}keys/{live.pk}/revoke/",
        "projects": f"{ACME}projects/",
        "project": f"{ACME}projects/default/",
        "project-empty": f"{ACME}projects/research/",
        "project-new": f"{ACME}projects/new/",
        "project-edit": f"{ACME}projects/research/edit/",
        "member-projects": f"{ACME}members/{member(world.mia, world.acme).pk}/projects/",
        "cap-remove": f"{ACME}billing/caps/{cap.pk}/remove/",
        "budget-remove": f"{ACME}billing/budgets/{budget.pk}/remove/",
        "job-stop-many": f"{ACME}jobs/stop/?{chosen}",
        "job-note-edit": f"{ACME}jobs/{note.job_id}/notes/{note.pk}/",
        "job-note-delete": f"{ACME}jobs/{note.job_id}/notes/{note.pk}/delete/",
        "webhook-edit": f"{ACME}webhooks/{hook.pk}/edit/",
        "webhook-rotate": f"{ACME}webhooks/{hook.pk}/rotate/",
        "webhook-remove": f"{ACME}webhooks/{hook.pk}/remove/",
        "programs": "/account/programs/",
        "device": "/identity/o/device",
        "leave": f"{ACME}settings/leave/",
        "tickets": f"{ACME}support/",
        "ticket-new": f"{ACME}support/new/?about=job:{jobs['talking'].pk}",
        "ticket": f"{ACME}support/{thread_of(world.acme).pk}/",
        "feedback": f"{ACME}feedback/?page=/o/acme/jobs/{jobs['talking'].pk}/",
    }
