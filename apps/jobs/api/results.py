"""What jobs gave back."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Conflict
from apps.core.rest.schema import described
from apps.jobs.api.shapes import moment
from apps.jobs.models import Job
from apps.jobs.pages import outcomes
from apps.jobs.selectors import job_get
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission


class OutcomeShape(serializers.Serializer[Any]):
    """What one operation gave back."""

    operation = serializers.CharField()
    status = serializers.CharField()
    exit_code = serializers.IntegerField(allow_null=True)
    values = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What the definition's `results` found in its output, by name.",
    )
    errors = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]


class ResultShape(serializers.Serializer[Any]):
    """The result of a job. `stored_at` is null until it is here."""

    stored_at = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField(allow_null=True, help_text="As the node told it.")
    truncated = serializers.BooleanField(help_text="It was too large, and only its outline is kept.")
    cid = serializers.CharField(allow_null=True, help_text="Where the network keeps it, of a public job.")
    operations = serializers.ListField(child=OutcomeShape())


class JobResult(Endpoint):
    """The result of a job."""

    @described(ResultShape)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Read a job's result: what each operation gave back; values are cut at 500 characters here, images named."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        return Response(result_shape(job))


class JobResultFile(Endpoint):
    """The result of a job, as it is kept."""

    @described(media="application/json")
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Read the whole result of a job as a file. 409 while it is not here."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        if job.result is None:
            sentence = (
                _("There is no result of this job yet; ask again in a few seconds.")
                if job.over
                else _("There is no result of this job yet; ask again when it has ended.")
            )
            raise Conflict(sentence, code="result_missing")
        named = {"Content-Disposition": f'attachment; filename="job-{job.pk}-result.json"'}
        return Response(job.result, headers=named)


def result_shape(job: Job) -> dict[str, Any]:
    """Return the job's result as ResultShape says."""
    kept = job.result if isinstance(job.result, dict) else {}
    status = kept.get("status")
    return {
        "stored_at": moment(job.result_at),
        "status": status if isinstance(status, str) else None,
        "truncated": kept.get("truncated") is True,
        "cid": (job.attempt.result_cid or None) if job.attempt else None,
        "operations": [
            {
                "operation": one.operation,
                "status": one.status,
                "exit_code": one.exit_code,
                "values": {name: [file.preview or file.name for file in files] for name, files in one.values},
                "errors": one.errors,
            }
            for one in outcomes(kept)
        ],
    }
