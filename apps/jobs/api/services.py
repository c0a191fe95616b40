"""What a running job offers and tells of itself: the ports it exposes, and its figures."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.moments import moment_sent
from apps.core.rest import Body
from apps.core.rest.pages import question_of
from apps.core.rest.schema import described
from apps.jobs.exposed import Health, Service, services_of, services_probe
from apps.jobs.figures import figures_of
from apps.jobs.selectors import job_get, log_book
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission

WORDS = {"completed": "answers", "pending": "waiting", "failed": "failing", "stopped": "closed"}


class ServicesQuestion(Body):
    """Whether to ask each service if it answers, which takes four seconds at most."""

    probe = serializers.ChoiceField(choices=["true", "false"], default="false")


class ServiceShape(serializers.Serializer[Any]):
    """A port that an operation of a job exposes."""

    operation = serializers.CharField()
    port = serializers.IntegerField()
    kind = serializers.CharField(help_text="As the definition has it: api, web, … or empty.")
    url = serializers.URLField(
        allow_null=True, help_text="Where it is reached; null before the job has an address, and in a sandbox."
    )
    checks = serializers.ListField(child=serializers.CharField(), help_text="How the node tests it.")
    health = serializers.ChoiceField(
        choices=[*WORDS.values()], allow_null=True, help_text="Null unless `probe` asked for it."
    )
    sentence = serializers.CharField(help_text="What it answered, in words; empty unless it was asked.")


class PointShape(serializers.Serializer[Any]):
    """A figure at a moment."""

    at = serializers.DateTimeField()
    value = serializers.FloatField()


class FiguresShape(serializers.Serializer[Any]):
    """One figure over time, oldest first, thinned out to 240 points."""

    name = serializers.CharField(help_text="cpu_percent, memory_mb, gpu_percent, vram_mb, network_in_kbps, …")
    unit = serializers.CharField()
    points = serializers.ListField(child=PointShape())


class JobServices(Endpoint):
    """The services of a job."""

    @described(ServiceShape, many=True, question=ServicesQuestion)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """List the ports a job exposes, and where each is reached; with `probe` also whether it answers."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        asked = ServicesQuestion(data=question_of(request)).read()
        services = services_of(job)
        told: list[tuple[Service, Health | None]] = [(one, None) for one in services]
        if asked["probe"] == "true":
            told = list(services_probe(job, services))
        return Response({"items": [_service(one, health) for one, health in told]})


class JobFigures(Endpoint):
    """The figures of a job."""

    @described(FiguresShape, many=True)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """List the figures a job told of itself in its log (docs/job-page.md says how); none where it told nothing."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        series = figures_of(job, log_book(job).lines)
        return Response(
            {
                "items": [
                    {
                        "name": one.name,
                        "unit": one.unit,
                        "points": [{"at": moment_sent(at), "value": value} for at, value in one.points],
                    }
                    for one in series
                ]
            }
        )


def _service(service: Service, health: Health | None) -> dict[str, Any]:
    return {
        "operation": service.operation,
        "port": service.port,
        "kind": service.kind,
        "url": service.url or None,
        "checks": service.checks,
        "health": WORDS[health.state] if health else None,
        "sentence": str(health.sentence) if health else "",
    }
