"""What of a job can be taken away: its definition, its results, one or all."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.errors import NotFound
from apps.jobs.files import files_zip, result_files
from apps.jobs.models import Job
from apps.jobs.pages import definition_shown, definition_text
from apps.jobs.selectors import job_get
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission


def _job(request: HttpRequest, slug: str, job_id: uuid.UUID) -> Job:
    return job_get(page_grant(request, slug, Permission.JOBS_VIEW), job_id)


def _file(content: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    """Answer a file that no browser takes for a page of ours."""
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@login_required
@require_safe
def definition(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Answer the definition as its page shows it, secrets hidden."""
    job = _job(request, slug, job_id)
    content = definition_text(definition_shown(job.definition)).encode()
    return _file(content, "application/json", f"job-{job.pk}.json")


@login_required
@require_safe
def results(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Answer all results in one archive. Raises NotFound while there are none."""
    job = _job(request, slug, job_id)
    files = result_files(job.result)
    if not files:
        raise NotFound(_("This job has no results to download; its page says what became of it."))
    return _file(files_zip(files), "application/zip", f"job-{job.pk}-results.zip")


@login_required
@require_safe
def result(request: HttpRequest, slug: str, job_id: uuid.UUID, number: int) -> HttpResponse:
    """Answer one result: an image to look at, everything else to download. Raises NotFound."""
    files = result_files(_job(request, slug, job_id).result)
    if number >= len(files):
        raise NotFound(_("There is no such result; choose one from the job’s page."))
    one = files[number]
    return _file(one.content, one.content_type, one.name, inline=one.image)
