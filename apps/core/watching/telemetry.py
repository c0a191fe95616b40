"""Spans to OpenTelemetry, over OTLP and HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode
from structlog.contextvars import get_contextvars

from apps.core.scrubbing import scrub_fields
from apps.core.spans import Note, tracer_set


def telemetry_start(exporter: SpanExporter | None = None) -> TracerProvider:
    """Send spans to settings.OTEL_ENDPOINT from now on, in batches by a thread; return the provider.

    Headers, such as a token, come from the standard's own variable OTEL_EXPORTER_OTLP_HEADERS.
    """
    facts = {"service.name": "nosana-web", "deployment.environment.name": settings.ENVIRONMENT}
    provider = TracerProvider(resource=Resource.create(facts))
    sent_by = exporter or OTLPSpanExporter(endpoint=f"{settings.OTEL_ENDPOINT.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(sent_by))
    tracer = provider.get_tracer("nosana_web")

    @contextmanager
    def told(name: str) -> Iterator[Note]:
        with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:

            def note(**facts: object) -> None:
                if renamed := facts.pop("name", ""):
                    span.update_name(str(renamed))
                span.set_attributes(scrub_fields(facts))

            try:
                yield note
            except Exception as error:
                span.set_status(
                    Status(StatusCode.ERROR, type(error).__name__)
                )  # its text may name hosts and people
                raise
            finally:
                note(**get_contextvars())

    tracer_set(told)
    return provider
